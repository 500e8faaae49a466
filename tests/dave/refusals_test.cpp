// Proposals and Commits that the bot does not put up with.
#include "words/refusal_words.hpp"

namespace vcplay::dave::test {
namespace {

// ── proposals: what MLS would take and DAVE does not ──

TEST_F(Refusals, AnAddOfAStranger) {
  expect_policy_refuses(cid_.add());
  expect_life_goes_on();
}

TEST_F(Refusals, AnAddOfSomebodyWhoHasLeft) {
  disconnect(kBob);
  expect_policy_refuses(bob_.add());
  connect(kBob);
  expect_life_goes_on();
}

TEST_F(Refusals, AnAddOfACredentialThatNamesNoUser) {
  const auto key = mls::PrivateKey::generate();
  const auto package = mls::make_key_package({{{'b', 'o', 'b'}}, {}, {}, {}}, key);
  expect_policy_refuses({mls::Add{package.key_package}});
}

TEST_F(Refusals, NewGroupContextExtensions) {
  expect_policy_refuses({mls::GroupContextExtensions{gateway_.extensions()}});
  expect_life_goes_on();
}

TEST_F(Refusals, APreSharedKey) {
  expect_policy_refuses({mls::PreSharedKey{{mls::ExternalPskId{{1}}, Bytes(32)}}});
  expect_life_goes_on();
}

TEST_F(Refusals, AReInit) {
  expect_policy_refuses({mls::ReInit{{1, 2, 3}, mls::kMls10, mls::kCipherSuite, {}}});
  expect_life_goes_on();
}

TEST_F(Refusals, AnExternalInit) { expect_policy_refuses({mls::ExternalInit{Bytes(65, 4)}}); }

TEST_F(Refusals, AnUpdateByAMember) {
  const mls::OwnProposal update = ann_.group().propose_update();
  static_cast<void>(
      bot_->group()->verify_proposal(*update.message.get<mls::PublicMessage>()));  // MLS takes it
  expect_refused(update.message);
  expect_life_goes_on();
}

TEST_F(Refusals, AnAddByAMember) {
  const mls::OwnProposal adding = ann_.group().propose(bob_.add());
  static_cast<void>(bot_->group()->verify_proposal(*adding.message.get<mls::PublicMessage>()));
  expect_refused(adding.message);
}

TEST_F(Refusals, AProposalOfAnotherExternalSender) {
  const auto epoch = ann_.group().epoch();
  expect_refused(Gateway().propose(epoch, bob_.add()));
  const auto key = mls::PrivateKey::generate();
  expect_refused(mls::external_proposal(identity_of(kChannel), epoch, 1, key, bob_.add()));
}

TEST_F(Refusals, ARemoveOfNobody) { expect_policy_refuses(remove(mls::LeafIndex{17})); }

TEST_F(Refusals, AnAddWhoseKeyPackageIsNotValid) {
  auto add = std::get<mls::Add>(bob_.add().content);
  add.key_package.signature.back() ^= 1;
  expect_policy_refuses({add});
}

TEST_F(Refusals, ProposalsOfAnotherEpochOrGroupAreNotForUs) {
  for (const std::uint64_t epoch : {std::uint64_t{0}, epoch_ - 1, epoch_ + 1}) {
    propose({gateway_.propose(epoch, bob_.add())});
    if (epoch != epoch_) expect_nothing_changed();
  }
  propose({gateway_.propose(epoch_, bob_.add(), Snowflake{42})});
  expect_nothing_changed();
}

TEST_F(Refusals, OneUserTwiceIsNotCommitted) {
  propose(in_epoch({Peer(kAnn).add()}));
  EXPECT_EQ(said(), Said{});
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(Refusals, ToBeAddedThoughWeAreThereIsNotCommitted) {
  propose(in_epoch({Peer(kBot).add()}));
  EXPECT_EQ(said(), Said{});
}

TEST_F(Refusals, AreToldByWayOfTheSessionsOwnLogger) {
  propose(in_epoch({cid_.add()}));
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(warnings_[0].find("End-to-end encryption: refused a message of the voice server: "), 0U)
      << warnings_[0];
  commit(2, Bytes{0, 1, 2});
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_EQ(warnings_[1].find("End-to-end encryption: a message of the group is not valid: "), 0U)
      << warnings_[1];
}

// ── Commits ──

TEST_F(Refusals, ACommitWithAProposalOfItsOwn) {
  mls::CommitOptions inline_add;
  inline_add.by_value = {bob_.add()};
  const mls::NewCommit made = ann_.commit(inline_add);
  const auto message = mls::decoded<mls::MlsMessage>(made.commit);
  static_cast<void>(bot_->group()->process(*message.get<mls::PublicMessage>(), {}));  // MLS takes it
  commit(2, made.commit);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
}

TEST_F(Refusals, ACommitOfNothing) {
  const mls::NewCommit made = ann_.commit();
  const auto message = mls::decoded<mls::MlsMessage>(made.commit);
  static_cast<void>(bot_->group()->process(*message.get<mls::PublicMessage>(), {}));
  commit(2, made.commit);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
}

TEST_F(Refusals, ACommitOfAProposalThatWeHaveNotSeen) {
  commit(2, ann_adds({bob_.add()}).commit);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
}

TEST_F(Refusals, ACommitThatBringsOneUserTwice) {
  const auto proposals = in_epoch({Peer(kAnn).add()});
  propose(proposals);
  commit(2, ann_commits(proposals).commit);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
}

TEST_F(Refusals, ACommitOfAFutureEpoch) {
  static_cast<void>(ann_adds({bob_.add()}));
  commit(2, ann_adds({cid_.add()}).commit);
  EXPECT_EQ(said(), (Said{invalid(2), "key package"}));
}

TEST_F(Refusals, ACommitThatIsSaidAgainIsIgnored) {
  const auto proposals = in_epoch({bob_.add()});
  propose(proposals);
  const CommitWelcome adding = ann_commits(proposals);
  commit(2, adding.commit);
  execute(2);
  static_cast<void>(said());
  commit(2, adding.commit);
  propose(proposals);
  EXPECT_EQ(said(), Said{});
  EXPECT_EQ(bot_->group()->epoch(), epoch_ + 1);
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(Refusals, AnotherGroupsCommitIsNotForUs) {
  Peer elsewhere(kCid);
  elsewhere.found(gateway_.extensions(), Snowflake{42});
  commit(2, elsewhere.commit().commit);
  expect_nothing_changed();
}

TEST(dave_policy, a_committer_stays_who_it_is) {
  const auto key = mls::PrivateKey::generate();
  const auto group_of = [](Snowflake user, const mls::PrivateKey& signature_key) {
    const auto package = mls::make_key_package({{identity_of(user)}, {}, {}, {}}, signature_key);
    return mls::Group::create(identity_of(kChannel), package, {});
  };
  const mls::Group before = group_of(kAnn, key);
  EXPECT_NO_THROW(policy::committer_stays_who_it_is(before, group_of(kAnn, key), {0}));
  EXPECT_THROW(policy::committer_stays_who_it_is(before, group_of(kBob, key), {0}), Refusal);
  EXPECT_THROW(policy::committer_stays_who_it_is(before, group_of(kAnn, mls::PrivateKey::generate()), {0}),
               Refusal);
}

TEST(dave_policy, nothing_but_adds_and_removes_is_proposed) {
  const Peer bob(kBob);
  const auto update = std::get<mls::Add>(bob.add().content).key_package.leaf_node;
  EXPECT_NO_THROW(policy::adds_or_removes(bob.add()));
  EXPECT_NO_THROW(policy::adds_or_removes({mls::Remove{{0}}}));
  EXPECT_THROW(policy::adds_or_removes({mls::Update{update}}), Refusal);
  EXPECT_THROW(policy::adds_or_removes({mls::PreSharedKey{{mls::ExternalPskId{{1}}, Bytes(32)}}}), Refusal);
  EXPECT_THROW(policy::adds_or_removes({mls::ReInit{}}), Refusal);
  EXPECT_THROW(policy::adds_or_removes({mls::ExternalInit{}}), Refusal);
  EXPECT_THROW(policy::adds_or_removes({mls::GroupContextExtensions{}}), Refusal);
}

TEST(dave_policy, a_user_is_eight_bytes_from_the_great_end) {
  EXPECT_EQ(to_hex(identity_of({0x0102030405060708})), "0102030405060708");
  EXPECT_EQ(user_of(identity_of(kBot)), kBot);
  EXPECT_EQ(user_of(Bytes(7)), std::nullopt);
  EXPECT_EQ(user_of(Bytes(9)), std::nullopt);
  EXPECT_EQ(user_of({}), std::nullopt);
}

}  // namespace
}  // namespace vcplay::dave::test
