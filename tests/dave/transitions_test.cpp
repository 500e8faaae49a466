// Members come and go; each transition brings the key of its epoch.
#include "words/dave_words.hpp"

namespace vcplay::dave::test {
namespace {

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

}  // namespace
}  // namespace vcplay::dave::test
