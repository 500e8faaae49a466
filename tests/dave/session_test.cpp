// The life of a call's group, as the bot lives it.
#include "words/dave_words.hpp"

namespace vcplay::dave::test {
namespace {

using Said = std::vector<std::string>;

// ── joining ──

TEST_F(Call, TheKeyPackageIsAsTheGatewayWantsIt) {
  begin();
  ASSERT_EQ(said(), Said{"key package"});
  const mls::KeyPackage& package = key_packages_.back();
  mls::validate_key_package(package);
  EXPECT_EQ(to_hex(package.leaf_node.credential.identity), "016345785d8a0001");
  EXPECT_EQ(to_hex(mls::encoded(package)).substr(0, 8), "00010002");
  EXPECT_EQ(std::get<mls::Lifetime>(package.leaf_node.source), mls::Lifetime{});
  EXPECT_EQ(package.leaf_node.capabilities, mls::Capabilities{});
  EXPECT_TRUE(package.extensions.list.empty());
  EXPECT_TRUE(package.leaf_node.extensions.list.empty());
}

TEST_F(Call, JoinsAnEstablishedGroupAndIsHeard) {
  begin();
  external_sender();
  EXPECT_EQ(media_, "alone");
  connect(kAnn);
  EXPECT_EQ(media_, "waiting");
  ann_.found(gateway_.extensions());
  welcome(5, ann_adds({add_bot()}).welcome);
  EXPECT_EQ(said(), (Said{"key package", ready(5)}));
  EXPECT_EQ(media_, "waiting") << "the key is used when the transition is executed";
  EXPECT_TRUE(packet().empty());
  execute(5);
  EXPECT_EQ(media_, "encrypted");
  EXPECT_TRUE(heard_by(ann_));
  EXPECT_EQ(code_, ann_.code());
  EXPECT_EQ(code_->size(), 30U);
  EXPECT_EQ(members_, 2U);
  EXPECT_EQ(said(), Said{});
}

TEST_F(Call, TheExternalSenderMayComeBeforeTheSession) {
  external_sender();
  connect(kAnn);
  EXPECT_EQ(media_, "nothing yet");
  begin();
  ann_.found(gateway_.extensions());
  welcome(1, ann_adds({add_bot()}).welcome);
  execute(1);
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(Call, TheFirstFrameOfAnEpochHasNonce1) {
  join_ann();
  EXPECT_EQ(parse_protocol_frame(packet())->nonce, 1U);
  EXPECT_EQ(parse_protocol_frame(packet())->nonce, 2U);
}

TEST_F(Call, WhileHeldOnlyExactSilenceGoesOut) {
  begin();
  EXPECT_EQ(packet(kOpusSilence), Bytes(kOpusSilence.begin(), kOpusSilence.end()));
  EXPECT_TRUE(packet().empty());
}

// ── forming a group ──

class NewCall : public Call {
 protected:
  NewCall() {
    begin();
    external_sender();
    ann_.found(gateway_.extensions());  // every pending member has a group of its own at epoch 0
    static_cast<void>(said());
  }
  void ann_comes() {
    connect(kAnn);
    propose({gateway_.propose(0, ann_.add())});
  }
};

TEST_F(NewCall, OurCommitWins) {
  ann_comes();
  EXPECT_EQ(said(), Said{"commit"});
  const CommitWelcome ours = committed();
  ASSERT_FALSE(ours.welcome.empty());
  EXPECT_EQ(bot_->group(), nullptr) << "not before the gateway says so";
  commit(3, ours.commit);
  ann_.join(ours.welcome);
  EXPECT_EQ(said(), Said{ready(3)});
  EXPECT_EQ(code_, ann_.code());
  execute(3);
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(NewCall, AnothersCommitWins) {
  ann_comes();
  const CommitWelcome ours = committed();
  welcome(3, ann_adds({add_bot()}).welcome);
  EXPECT_EQ(said(), (Said{"commit", ready(3)}));
  execute(3);
  EXPECT_TRUE(heard_by(ann_));
  commit(4, ours.commit);
  EXPECT_NE(said(), Said{ready(4)}) << "the loser is forgotten";
}

TEST_F(NewCall, AnOlderCommitOfOursWins) {
  ann_comes();
  const CommitWelcome first = committed();
  connect(kBob);
  propose({gateway_.propose(0, bob_.add())});
  const CommitWelcome second = committed();
  EXPECT_NE(first.commit, second.commit);
  commit(3, first.commit);
  ann_.join(first.welcome);
  EXPECT_EQ(code_, ann_.code());
  EXPECT_EQ(members_, 2U);
  execute(3);
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(NewCall, EveryCommitHoldsAllProposalsSoFar) {
  ann_comes();
  connect(kBob);
  propose({gateway_.propose(0, bob_.add())});
  EXPECT_EQ(said(), (Said{"commit", "commit"}));
  const CommitWelcome latest = committed();
  commit(3, latest.commit);
  ann_.join(latest.welcome);
  bob_.join(latest.welcome);
  EXPECT_EQ(members_, 3U);
  execute(3);
  const Bytes frame = packet();
  EXPECT_EQ(ann_.open(frame), Opened::decrypted);
  EXPECT_EQ(bob_.open(frame), Opened::decrypted);
}

TEST_F(NewCall, ABatchIsCommittedAsOne) {
  connect(kAnn);
  connect(kBob);
  propose({gateway_.propose(0, ann_.add()), gateway_.propose(0, bob_.add())});
  EXPECT_EQ(said(), Said{"commit"});
  const CommitWelcome ours = committed();
  commit(3, ours.commit);
  ann_.join(ours.welcome);
  bob_.join(ours.welcome);
  EXPECT_EQ(ann_.code(), bob_.code());
}

TEST_F(NewCall, SomebodyElsesFirstCommitIsNotForUs) {
  ann_comes();
  const CommitWelcome anns = ann_adds({add_bot()});
  static_cast<void>(said());
  commit(3, anns.commit);
  EXPECT_EQ(said(), (Said{invalid(3), "key package"}));
}

TEST_F(NewCall, ARevokedProposalIsLeftOut) {
  connect(kAnn);
  connect(kBob);
  const auto ann_in = gateway_.propose(0, ann_.add());
  propose({ann_in, gateway_.propose(0, bob_.add())});
  binary(Opcode::proposals, revoke({ann_in}));
  EXPECT_EQ(said(), (Said{"commit", "commit"}));
  const CommitWelcome ours = committed();
  commit(3, ours.commit);
  EXPECT_EQ(members_, 2U);
  EXPECT_THROW(ann_.join(ours.welcome), mls::Refusal);
  bob_.join(ours.welcome);
}

TEST_F(NewCall, WhenNothingIsLeftNothingIsCommitted) {
  connect(kAnn);
  const auto ann_in = gateway_.propose(0, ann_.add());
  propose({ann_in});
  static_cast<void>(said());
  binary(Opcode::proposals, revoke({ann_in}));
  binary(Opcode::proposals, revoke({ann_in}));
  EXPECT_EQ(said(), Said{});
  propose({gateway_.propose(0, ann_.add())});
  EXPECT_EQ(said(), Said{"commit"});
}

TEST_F(NewCall, TheSameProposalAgainIsNoSecondOne) {
  connect(kAnn);
  const auto ann_in = gateway_.propose(0, ann_.add());
  propose({ann_in});
  propose({ann_in});
  EXPECT_EQ(said(), (Said{"commit", "commit"})) << "the first answer may have been lost";
  const CommitWelcome latest = committed();
  commit(3, latest.commit);
  EXPECT_EQ(members_, 2U);
}

TEST_F(NewCall, TheSameExternalSenderAgainChangesNothing) {
  ann_comes();
  const CommitWelcome ours = committed();
  external_sender();
  commit(3, ours.commit);
  EXPECT_EQ(members_, 2U);
}

TEST_F(NewCall, AnotherExternalSenderMakesAnotherGroup) {
  ann_comes();
  const CommitWelcome ours = committed();
  gateway_ = Gateway();
  external_sender();
  static_cast<void>(said());
  commit(3, ours.commit);
  EXPECT_EQ(said(), Said{});
  propose({gateway_.propose(0, ann_.add())});
  const CommitWelcome anew = committed();
  commit(4, anew.commit);
  ann_.join(anew.welcome);
  EXPECT_EQ(ann_.group().context().extensions, gateway_.extensions());
}

// ── members come and go ──

TEST_F(Call, SomebodyJoinsAndTheKeyChangesAtTheExecution) {
  join_ann();
  connect(kBob);
  const auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  EXPECT_EQ(said(), Said{"commit"});
  const CommitWelcome ours = committed();
  ann_.hear(proposals);
  ann_.follow(ours.commit);
  bob_.join(ours.welcome);
  commit(2, ours.commit);
  EXPECT_EQ(said(), Said{ready(2)});
  EXPECT_EQ(code_, bob_.code());
  const Bytes still_old = packet();
  EXPECT_EQ(ann_.open(still_old), Opened::decrypted);
  EXPECT_NE(bob_.open(still_old), Opened::decrypted);
  execute(2);
  const Bytes now_new = packet();
  EXPECT_EQ(ann_.open(now_new), Opened::decrypted);
  EXPECT_EQ(bob_.open(now_new), Opened::decrypted);
  EXPECT_EQ(parse_protocol_frame(now_new)->nonce, 1U);
}

TEST_F(Call, SomebodyLeavesAndHearsNoMore) {
  join_ann();
  connect(kBob);
  auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  const CommitWelcome adding = ann_commits(proposals);
  bob_.join(adding.welcome);
  commit(2, adding.commit);
  execute(2);
  EXPECT_TRUE(heard_by(bob_));

  disconnect(kBob);
  proposals = in_epoch({remove(bob_.leaf())});
  propose(proposals);
  const CommitWelcome removing = ann_commits(proposals);
  EXPECT_TRUE(removing.welcome.empty());
  commit(3, removing.commit);
  EXPECT_EQ(members_, 2U);
  EXPECT_TRUE(heard_by(bob_)) << "until the transition is executed";
  execute(3);
  const Bytes frame = packet();
  EXPECT_EQ(ann_.open(frame), Opened::decrypted);
  EXPECT_NE(bob_.open(frame), Opened::decrypted);
}

TEST_F(Call, OurCommitOfARemoveHasAPathThatOthersCanFollow) {
  join_ann();
  connect(kBob);
  auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  const CommitWelcome adding = ann_commits(proposals);
  bob_.join(adding.welcome);
  commit(2, adding.commit);
  static_cast<void>(committed());
  disconnect(kBob);
  proposals = in_epoch({remove(bob_.leaf())});
  propose(proposals);
  const CommitWelcome ours = committed();
  EXPECT_TRUE(ours.welcome.empty());
  commit(3, ours.commit);
  ann_.hear(proposals);
  ann_.follow(ours.commit);
  execute(3);
  EXPECT_TRUE(heard_by(ann_));
  EXPECT_EQ(code_, ann_.code());
}

TEST_F(Call, OneComesAsAnotherGoes) {
  join_ann();
  connect(kBob);
  auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  const CommitWelcome adding = ann_commits(proposals);
  bob_.join(adding.welcome);
  commit(2, adding.commit);
  static_cast<void>(committed());
  connect(kCid);
  disconnect(kBob);
  proposals = in_epoch({remove(bob_.leaf()), cid_.add()});
  propose(proposals);
  const CommitWelcome ours = committed();
  commit(3, ours.commit);
  cid_.join(ours.welcome);
  execute(3);
  EXPECT_EQ(members_, 3U);
  EXPECT_TRUE(heard_by(cid_));
  EXPECT_EQ(cid_.leaf(), bob_.leaf()) << "the newcomer takes the place that became free";
}

TEST_F(Call, AnAddMayBeCommittedThoughTheUserHasGoneSince) {
  join_ann();
  connect(kBob);
  const auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  disconnect(kBob);
  const CommitWelcome adding = ann_commits(proposals);
  static_cast<void>(said());
  commit(2, adding.commit);
  EXPECT_EQ(said(), Said{ready(2)});
}

TEST_F(Call, ToBeRemovedIsForOthersToCommit) {
  join_ann();
  const auto proposals = in_epoch({remove(bot_->group()->own_leaf())});
  propose(proposals);
  EXPECT_EQ(said(), Said{});
  const CommitWelcome removing = ann_commits(proposals);
  commit(2, removing.commit);
  EXPECT_EQ(said(), Said{});
  EXPECT_EQ(media_, "waiting") << "no key, so nothing is sent";
  EXPECT_TRUE(packet().empty());
  execute(2);
  EXPECT_EQ(media_, "waiting");
}

// ── transitions ──

TEST_F(Call, EachTransitionHasItsOwnEpoch) {
  join_ann();
  connect(kBob);
  auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  const CommitWelcome second = ann_commits(proposals);
  bob_.join(second.welcome);
  commit(2, second.commit);
  connect(kCid);
  proposals = in_epoch({cid_.add()});
  propose(proposals);
  const CommitWelcome third = ann_commits(proposals);
  cid_.join(third.welcome);
  commit(3, third.commit);
  execute(2);
  const Bytes of_second = packet();
  EXPECT_EQ(bob_.open(of_second), Opened::decrypted);
  EXPECT_NE(cid_.open(of_second), Opened::decrypted) << "the newest epoch was not to be used yet";
  execute(3);
  EXPECT_TRUE(heard_by(cid_));
}

TEST_F(Call, AnEarlierEpochNeverComesBack) {
  join_ann();
  connect(kBob);
  auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  commit(2, ann_commits(proposals).commit);
  connect(kCid);
  proposals = in_epoch({cid_.add()});
  propose(proposals);
  const CommitWelcome third = ann_commits(proposals);
  commit(3, third.commit);
  cid_.join(third.welcome);
  execute(3);
  EXPECT_EQ(parse_protocol_frame(packet())->nonce, 1U);
  execute(2);
  EXPECT_EQ(media_, "encrypted");
  const Bytes frame = packet();
  EXPECT_EQ(parse_protocol_frame(frame)->nonce, 2U);
  EXPECT_EQ(cid_.open(frame), Opened::decrypted);
}

TEST_F(Call, UnknownAndRepeatedExecutionsAreIgnored) {
  join_ann();
  static_cast<void>(packet());
  execute(1);
  execute(77);
  EXPECT_EQ(media_, "encrypted");
  EXPECT_EQ(parse_protocol_frame(packet())->nonce, 2U) << "the nonces go on";
  EXPECT_EQ(said(), Said{});
}

TEST_F(Call, AVersionChangeThatKeepsTheGroupKeepsTheNonces) {
  join_ann();
  static_cast<void>(packet());
  prepare_epoch(2);
  prepare(9, 1);
  EXPECT_EQ(said(), Said{ready(9)});
  execute(9);
  EXPECT_EQ(parse_protocol_frame(packet())->nonce, 2U) << "one key never sees a nonce twice";
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(Call, TransitionZeroIsExecutedAtOnceAndNotAnswered) {
  begin();
  external_sender();
  connect(kAnn);
  ann_.found(gateway_.extensions());
  welcome(0, ann_adds({add_bot()}).welcome);
  EXPECT_EQ(said(), Said{"key package"});
  EXPECT_EQ(media_, "encrypted");
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(Call, TheLastOneLeftStartsAnewAndHoldsUntilSomebodyComes) {
  join_ann();
  const mls::KeyPackage before = key_packages_.back();
  disconnect(kAnn);
  EXPECT_TRUE(bot_->is_alone());
  prepare_epoch(1);
  EXPECT_EQ(said(), Said{"key package"});
  EXPECT_NE(key_packages_.back().init_key, before.init_key);
  EXPECT_EQ(key_packages_.back().leaf_node.signature_key, before.leaf_node.signature_key);
  EXPECT_EQ(media_, "encrypted") << "not before the transition";
  prepare(0, 1);
  EXPECT_EQ(said(), Said{});
  EXPECT_EQ(media_, "alone");
  EXPECT_EQ(bot_->deadline(), std::nullopt);

  connect(kBob);
  EXPECT_EQ(media_, "waiting");
  propose({gateway_.propose(0, bob_.add())});
  const CommitWelcome ours = committed();
  commit(4, ours.commit);
  bob_.join(ours.welcome);
  execute(4);
  EXPECT_TRUE(heard_by(bob_));
}

TEST_F(Call, AnEpochMayBeAStringOfDigits) {
  begin();
  text(Opcode::prepare_epoch, {{"protocol_version", 1}, {"epoch", "1"}, {"transition_id", 4}});
  EXPECT_EQ(said(), (Said{"key package", "key package"}));
  text(Opcode::prepare_epoch, {{"protocol_version", 1}, {"epoch", "1x"}});
  text(Opcode::prepare_epoch, {{"protocol_version", 1}, {"epoch", "2"}});
  EXPECT_EQ(said(), Said{});
}

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
