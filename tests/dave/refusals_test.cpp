// What the bot does not put up with, and how it gets back in.
#include "words/dave_words.hpp"
#include "words/mutations.hpp"

namespace vcplay::dave::test {
namespace {

using Said = std::vector<std::string>;

/// The bot in Ann's group, with Bob at the door.
class Refusals : public Call {
 protected:
  Refusals() {
    join_ann();
    connect(kBob);
    epoch_ = bot_->group()->epoch();
  }
  /// Nothing is said, and what was in force still is.
  void expect_nothing_changed() {
    EXPECT_EQ(said(), Said{});
    ASSERT_NE(bot_->group(), nullptr);
    EXPECT_EQ(bot_->group()->epoch(), epoch_);
    EXPECT_EQ(media_, "encrypted");
    EXPECT_TRUE(heard_by(ann_));
  }
  /// The Commit that comes next is a good one, and the bot follows it.
  void expect_life_goes_on() {
    const auto proposals = in_epoch({bob_.add()});
    propose(proposals);
    const CommitWelcome adding = ann_commits(proposals);
    bob_.join(adding.welcome);
    commit(99, adding.commit);
    execute(99);
    EXPECT_EQ(members_, 3U);
    EXPECT_TRUE(heard_by(bob_));
  }
  void expect_refused(const mls::MlsMessage& proposal) {
    propose({proposal});
    expect_nothing_changed();
    const auto good = in_epoch({bob_.add()})[0];
    propose({good, proposal});
    expect_nothing_changed();  // one bad proposal spoils the list
  }
  void expect_policy_refuses(const mls::Proposal& proposal) { expect_refused(in_epoch({proposal})[0]); }

  std::uint64_t epoch_ = 0;
};

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

TEST_F(Welcomes, WithAStrangerInTheGroupAreTaken) {
  welcome(2, ann_adds({add_bot(), bob_.add()}).welcome);
  EXPECT_EQ(said(), Said{ready(2)}) << "Bob may have left meanwhile";
}

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

// ── messages that are cut, changed or made up ──

TEST_F(Refusals, EveryCutOrChangedProposalList) {
  const Bytes good = append(in_epoch({bob_.add()}));
  for (std::size_t i = 0; i < good.size(); ++i) {
    binary(Opcode::proposals, ByteView(good).first(i));
    Bytes changed = good;
    changed[i] ^= 0x20;
    binary(Opcode::proposals, changed);
  }
  binary(Opcode::proposals, Bytes(good) + ByteView(good).first(1));
  expect_nothing_changed();
  expect_life_goes_on();
}

TEST_F(Refusals, EveryCutOrChangedRevocation) {
  const auto add = in_epoch({bob_.add()});
  propose(add);
  EXPECT_EQ(said(), Said{"commit"});
  const Bytes good = revoke(add);
  for (std::size_t i = 1; i < good.size(); ++i) {
    binary(Opcode::proposals, ByteView(good).first(i));
    Bytes changed = good;
    changed[i] ^= 0x20;
    binary(Opcode::proposals, changed);
  }
  static_cast<void>(said());
  const CommitWelcome ours = committed();
  commit(2, ours.commit);
  EXPECT_EQ(members_, 3U) << "the proposal is still there";
}

TEST_F(Call, EveryCutOrChangedExternalSender) {
  const Bytes good = mls::encoded(gateway_.sender());
  begin();
  connect(kAnn);
  static_cast<void>(said());
  for (std::size_t i = 0; i < good.size(); ++i) {
    binary(Opcode::external_sender, ByteView(good).first(i));
    Bytes changed = good;
    changed[i] ^= 0x20;
    binary(Opcode::external_sender, changed);
  }
  EXPECT_EQ(said(), Said{});
  external_sender();
  propose({gateway_.propose(0, ann_.add())});
  EXPECT_EQ(said(), Said{"commit"});
}

TEST_F(Call, EveryCutOrChangedWelcome) {
  begin();
  external_sender();
  connect(kAnn);
  ann_.found(gateway_.extensions());
  mls::CommitOptions add;
  add.by_value = {add_bot()};
  const Bytes good = announce(7, CommitWelcome(ann_.commit(add)).welcome);
  for (std::size_t i = 0; i < good.size(); i += 3) {
    binary(Opcode::welcome, ByteView(good).first(i));
    Bytes changed = good;
    changed[i] ^= 0x20;
    if (i >= 2) binary(Opcode::welcome, changed);
    EXPECT_EQ(bot_->group(), nullptr);
  }
  EXPECT_EQ(media_, "waiting");
  welcome(8, ann_adds({add_bot()}).welcome);
  execute(8);
  EXPECT_TRUE(heard_by(ann_));
}

TEST_F(Call, EveryCutOrChangedCommitIsComplainedAboutOnce) {
  const auto in_a_group = [&](auto story) {
    bot_.emplace(Config{kBot, kChannel, mls::PrivateKey::generate()});
    ann_ = Peer(kAnn);
    static_cast<void>(said());
    join_ann();
    connect(kBob);
    const auto proposals = in_epoch({bob_.add()});
    propose(proposals);
    static_cast<void>(said());
    story(ann_commits(proposals).commit);
  };
  std::size_t size = 4;
  for (std::size_t i = 0; i < size; i += 11) {
    in_a_group([&](const Bytes& good) {
      size = good.size();
      commit(2, ByteView(good).first(i));
      EXPECT_EQ(said(), (Said{invalid(2), "key package"})) << i;
      commit(2, ByteView(good).first(i));
      EXPECT_EQ(said(), Said{}) << i;
      EXPECT_EQ(media_, "encrypted");
    });
    in_a_group([&](Bytes changed) {
      changed[i] ^= 0x20;
      commit(2, changed);
      execute(2);
      EXPECT_EQ(members_, 2U) << "nothing but the old epoch was ever entered";
      EXPECT_EQ(parse_protocol_frame(packet())->nonce, 1U);
    });
  }
}

TEST_F(Refusals, EveryMangledTextMessage) {
  const std::vector<std::pair<Opcode, json>> messages = {
      {Opcode::clients_connect, {{"user_ids", {"300000000000000003"}}}},
      {Opcode::client_disconnect, {{"user_id", "600000000000000006"}}},
      {Opcode::execute_transition, {{"transition_id", 4}}},
  };
  for (const auto& [opcode, message] : messages) {
    for (const std::string& mutant : vcplay::test::mutations(message)) {
      text(opcode, json::parse(mutant, nullptr, false));
    }
  }
  for (const Opcode opcode : {Opcode::prepare_transition, Opcode::prepare_epoch}) {
    for (const json& data :
         {json(), json(3), json::array(), json::object(), json{{"transition_id", 3}},
          json{{"protocol_version", 1}}, json{{"protocol_version", 1}, {"transition_id", 65536}},
          json{{"protocol_version", -1}, {"transition_id", 3}, {"epoch", 1}},
          json{{"protocol_version", "1"}, {"transition_id", "3"}, {"epoch", -1}},
          json{{"protocol_version", 1}, {"epoch", json::array({1})}},
          json{{"protocol_version", 1}, {"epoch", 1.5}}}) {
      text(opcode, data);
    }
  }
  for (const int opcode : {-1, 0, 4, 23, 26, 31, 255, 256, 1000000}) {
    carry_out(bot_->on_text(opcode, {{"transition_id", 1}}, now_));
  }
  expect_nothing_changed();
}

TEST_F(Refusals, BinaryMessagesOfOtherOpcodes) {
  for (const int opcode : {0, 21, 24, 26, 28, 31, 255}) {
    carry_out(bot_->on_binary(static_cast<std::uint8_t>(opcode), Bytes(100, 1), now_));
    carry_out(bot_->on_binary(static_cast<std::uint8_t>(opcode), {}, now_));
  }
  commit(0, {});
  binary(Opcode::welcome, {});
  binary(Opcode::announce_commit_transition, Bytes{1});
  EXPECT_EQ(media_, "encrypted");
}

}  // namespace
}  // namespace vcplay::dave::test
