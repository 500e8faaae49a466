// How the bot gets back in after a bad Commit, and which Welcomes it does not believe.
#include "words/refusal_words.hpp"

namespace vcplay::dave::test {
namespace {

// ── getting back in ──

TEST_F(Refusals, AfterABadCommitTheOldKeyStaysUntilWeAreWelcomedAgain) {
  auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  CommitWelcome adding = ann_commits(proposals);
  bob_.join(adding.welcome);
  adding.commit.back() ^= 1;
  static_cast<void>(said());
  commit(2, adding.commit);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
  EXPECT_EQ(media_, "encrypted");
  EXPECT_TRUE(heard_by(ann_)) << "who keeps the old keys for a while";

  const mls::LeafIndex stale{1};  // where the bot was
  proposals = in_epoch({remove(stale), add_bot()});
  propose(proposals);
  EXPECT_EQ(said(), Said{}) << "not our epoch";
  bob_.hear(proposals);
  const CommitWelcome back = ann_commits(proposals);
  bob_.follow(back.commit);
  commit(3, back.commit);
  EXPECT_EQ(said(), Said{}) << "not our group yet";
  welcome(3, back.welcome);
  EXPECT_EQ(said(), Said{ready(3)});
  execute(3);
  EXPECT_EQ(members_, 3U);
  EXPECT_EQ(code_, ann_.code());
  EXPECT_TRUE(heard_by(ann_));
  EXPECT_TRUE(heard_by(bob_));
}

TEST_F(Refusals, WhatWasPreparedBeforeABadCommitIsStillExecuted) {
  auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  const CommitWelcome good = ann_commits(proposals);
  bob_.join(good.welcome);
  commit(2, good.commit);
  commit(3, Bytes{0, 1, 0, 1});
  execute(2);
  EXPECT_TRUE(heard_by(bob_));
}

TEST_F(Refusals, WhoIsNotWelcomedBackAsksAgainAndThenGivesUp) {
  EXPECT_EQ(bot_->deadline(), std::nullopt);
  commit(2, Bytes{0, 1, 0, 1});
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
  pass(9999ms);
  EXPECT_EQ(said(), Said{});
  pass(1ms);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
  pass(10s);
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->cause(), Cause::encryption);
}

TEST_F(Refusals, WhoIsWelcomedBackInTimeGoesOn) {
  commit(2, Bytes{0, 1, 0, 1});
  pass(10s);
  static_cast<void>(said());
  welcome(3, ann_adds({remove({1}), add_bot()}).welcome);
  EXPECT_EQ(bot_->deadline(), std::nullopt);
  execute(3);
  pass(1h);
  EXPECT_FALSE(failure_);
  EXPECT_TRUE(heard_by(ann_));
}

/// The bot waits to be welcomed.
class Welcomes : public Call {
 protected:
  Welcomes() {
    begin();
    external_sender();
    connect(kAnn);
    ann_.found(gateway_.extensions());
    static_cast<void>(said());
  }
  /// The bot says that this Welcome is bad, and a good one brings it in after all.
  void expect_refused(ByteView bad) {
    welcome(2, bad);
    EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
    EXPECT_EQ(bot_->group(), nullptr);
    execute(2);
    EXPECT_EQ(media_, "waiting");
    EXPECT_TRUE(packet().empty());
    expect_joins();
  }
  void expect_joins() {
    ann_ = Peer(kAnn);
    ann_.found(gateway_.extensions());
    welcome(3, ann_adds({add_bot()}).welcome);
    EXPECT_EQ(said(), Said{ready(3)});
    execute(3);
    EXPECT_TRUE(heard_by(ann_));
  }
};

TEST_F(Welcomes, ThatAreBroken) {
  Bytes bad = ann_adds({add_bot()}).welcome;
  bad[bad.size() / 2] ^= 1;
  expect_refused(bad);
}

TEST_F(Welcomes, ToAGroupWithAnotherExternalSender) {
  ann_.found(Gateway().extensions());
  mls::CommitOptions add;
  add.by_value = {add_bot()};
  expect_refused(CommitWelcome(ann_.commit(add)).welcome);
}

TEST_F(Welcomes, ToAGroupWithoutExternalSender) {
  mls::CommitOptions add;
  add.by_value = {add_bot()};
  ann_.found({});
  expect_refused(CommitWelcome(ann_.commit(add)).welcome);
}

TEST_F(Welcomes, ToAGroupWithTwoExternalSenders) {
  mls::CommitOptions add;
  add.by_value = {add_bot()};
  ann_.found({{mls::external_senders_extension({gateway_.sender(), Gateway().sender()})}});
  expect_refused(CommitWelcome(ann_.commit(add)).welcome);
}

TEST_F(Welcomes, ToAnotherChannelsGroup) {
  mls::CommitOptions add;
  add.by_value = {add_bot()};
  ann_.found(gateway_.extensions(), Snowflake{42});
  expect_refused(CommitWelcome(ann_.commit(add)).welcome);
}

TEST_F(Welcomes, ToAGroupThatHasOneUserTwice) {
  expect_refused(ann_adds({add_bot(), Peer(kAnn).add()}).welcome);
}

TEST_F(Welcomes, ToAGroupWithACredentialThatNamesNoUser) {
  const auto key = mls::PrivateKey::generate();
  const auto nobody = mls::make_key_package({{{'x'}}, {}, {}, {}}, key);
  expect_refused(ann_adds({add_bot(), {mls::Add{nobody.key_package}}}).welcome);
}

TEST_F(Welcomes, ThatNeedAPreSharedKey) {
  mls::Application application;
  application.find_psk = [](const mls::PreSharedKeyId&) { return SecretBytes(32); };
  mls::CommitOptions options;
  options.by_value = {add_bot(), {mls::PreSharedKey{{mls::ExternalPskId{{1}}, Bytes(32)}}}};
  expect_refused(CommitWelcome(ann_.group().commit({}, options, application)).welcome);
}

TEST_F(Welcomes, ForSomebodyElse) { expect_refused(ann_adds({bob_.add()}).welcome); }

TEST_F(Welcomes, ToTheKeyPackageBeforeAreLateAndNotBad) {
  mls::CommitOptions add;
  add.by_value = {add_bot()};
  const CommitWelcome late(ann_.commit(add));
  welcome(2, Bytes{1});
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
  welcome(2, late.welcome);
  EXPECT_EQ(said(), Said{}) << "one complaint at a time";
  expect_joins();
}

TEST_F(Welcomes, ThatAreSaidAgainAreIgnored) {
  const CommitWelcome adding = ann_adds({add_bot()});
  welcome(2, adding.welcome);
  execute(2);
  static_cast<void>(said());
  welcome(2, adding.welcome);
  EXPECT_EQ(said(), Said{});
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(Welcomes, CanBeTriedOnlyOnceAKeyPackage) {
  welcome(2, ann_adds({add_bot()}).welcome);
  execute(2);
  static_cast<void>(said());
  ann_ = Peer(kAnn);
  ann_.found(gateway_.extensions());
  welcome(3, ann_adds({add_bot()}).welcome);
  EXPECT_EQ(said(), (Said{invalid(3), "key package"}));
}

TEST_F(Call, AWelcomeBeforeTheExternalSenderIsRefused) {
  begin();
  connect(kAnn);
  ann_.found(gateway_.extensions());
  static_cast<void>(said());
  welcome(2, ann_adds({add_bot()}).welcome);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
  EXPECT_EQ(bot_->group(), nullptr);
}

TEST_F(Call, TheGroupsMessagesBeforeTheSessionAreIgnored) {
  external_sender();
  propose({gateway_.propose(0, ann_.add())});
  welcome(2, Bytes(40));
  commit(3, Bytes(40));
  prepare(4, 1);
  execute(4);
  EXPECT_EQ(said(), Said{});
  EXPECT_EQ(media_, "nothing yet");
}

TEST_F(Call, AnExternalSenderDuringAGroupIsIgnored) {
  join_ann();
  binary(Opcode::external_sender, mls::encoded(Gateway().sender()));
  connect(kBob);
  propose(in_epoch({bob_.add()}));
  EXPECT_EQ(said(), Said{"commit"});
}

}  // namespace
}  // namespace vcplay::dave::test
