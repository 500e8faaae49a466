// Groups of our own, seen by all their members at once.
#include <random>

#include "words/mls_words.hpp"

namespace vcplay::mls::test {
namespace {

PublicMessage message_of(const NewCommit& commit) { return body_of<PublicMessage>(commit.commit); }
Welcome welcome_of(const NewCommit& commit) { return decoded<Welcome>(commit.welcome.value()); }
const Commit& content_of(const PublicMessage& message) { return *message.content.get<Commit>(); }

TEST(mls_group, a_group_begins_with_its_creator_at_epoch_0) {
  const Person ann("ann");
  const Gateway gateway;
  const Group group = Group::create(kGroupId, ann.key_package(), gateway.extensions());
  EXPECT_EQ(group.epoch(), 0U);
  EXPECT_EQ(group.own_leaf(), LeafIndex{0});
  EXPECT_EQ(group.context().group_id, kGroupId);
  EXPECT_TRUE(group.context().confirmed_transcript_hash.empty());
  EXPECT_EQ(external_senders(group.context().extensions), std::vector<ExternalSender>{gateway.sender()});
  ASSERT_EQ(group.roster().size(), 1U);
  EXPECT_EQ(group.roster()[0].identity, bytes_of("ann"));
  EXPECT_EQ(group.roster()[0].signature_key, public_key_of(ann.signature_key()));
}

TEST(mls_group, two_groups_of_one_creator_share_no_secret) {
  const OwnKeyPackage ann = Person("ann").key_package();
  const Group first = Group::create(kGroupId, ann, {});
  const Group second = Group::create(kGroupId, ann, {});
  EXPECT_NE(to_hex(first.epoch_authenticator()), to_hex(second.epoch_authenticator()));
}

TEST(mls_group, members_export_the_same_secrets) {
  const Party party(3);
  party.expect_agreement();
  const auto exported = [&](std::size_t i, std::string_view label, std::string_view context) {
    return to_hex(party.view(i).export_secret(label, as_bytes(context), 16).view());
  };
  EXPECT_EQ(exported(0, "label", "context"), exported(2, "label", "context"));
  EXPECT_NE(exported(0, "label", "context"), exported(0, "label", "Context"));
  EXPECT_NE(exported(0, "label", "context"), exported(0, "Label", "context"));
  EXPECT_EQ(party.view(1).export_secret("label", {}, 40).size(), 40U);
}

TEST(mls_group, a_commit_that_only_adds_has_no_path_and_one_that_removes_has) {
  Party party(3);
  CommitOptions add;
  add.by_value = {{Add{party.add_person().key_package().key_package}}};
  const PublicMessage adding = message_of(party.view(0).commit({}, add));
  EXPECT_FALSE(content_of(adding).path);
  CommitOptions remove;
  remove.by_value = {{Remove{{2}}}};
  const NewCommit removing = party.view(0).commit({}, remove);
  EXPECT_TRUE(content_of(message_of(removing)).path);
  EXPECT_FALSE(removing.welcome);
  add.force_path = true;
  EXPECT_TRUE(content_of(message_of(party.view(0).commit({}, add))).path);
}

TEST(mls_group, an_empty_commit_renews_the_committers_keys) {
  Party party(4);
  const Bytes before = party.view(2).tree().leaf({2})->encryption_key;
  party.deliver(2, party.view(2).commit({}), {});
  party.expect_agreement();
  EXPECT_NE(party.view(0).tree().leaf({2})->encryption_key, before);
  party.deliver(0, party.view(0).commit({}), {});
  party.deliver(3, party.view(3).commit({}), {});
  party.expect_agreement();
}

TEST(mls_group, the_gateways_proposals_are_committed_by_reference) {
  const Gateway gateway;
  Party party(3, gateway.extensions());
  const OwnKeyPackage newcomer = party.add_person().key_package();
  PendingProposals pending;
  EXPECT_TRUE(pending.add(
      party.view(1).verify_proposal(gateway.propose(party.view(1), {Add{newcomer.key_package}}))));
  EXPECT_TRUE(pending.add(party.view(1).verify_proposal(gateway.propose(party.view(1), {Remove{{0}}}))));
  NewCommit commit = party.view(1).commit(pending);
  const PublicMessage message = message_of(commit);
  for (const ProposalOrRef& entry : content_of(message).proposals) {
    EXPECT_TRUE(std::holds_alternative<ProposalRef>(entry.value));
  }
  const Welcome welcome = welcome_of(commit);
  party.deliver(1, std::move(commit), pending);
  party.set_view(3, Group::join(welcome, newcomer));
  EXPECT_EQ(party.views().count(0), 0U);
  EXPECT_EQ(party.view(3).own_leaf(), LeafIndex{0});  // the leaf that became free
  party.expect_agreement();
  party.deliver(3, party.view(3).commit({}), {});
  party.expect_agreement();
}

TEST(mls_group, one_signature_of_the_gateway_serves_every_group_of_that_id_and_epoch) {
  const Gateway gateway;
  const Group ann = Group::create(kGroupId, Person("ann").key_package(), gateway.extensions());
  const Group bob = Group::create(kGroupId, Person("bob").key_package(), gateway.extensions());
  const PublicMessage add = gateway.propose(ann, {Add{Person("cy").key_package().key_package}});
  EXPECT_EQ(ann.verify_proposal(add).ref(), bob.verify_proposal(add).ref());
}

TEST(mls_group, a_proposal_that_comes_twice_is_kept_once_and_can_be_revoked) {
  const Gateway gateway;
  const Group group = Group::create(kGroupId, Person("ann").key_package(), gateway.extensions());
  const PublicMessage first = gateway.propose(group, {Add{Person("bob").key_package().key_package}});
  const PublicMessage second = gateway.propose(group, {Add{Person("cy").key_package().key_package}});
  PendingProposals pending;
  EXPECT_TRUE(pending.add(group.verify_proposal(first)));
  EXPECT_FALSE(pending.add(group.verify_proposal(first)));
  EXPECT_TRUE(pending.add(group.verify_proposal(second)));
  const Bytes ref = pending.all()[0].ref();
  EXPECT_TRUE(pending.revoke(ref));
  EXPECT_FALSE(pending.revoke(ref));
  ASSERT_EQ(pending.all().size(), 1U);
  EXPECT_EQ(pending.find(pending.all()[0].ref()), &pending.all()[0]);
  EXPECT_EQ(pending.find(ref), nullptr);
  EXPECT_EQ(group.commit(pending).next.roster().size(), 2U);
}

TEST(mls_group, a_removed_member_is_told_so_and_keeps_nothing) {
  Party party(3);
  CommitOptions remove;
  remove.by_value = {{Remove{{1}}}};
  const NewCommit commit = party.view(0).commit({}, remove);
  const auto outcome = party.view(1).process(message_of(commit), {});
  EXPECT_TRUE(std::holds_alternative<RemovedFromGroup>(outcome));
  EXPECT_EQ(party.view(1).epoch(), 1U);  // the old value is still there until its owner drops it
}

TEST(mls_group, of_two_commits_in_one_epoch_the_loser_is_for_an_epoch_that_is_over) {
  Party party(3);
  const NewCommit loser = party.view(1).commit({});
  party.deliver(0, party.view(0).commit({}), {});
  party.expect_agreement();
  try {
    static_cast<void>(party.view(2).process(message_of(loser), {}));
    FAIL();
  } catch (const Refusal& refusal) {
    EXPECT_EQ(refusal.kind(), Refusal::Kind::misplaced);
  }
}

TEST(mls_group, a_refused_commit_leaves_the_old_epoch_as_it_was) {
  Party party(4);
  NewCommit commit = party.view(0).commit({});
  PublicMessage forged = message_of(commit);
  forged.auth.confirmation_tag->back() ^= 1;
  const std::string before = to_hex(party.view(2).epoch_authenticator());
  EXPECT_THROW(static_cast<void>(party.view(2).process(forged, {})), Refusal);
  EXPECT_EQ(to_hex(party.view(2).epoch_authenticator()), before);
  EXPECT_EQ(party.view(2).epoch(), 1U);
  party.deliver(0, std::move(commit), {});
  party.expect_agreement();
}

TEST(mls_group, an_update_renews_a_leaf_when_another_commits_it) {
  Party party(4);
  OwnProposal update = party.view(3).propose_update();
  const auto message = body_of<PublicMessage>(encoded(update.message));
  const NewCommit commit = [&] {
    PendingProposals pending;
    pending.add(party.view(0).verify_proposal(message));
    return party.view(0).commit(pending);
  }();
  PendingProposals of_author;
  of_author.add(std::move(update.pending));
  PendingProposals of_other;
  of_other.add(party.view(1).verify_proposal(message));
  const Group author = std::get<Group>(party.view(3).process(message_of(commit), of_author));
  const Group other = std::get<Group>(party.view(1).process(message_of(commit), of_other));
  EXPECT_EQ(to_hex(author.epoch_authenticator()), to_hex(other.epoch_authenticator()));
  EXPECT_NE(author.tree().leaf({3})->encryption_key, party.view(3).tree().leaf({3})->encryption_key);
  // And the author can read what is encrypted to its new leaf.
  const NewCommit second = other.commit({});
  EXPECT_TRUE(std::holds_alternative<Group>(author.process(message_of(second), {})));
}

TEST(mls_group, pre_shared_keys_are_needed_by_all_and_known_to_newcomers) {
  Party party(2);
  const PreSharedKeyId id{ExternalPskId{bytes_of("psk")}, Bytes(32, 7)};
  Application knows;
  knows.find_psk = [](const PreSharedKeyId&) { return SecretBytes(as_bytes("shared")); };
  Application knows_another;
  knows_another.find_psk = [](const PreSharedKeyId&) { return SecretBytes(as_bytes("Shared")); };
  const OwnKeyPackage newcomer = party.add_person().key_package();
  CommitOptions options;
  options.by_value = {{PreSharedKey{id}}, {Add{newcomer.key_package}}};
  NewCommit commit = party.view(0).commit({}, options, knows);
  EXPECT_THROW(static_cast<void>(party.view(1).process(message_of(commit), {})), Refusal);
  EXPECT_THROW(static_cast<void>(party.view(1).process(message_of(commit), {}, knows_another)), Refusal);
  EXPECT_THROW(static_cast<void>(Group::join(welcome_of(commit), newcomer)), Refusal);
  const Welcome welcome = welcome_of(commit);
  party.deliver(0, std::move(commit), {}, knows);
  party.set_view(2, Group::join(welcome, newcomer, knows));
  party.expect_agreement();
}

TEST(mls_group, the_groups_extensions_can_be_replaced) {
  const Gateway gateway;
  Party party(3);
  CommitOptions options;
  options.by_value = {{GroupContextExtensions{gateway.extensions()}}};
  party.deliver(1, party.view(1).commit({}, options), {});
  party.expect_agreement();
  EXPECT_EQ(party.view(2).context().extensions, gateway.extensions());
  static_cast<void>(party.view(2).verify_proposal(gateway.propose(party.view(2), {Remove{{0}}})));
}

TEST(mls_group, the_application_has_a_veto_on_leaves_and_lists) {
  Party party(2);
  const OwnKeyPackage mallory = Person("mallory").key_package();
  CommitOptions options;
  options.by_value = {{Add{mallory.key_package}}};
  const NewCommit commit = party.view(0).commit({}, options);
  Application strict;
  strict.check_leaf = [](const LeafNode& leaf) {
    require(leaf.credential.identity != bytes_of("mallory"), "5.3.1", "mallory is not welcome");
  };
  const auto join_or_process = [&](const Application& application) {
    static_cast<void>(party.view(1).process(message_of(commit), {}, application));
  };
  expect_refused("5.3.1", "mallory", [&] { join_or_process(strict); });
  expect_refused("5.3.1", "mallory",
                 [&] { static_cast<void>(Group::join(welcome_of(commit), mallory, strict)); });
  Application by_reference_only;
  by_reference_only.check_proposals = [](const ProposalList& list) {
    for (const auto& entry : list)
      require(entry.by_reference != nullptr, "12.2", "inline proposals are not welcome");
  };
  expect_refused("12.2", "inline", [&] { join_or_process(by_reference_only); });
  expect_refused("12.2", "inline",
                 [&] { static_cast<void>(party.view(0).commit({}, options, by_reference_only)); });
  join_or_process({});
}

TEST(mls_group, a_welcome_needs_its_tree_from_somewhere_and_the_right_one) {
  Party party(2);
  const OwnKeyPackage newcomer = party.add_person().key_package();
  CommitOptions options;
  options.by_value = {{Add{newcomer.key_package}}};
  const NewCommit commit = party.view(0).commit({}, options);
  const Group joined = Group::join(welcome_of(commit), newcomer);
  EXPECT_EQ(joined.epoch(), 2U);
  expect_refused("12.4.3.1", "not for our key package",
                 [&] { static_cast<void>(Group::join(welcome_of(commit), Person("other").key_package())); });
}

/// One random step after the other, by the gateway and by members, from a recorded seed.
class RandomParty {
 public:
  explicit RandomParty(std::uint32_t seed) : random_(seed), party_(1, gateway_.extensions()) {}

  void step() {
    const std::size_t committer = anybody();
    CommitOptions options;
    options.force_path = one_in(4);
    std::vector<PublicMessage> messages;
    std::map<std::size_t, PendingProposal> own_updates;
    std::vector<std::pair<std::size_t, OwnKeyPackage>> guests;
    const std::size_t adds = party_.views().size() > 40 ? 0 : below(one_in(5) ? 9 : 4);
    for (std::size_t i = 0; i < adds; ++i) {
      const std::size_t number = party_.people();
      guests.emplace_back(number, party_.add_person().key_package());
      offer({Add{guests.back().second.key_package}}, options, messages);
    }
    std::set<std::size_t> changed = {committer};
    for (std::size_t i = below(4); i > 0; --i) {
      const std::size_t victim = anybody();
      if (!changed.insert(victim).second) continue;
      if (one_in(3)) {
        OwnProposal update = party_.view(victim).propose_update();
        messages.push_back(body_of<PublicMessage>(encoded(update.message)));
        own_updates.emplace(victim, std::move(update.pending));
      } else {
        offer({Remove{party_.view(victim).own_leaf()}}, options, messages);
      }
    }
    commit_and_deliver(committer, options, messages, own_updates, guests);
    party_.expect_agreement();
  }

  [[nodiscard]] std::size_t largest() const { return largest_; }

 private:
  [[nodiscard]] std::size_t below(std::size_t n) { return random_() % n; }
  [[nodiscard]] bool one_in(std::size_t n) { return below(n) == 0; }
  [[nodiscard]] std::size_t anybody() {
    return std::next(party_.views().begin(), static_cast<std::ptrdiff_t>(below(party_.views().size())))
        ->first;
  }

  // Either inline in the Commit, or from the gateway, or from a member, by reference.
  void offer(Proposal proposal, CommitOptions& options, std::vector<PublicMessage>& messages) {
    switch (below(3)) {
      case 0:
        return options.by_value.push_back(std::move(proposal));
      case 1:
        return messages.push_back(gateway_.propose(party_.views().begin()->second, std::move(proposal)));
      default:
        messages.push_back(
            body_of<PublicMessage>(encoded(party_.view(anybody()).propose(std::move(proposal)).message)));
    }
  }

  PendingProposals seen_by(std::size_t i, const std::vector<PublicMessage>& messages,
                           std::map<std::size_t, PendingProposal>& own_updates) {
    PendingProposals pending;
    const auto own = own_updates.find(i);
    for (const PublicMessage& message : messages) {
      PendingProposal verified = party_.view(i).verify_proposal(message);
      const bool is_own = own != own_updates.end() && own->second.ref() == verified.ref();
      pending.add(is_own ? std::move(own->second) : std::move(verified));
    }
    return pending;
  }

  void commit_and_deliver(std::size_t committer, const CommitOptions& options,
                          const std::vector<PublicMessage>& messages,
                          std::map<std::size_t, PendingProposal>& own_updates,
                          const std::vector<std::pair<std::size_t, OwnKeyPackage>>& guests) {
    NewCommit commit = party_.view(committer).commit(seen_by(committer, messages, own_updates), options);
    const PublicMessage message = message_of(commit);
    for (std::size_t i = 0; i < party_.people(); ++i) {
      if (i == committer || party_.views().count(i) == 0) continue;
      auto next = party_.view(i).process(message, seen_by(i, messages, own_updates));
      if (auto* group = std::get_if<Group>(&next)) {
        party_.set_view(i, std::move(*group));
      } else {
        party_.forget(i);
      }
    }
    for (const auto& [i, own] : guests) party_.set_view(i, Group::join(welcome_of(commit), own));
    party_.set_view(committer, std::move(commit.next));
    largest_ = std::max(largest_, party_.views().size());
  }

  std::mt19937 random_;
  Gateway gateway_;
  Party party_;
  std::size_t largest_ = 1;
};

class mls_group_random : public testing::TestWithParam<std::uint32_t> {};

TEST_P(mls_group_random, everybody_agrees_after_every_epoch) {
  RandomParty party(GetParam());
  for (int i = 0; i < 45 && !HasFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    party.step();
  }
  EXPECT_GT(party.largest(), 10U);
}

INSTANTIATE_TEST_SUITE_P(seeds, mls_group_random, testing::Values(1U, 2U, 3U, 4U));

}  // namespace
}  // namespace vcplay::mls::test
