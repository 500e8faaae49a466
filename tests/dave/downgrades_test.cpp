// Calls that change between encryption and none, and how long the bot waits for a key.
#include "words/dave_words.hpp"

namespace vcplay::dave::test {
namespace {

// ── with and without encryption ──

class LenientCall : public Call {
 protected:
  LenientCall() { bot_.emplace(Config{kBot, kChannel, mls::PrivateKey::generate(), Plaintext::allowed}); }
};

TEST_F(LenientCall, IsUpgraded) {
  begin(0);
  EXPECT_EQ(media_, "plain");
  EXPECT_EQ(said(), Said{});
  connect(kAnn);
  external_sender();
  prepare_epoch(1);
  EXPECT_EQ(said(), Said{"key package"});
  ann_.found(gateway_.extensions());
  welcome(6, ann_adds({add_bot()}).welcome);
  EXPECT_EQ(said(), Said{ready(6)});
  EXPECT_EQ(packet(), kPacket) << "in the clear until the transition is executed";
  execute(6);
  EXPECT_EQ(media_, "encrypted");
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(LenientCall, AnUpgradeMayBeAnnouncedFirstAndNeedsItsGroup) {
  begin(0);
  prepare(6, 1);
  EXPECT_EQ(said(), Said{ready(6)});
  prepare_epoch(1);
  external_sender();
  connect(kAnn);
  ann_.found(gateway_.extensions());
  welcome(6, ann_adds({add_bot()}).welcome);
  EXPECT_EQ(said(), (Said{"key package", ready(6)}));
  execute(6);
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(LenientCall, WithoutAGroupItsMessagesAreNotForUs) {
  begin(0);
  external_sender();
  welcome(2, Bytes(40));
  commit(3, Bytes(40));
  EXPECT_EQ(said(), Said{});
}

TEST_F(LenientCall, AfterADowngradeItsMessagesAreNotForUs) {
  join_ann();
  prepare(7, 0);
  execute(7);
  static_cast<void>(said());
  welcome(2, Bytes(40));
  commit(3, Bytes(40));
  EXPECT_EQ(said(), Said{});
  EXPECT_EQ(media_, "plain");
}

TEST_F(LenientCall, AnUpgradeOnItsWayOutlivesADowngrade) {
  begin(0);
  external_sender();
  connect(kAnn);
  prepare(7, 0);
  prepare_epoch(1);
  execute(7);
  ann_.found(gateway_.extensions());
  welcome(8, ann_adds({add_bot()}).welcome);
  execute(8);
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(LenientCall, AnUpgradeWithoutAGroupHolds) {
  begin(0);
  connect(kAnn);
  prepare(6, 1);
  execute(6);
  EXPECT_EQ(media_, "waiting");
  EXPECT_TRUE(packet().empty());
}

TEST_F(LenientCall, IsDowngradedAndUpgradedAgain) {
  join_ann();
  prepare(7, 0);
  EXPECT_EQ(said(), Said{ready(7)});
  EXPECT_EQ(media_, "encrypted");
  execute(7);
  EXPECT_EQ(media_, "plain");
  EXPECT_EQ(packet(), kPacket);
  EXPECT_EQ(bot_->group(), nullptr);

  prepare_epoch(1);
  propose({gateway_.propose(0, bob_.add())});
  EXPECT_EQ(said(), Said{"key package"}) << "Bob is not here";
  ann_ = Peer(kAnn);
  propose({gateway_.propose(0, ann_.add())});
  const CommitWelcome ours = committed();
  commit(8, ours.commit);
  ann_.join(ours.welcome);
  execute(8);
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(Call, ADowngradeIsRefusedByHoldingAndThenByEnding) {
  join_ann();
  prepare(7, 0);
  execute(7);
  EXPECT_EQ(media_, "not encrypted");
  EXPECT_TRUE(packet().empty());
  pass(9999ms);
  EXPECT_FALSE(failure_);
  pass(1ms);
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->cause(), Cause::encryption);
  EXPECT_EQ(bot_->deadline(), std::nullopt);
}

TEST_F(Call, ADowngradeThatEndsInTimeIsForgiven) {
  join_ann();
  prepare(7, 0);
  execute(7);
  pass(9s);
  prepare_epoch(1);
  ann_ = Peer(kAnn);
  propose({gateway_.propose(0, ann_.add())});
  const CommitWelcome ours = committed();
  commit(8, ours.commit);
  ann_.join(ours.welcome);
  execute(8);
  EXPECT_TRUE(heard_by(ann_));
  EXPECT_EQ(bot_->deadline(), std::nullopt);
}

TEST_F(Call, AnEmptiedCallMayFallBackToNoEncryption) {
  join_ann();
  disconnect(kAnn);
  prepare(0, 0);
  EXPECT_EQ(media_, "not encrypted");
  EXPECT_EQ(bot_->deadline(), std::nullopt) << "nobody misses anything";
  connect(kBob);
  EXPECT_EQ(bot_->deadline(), now_ + 10s);
}

TEST_F(Call, ASessionWithoutEncryptionIsRefused) {
  begin(0);
  EXPECT_EQ(media_, "not encrypted");
  EXPECT_EQ(said(), Said{});
  pass(10s);
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->cause(), Cause::encryption);
}

TEST_F(Call, AVersionThatNobodyOfferedIsRefused) {
  begin(2);
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->cause(), Cause::encryption);
}

TEST_F(Call, AChangeToAnUnknownVersionIsIgnored) {
  join_ann();
  prepare(8, 2);
  prepare_epoch(1, 2);
  execute(8);
  EXPECT_EQ(said(), Said{});
  EXPECT_TRUE(heard_by(ann_));
}

// ── waiting for the key ──

TEST_F(Call, AfterTenSecondsTheGroupIsAskedForAnewAndAfterTwentyItIsOver) {
  begin();
  pass(1h);
  EXPECT_EQ(said(), Said{"key package"}) << "alone one may wait for ever";
  connect(kAnn);
  EXPECT_EQ(bot_->deadline(), now_ + 10s);
  pass(9999ms);
  EXPECT_EQ(said(), Said{});
  pass(1ms);
  EXPECT_EQ(said(), (Said{invalid(0), "key package"}));
  pass(9999ms);
  EXPECT_FALSE(failure_);
  pass(1ms);
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->cause(), Cause::encryption);
}

TEST_F(Call, WhenTheOthersGoTheWaitIsOver) {
  begin();
  connect(kAnn);
  pass(9s);
  disconnect(kAnn);
  EXPECT_EQ(media_, "alone");
  EXPECT_EQ(bot_->deadline(), std::nullopt);
  connect(kBob);
  EXPECT_EQ(bot_->deadline(), now_ + 10s) << "and the next one begins anew";
}

TEST_F(Call, OurselvesAreNobodyElse) {
  begin();
  connect(kBot);
  EXPECT_TRUE(bot_->is_alone());
  EXPECT_EQ(media_, "alone");
  disconnect(kBot);
  EXPECT_TRUE(bot_->is_alone());
}

TEST_F(Call, AKeyInTimeEndsTheWait) {
  begin();
  external_sender();
  connect(kAnn);
  pass(10s);
  static_cast<void>(said());
  ann_.found(gateway_.extensions());
  welcome(2, ann_adds({add_bot()}).welcome);
  execute(2);
  EXPECT_TRUE(heard_by(ann_));
  EXPECT_EQ(bot_->deadline(), std::nullopt);
  pass(1h);
  EXPECT_FALSE(failure_);
}

}  // namespace
}  // namespace vcplay::dave::test
