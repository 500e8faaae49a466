// How the bot joins the group of a call, and how it forms one.
#include "words/dave_words.hpp"

namespace vcplay::dave::test {
namespace {

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

}  // namespace
}  // namespace vcplay::dave::test
