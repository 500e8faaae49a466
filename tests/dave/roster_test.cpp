// Who shares the key, held against those whom the voice server has named as being in the call.
#include <gmock/gmock.h>

#include "words/refusal_words.hpp"

namespace vcplay::dave::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Ann's group welcomes the bot together with Bob, of whom the voice server has said nothing.
class HiddenListener : public Call {
 protected:
  HiddenListener() {
    begin();
    external_sender();
    connect(kAnn);
    ann_.found(gateway_.extensions());
    static_cast<void>(said());
    welcome_with_bob(2);
  }
  void welcome_with_bob(TransitionId transition) {
    const CommitWelcome both = ann_adds({add_bot(), bob_.add()});
    bob_.join(both.welcome);
    welcome(transition, both.welcome);
  }
  /// Ann is in a group of her own again.
  void begin_anew() {
    ann_ = Peer(kAnn);
    ann_.found(gateway_.extensions());
    bob_ = Peer(kBob);
  }
};

TEST_F(HiddenListener, HearsNothingAndIsRefused) {
  EXPECT_THAT(said(), IsEmpty()) << "nobody is told that the bot is ready";
  execute(2);
  EXPECT_EQ(media_, "waiting");
  EXPECT_TRUE(packet().empty());
  pass(4999ms);
  EXPECT_THAT(said(), IsEmpty());
  pass(1ms);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
  EXPECT_EQ(bot_->group(), nullptr);
  EXPECT_TRUE(packet().empty());
}

TEST_F(HiddenListener, TheSecondTimeEndsTheCallAndIsNamed) {
  execute(2);
  pass(5s);
  begin_anew();
  welcome_with_bob(3);
  execute(3);
  pass(4999ms);
  EXPECT_FALSE(failure_);
  EXPECT_TRUE(packet().empty());
  pass(1ms);
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->cause(), Cause::encryption);
  EXPECT_THAT(failure_->what(), HasSubstr(kBob.str()));
  EXPECT_TRUE(packet().empty());
}

TEST_F(HiddenListener, WhoIsNamedInTimeIsNoStranger) {
  connect(kBob);
  EXPECT_EQ(said(), Said{ready(2)});
  execute(2);
  EXPECT_EQ(media_, "encrypted");
  EXPECT_TRUE(heard_by(ann_));
  EXPECT_EQ(bot_->deadline(), std::nullopt);
}

TEST_F(HiddenListener, WhoIsNamedAfterTheTransitionHearsFromThereOn) {
  execute(2);
  pass(4s);
  connect(kBob);
  EXPECT_THAT(said(), IsEmpty()) << "the transition is executed: nobody waits for the bot any more";
  EXPECT_EQ(media_, "encrypted");
  EXPECT_TRUE(heard_by(bob_));
  pass(1h);
  EXPECT_FALSE(failure_);
}

TEST_F(HiddenListener, WhoIsRemovedInTimeWasOnlyLate) {
  execute(2);
  const auto proposals = in_epoch({remove(bob_.leaf())});
  propose(proposals);
  static_cast<void>(said());
  commit(3, ann_commits(proposals).commit);
  EXPECT_EQ(said(), Said{ready(3)});
  execute(3);
  EXPECT_TRUE(heard_by(ann_));
  EXPECT_NE(bob_.open(packet()), Opened::decrypted);
}

TEST_F(HiddenListener, GainsNoTimeByCommits) {
  execute(2);
  pass(4s);
  connect(kCid);
  const auto proposals = in_epoch({cid_.add()});
  propose(proposals);
  commit(3, ann_commits(proposals).commit);
  execute(3);
  EXPECT_TRUE(packet().empty());
  static_cast<void>(said());
  pass(1s);
  EXPECT_EQ(said(), (Said{invalid(3), "key package"}));
}

TEST_F(HiddenListener, OnceRefusedIsForgottenWhenAllIsWell) {
  pass(5s);
  begin_anew();
  welcome(3, ann_adds({add_bot()}).welcome);
  execute(3);
  EXPECT_TRUE(heard_by(ann_));
  prepare_epoch(1);
  begin_anew();
  welcome_with_bob(4);
  static_cast<void>(said());
  pass(5s);
  EXPECT_EQ(said(), (Said{invalid(4), "key package"})) << "the first one in this row";
  EXPECT_FALSE(failure_);
}

TEST_F(Call, WhoSeemsAloneDoesNotTrustAGroup) {
  begin();
  external_sender();
  ann_.found(gateway_.extensions());
  welcome(2, ann_adds({add_bot()}).welcome);  // and nobody is said to be there
  execute(2);
  EXPECT_EQ(media_, "waiting");
  EXPECT_TRUE(packet().empty());
  pass(5s);
  ann_ = Peer(kAnn);
  ann_.found(gateway_.extensions());
  welcome(3, ann_adds({add_bot()}).welcome);
  pass(5s);
  EXPECT_TRUE(failure_);
}

/// The bot in a group with Ann and Bob.
class Leaver : public Refusals {
 protected:
  Leaver() {
    const auto proposals = in_epoch({bob_.add()});
    propose(proposals);
    const CommitWelcome adding = ann_commits(proposals);
    bob_.join(adding.welcome);
    commit(2, adding.commit);
    execute(2);
    static_cast<void>(said());
  }
};

TEST_F(Leaver, IsOutOfTheGroupInTimeAsARule) {
  disconnect(kBob);
  pass(9s);
  const auto proposals = in_epoch({remove(bob_.leaf())});
  propose(proposals);
  commit(3, ann_commits(proposals).commit);
  execute(3);
  pass(1h);
  EXPECT_TRUE(heard_by(ann_));
  EXPECT_EQ(bot_->deadline(), std::nullopt);
}

TEST_F(Leaver, WhoStaysInTheGroupHearsNothingMore) {
  disconnect(kBob);
  pass(9999ms);
  EXPECT_TRUE(heard_by(ann_));
  EXPECT_THAT(said(), IsEmpty());
  pass(1ms);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
  EXPECT_EQ(media_, "waiting");
  EXPECT_TRUE(packet().empty());
}

TEST_F(Leaver, WhoComesBackIsNoStranger) {
  disconnect(kBob);
  pass(9s);
  connect(kBob);
  pass(1h);
  EXPECT_TRUE(heard_by(bob_));
}

TEST_F(Leaver, AllWhoLeaveAreMissedEvenInAnEmptyCall) {
  disconnect(kBob);
  disconnect(kAnn);
  pass(10s);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
  EXPECT_EQ(media_, "alone");
  EXPECT_TRUE(packet().empty());
}

TEST_F(Call, HasNoMoreUsersThanItCanCount) {
  constexpr std::uint64_t kFirst = 600'000'000'000'000'000;
  json crowd = json::array();
  for (std::uint64_t i = 0; i < 2 * kMaxUsers; ++i) crowd.push_back(Snowflake{kFirst + i}.str());
  text(Opcode::clients_connect, {{"user_ids", crowd}});
  EXPECT_THAT(bot_->users(), SizeIs(kMaxUsers));
  disconnect(Snowflake{kFirst});
  connect(kAnn);
  EXPECT_EQ(bot_->users().count(kAnn), 1U);
}

// ── stages ──

class StageCall : public Call {
 protected:
  void on_stage(bool was_encrypted) {
    bot_.emplace(Config{kBot, kChannel, mls::PrivateKey::generate(), Plaintext::on_stage, was_encrypted});
  }
};

TEST_F(StageCall, IsPlainFromTheStart) {
  on_stage(false);
  begin(0);
  EXPECT_EQ(media_, "plain");
  EXPECT_EQ(bot_->deadline(), std::nullopt);
}

TEST_F(StageCall, IsNotPlainAfterAnEncryptedCall) {
  on_stage(true);
  begin(0);
  EXPECT_EQ(media_, "not encrypted");
  EXPECT_TRUE(packet().empty());
  pass(9999ms);
  EXPECT_FALSE(failure_);
  pass(1ms);
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->cause(), Cause::encryption);
  EXPECT_THAT(failure_->what(), HasSubstr("stage"));
}

TEST_F(StageCall, ThatWasEncryptedItselfIsNotPlainAfterwards) {
  on_stage(false);
  join_ann();
  prepare(7, 0);
  execute(7);
  EXPECT_EQ(media_, "not encrypted");
  EXPECT_TRUE(packet().empty());
}

TEST_F(StageCall, ThatPromisedEncryptionIsNotPlainAfterwards) {
  on_stage(false);
  begin();
  connect(kAnn);
  prepare(7, 0);
  execute(7);
  EXPECT_EQ(media_, "not encrypted") << "no key was ever there";
}

}  // namespace
}  // namespace vcplay::dave::test
