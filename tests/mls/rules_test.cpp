// Every validation rule of RFC 9420 s7.3, s12.1, s12.2 and s12.4.2 has somebody here who breaks it and is
// refused. The one who breaks them is a real member with real keys: its messages are authentic, only wrong.
#include "words/mls_words.hpp"

namespace vcplay::mls::test {
namespace {

/// A member at leaf 3 of a group of four who signs whatever it likes.
class Insider {
 public:
  Insider() : party_(3), person_("insider"), own_(person_.key_package()) {
    CommitOptions options;
    options.by_value = {{Add{own_.key_package}}};
    NewCommit commit = party_.view(0).commit({}, options);
    const auto welcome = decoded<Welcome>(*commit.welcome);
    const GroupSecrets secrets =
        decrypt_group_secrets(welcome, *welcome.find(own_.key_package.ref()), own_.init_key);
    party_.deliver(0, std::move(commit), {});
    epoch_ = EpochSecrets::derive(
        epoch_secret(secrets.joiner_secret.view(), zero_secret().view(), victim().context()).view());
  }

  [[nodiscard]] const Group& victim() const { return party_.view(1); }
  [[nodiscard]] LeafIndex leaf() const { return {3}; }
  [[nodiscard]] const OwnKeyPackage& own() const { return own_; }
  [[nodiscard]] const Person& person() const { return person_; }
  [[nodiscard]] const LeafNode& leaf_of_member(std::uint32_t i) const { return *victim().tree().leaf({i}); }

  template <typename Content>
  [[nodiscard]] PublicMessage forge(Content content) const {
    return forge_as(Sender::member(leaf()), std::move(content));
  }
  template <typename Content>
  [[nodiscard]] PublicMessage forge_as(Sender sender, Content content) const {
    const GroupContext& context = victim().context();
    FramedContent framed{context.group_id, context.epoch, sender, {}, std::move(content)};
    AuthenticatedContent message = sign_content(std::move(framed), own_.signature_key, context);
    if (message.content.template get<Commit>() != nullptr) message.auth.confirmation_tag = Bytes(32, 0);
    return protect(std::move(message), epoch_.membership_key.view(), context);
  }

  void commit(std::vector<Proposal> proposals, std::optional<UpdatePath> path = {}) const {
    Commit commit;
    for (Proposal& proposal : proposals) commit.proposals.push_back({std::move(proposal)});
    commit.path = std::move(path);
    static_cast<void>(victim().process(forge(std::move(commit)), {}));
  }
  void propose(Proposal proposal) const {
    static_cast<void>(victim().verify_proposal(forge(std::move(proposal))));
  }

  /// A path that would be valid with an empty list of proposals, if it told the secrets behind its keys.
  enum class Telling { the_truth, lies };
  [[nodiscard]] UpdatePath path(Telling telling = Telling::the_truth) const {
    RatchetTree tree = victim().tree();
    NewPath created = renew_path(tree, leaf(), kGroupId, own_.signature_key);
    if (telling == Telling::lies) {
      created.secrets = derive_path_secrets(created.nodes, crypto::random_secret(kHashBytes));
    }
    GroupContext context = victim().context();
    context.epoch += 1;
    context.tree_hash = tree.root_hash();
    return seal_path(tree, leaf(), created, encoded(context), {});
  }
  void sign(LeafNode& node) const { node.sign(own_.signature_key, {kGroupId, leaf()}); }

 private:
  Party party_;
  Person person_;
  OwnKeyPackage own_;
  EpochSecrets epoch_;
};

/// One insider for all tests of this file; it changes nothing.
const Insider& insider() {
  static const Insider insider;
  return insider;
}

Proposal add(const KeyPackage& key_package) { return {Add{key_package}}; }
Proposal remove_of(std::uint32_t leaf) { return {Remove{{leaf}}}; }
Proposal psk(Bytes nonce = Bytes(32, 1)) { return {PreSharedKey{{ExternalPskId{{1}}, std::move(nonce)}}}; }

// ── first of all: what is not broken gets as far as the confirmation tag, which the insider cannot know ──

TEST(mls_rules, a_commit_that_breaks_no_rule_fails_at_its_confirmation_tag_alone) {
  const std::string_view tag = "confirmation tag";
  expect_refused("12.4.2", tag, [] { insider().commit({}, insider().path()); });
  expect_refused("12.4.2", tag, [] { insider().commit({add(Person("new").key_package().key_package)}); });
}

// ── s6: framing ──

TEST(mls_rules, messages_of_other_groups_epochs_or_kinds) {
  PublicMessage other = insider().forge(remove_of(0));
  other.content.group_id.push_back(0);
  expect_refused("6", "another group", [&] { static_cast<void>(insider().victim().verify_proposal(other)); });
  other = insider().forge(remove_of(0));
  other.content.epoch += 1;
  expect_refused("12.4.2", "epoch 3", [&] { static_cast<void>(insider().victim().verify_proposal(other)); });
  expect_refused("12.1", "no proposal",
                 [] { static_cast<void>(insider().victim().verify_proposal(insider().forge(Commit{}))); });
  expect_refused("12.4", "no Commit",
                 [] { static_cast<void>(insider().victim().process(insider().forge(remove_of(0)), {})); });
}

TEST(mls_rules, senders_who_are_not_there_or_are_recognised_and_refused) {
  const auto commit_from = [](Sender sender) {
    return
        [sender] { static_cast<void>(insider().victim().process(insider().forge_as(sender, Commit{}), {})); };
  };
  expect_refused("6.1", "leaf that nobody is at", commit_from(Sender::member({4})));
  expect_refused("6.1", "leaf that nobody is at", commit_from(Sender::member({0xffffffff})));
  expect_refused("6.1", "external sender that the group does not know", commit_from(Sender::external(0)));
  expect_refused("12.4.3.2", "external Commit", commit_from({SenderType::new_member_commit, 0}));
  expect_refused("12.1.8", "outside the group", commit_from({SenderType::new_member_proposal, 0}));
  expect_refused("6.1", "signature",
                 commit_from(Sender::member({0})));  // the insider's signature, another's name
}

TEST(mls_rules, membership_tags_and_signatures) {
  PublicMessage message = insider().forge(remove_of(0));
  message.membership_tag[0] ^= 1;
  expect_refused("6.2", "membership tag",
                 [&] { static_cast<void>(insider().victim().verify_proposal(message)); });
  message = insider().forge(remove_of(0));
  message.membership_tag.clear();
  expect_refused("6.2", "membership tag",
                 [&] { static_cast<void>(insider().victim().verify_proposal(message)); });
}

TEST(mls_rules, an_external_sender_proposes_only_what_it_may_and_commits_nothing) {
  const Gateway gateway;
  const Gateway stranger;
  const Group group = Group::create(kGroupId, Person("ann").key_package(), gateway.extensions());
  const auto verify = [&](const Gateway& sender, Proposal proposal) {
    return [&group, &sender, proposal] {
      static_cast<void>(group.verify_proposal(sender.propose(group, proposal)));
    };
  };
  expect_refused("6.1", "signature", verify(stranger, remove_of(0)));
  expect_refused("12.1.8", "Update",
                 verify(gateway, {Update{Person("x").key_package().key_package.leaf_node}}));
  expect_refused("12.1.8", "ExternalInit", verify(gateway, {ExternalInit{}}));
  verify(gateway, psk())();
}

TEST(mls_rules, a_commit_that_comes_back_to_its_sender_is_known) {
  Party party(2);
  const NewCommit commit = party.view(0).commit({});
  expect_refused("12.4.2", "our own", [&] {
    static_cast<void>(party.view(0).process(body_of<PublicMessage>(commit.commit), {}));
  });
}

// ── s12.1: a proposal by itself ──

TEST(mls_rules, s10_1_key_packages) {
  const Person ann("ann");
  const OwnKeyPackage good = ann.key_package();
  const auto refused = [&](std::string_view section, std::string_view words, auto change,
                           bool sign_again = true) {
    KeyPackage bad = good.key_package;
    change(bad);
    if (sign_again) bad.leaf_node.sign(ann.signature_key(), {});
    if (sign_again) bad.sign(ann.signature_key());
    expect_refused(section, words, [&] { insider().propose(add(bad)); });
    expect_refused(section, words, [&] { insider().commit({add(bad)}); });
    expect_refused(section, words, [&] { validate_key_package(bad); });
  };
  refused("10.1", "cipher suite", [](KeyPackage& k) { k.cipher_suite = 1; });
  refused("10.1", "version", [](KeyPackage& k) { k.version = 2; });
  refused(
      "10.1", "signature", [](KeyPackage& k) { k.signature.back() ^= 1; }, false);
  refused("10.1", "one key", [](KeyPackage& k) { k.init_key = k.leaf_node.encryption_key; });
  refused("5.1.1", "P-256", [](KeyPackage& k) { k.init_key.back() ^= 1; });
  refused("5.1.1", "P-256", [](KeyPackage& k) { k.leaf_node.encryption_key.resize(33); });
  refused(
      "7.3", "signature", [](KeyPackage& k) { k.leaf_node.signature.back() ^= 1; }, false);
  refused("7.3", "somewhere else", [](KeyPackage& k) { k.leaf_node.source = FromUpdate{}; });
  refused("7.3", "somewhere else", [](KeyPackage& k) { k.leaf_node.source = FromCommit{}; });
  refused("7.3", "do not list", [](KeyPackage& k) { k.leaf_node.extensions.list = {{0xf000, {}}}; });
  refused("11.1", "mls10", [](KeyPackage& k) { k.leaf_node.capabilities.versions = {2}; });
  refused("11.1", "suite", [](KeyPackage& k) { k.leaf_node.capabilities.cipher_suites = {1}; });
  refused("7.2", "credential", [](KeyPackage& k) { k.leaf_node.capabilities.credentials = {2}; });
}

TEST(mls_rules, unknown_extensions_and_capabilities_are_ignored_where_the_rfc_says_so) {
  const Person ann("ann");
  LeafContents leaf = ann.leaf();
  leaf.capabilities.extensions = {0x0a0a, 0xf000};
  leaf.capabilities.proposals = {0x1a1a};
  leaf.capabilities.cipher_suites = {0x2a2a, kCipherSuite};
  leaf.capabilities.credentials = {0x3a3a, kBasicCredential};
  leaf.extensions.list = {{0xf000, {1}}};
  const Extensions beside{{{0x4a4a, {2}}}};
  insider().propose(add(make_key_package(leaf, ann.signature_key(), beside).key_package));
}

TEST(mls_rules, s12_1_2_updates) {
  const auto refused = [](std::string_view section, std::string_view words, auto change,
                          bool sign_again = true) {
    LeafNode leaf = insider().leaf_of_member(3);
    leaf.source = FromUpdate{};
    leaf.encryption_key = public_key_of(PrivateKey::generate());
    change(leaf);
    if (sign_again) insider().sign(leaf);
    expect_refused(section, words, [&] { insider().propose({Update{leaf}}); });
  };
  refused("7.3", "somewhere else", [](LeafNode& l) { l.source = Lifetime{}; });
  refused("7.3", "somewhere else", [](LeafNode& l) { l.source = FromCommit{}; });
  refused("7.3", "keeps its encryption key",
          [](LeafNode& l) { l.encryption_key = insider().leaf_of_member(3).encryption_key; });
  refused(
      "7.3", "signature", [](LeafNode&) {}, false);
  refused(
      "7.3", "signature",
      [](LeafNode& l) {
        l.sign(insider().own().signature_key, {kGroupId, {2}});
      },
      false);
  refused("7.3", "do not list", [](LeafNode& l) { l.extensions.list = {{0xf000, {}}}; });
  LeafNode good = insider().leaf_of_member(3);
  good.source = FromUpdate{};
  good.encryption_key = public_key_of(PrivateKey::generate());
  insider().sign(good);
  insider().propose({Update{good}});
}

TEST(mls_rules, s12_1_3_a_remove_names_a_member) {
  for (const std::uint32_t nobody : {4U, 7U, 0x80000000U, 0xffffffffU}) {
    expect_refused("12.1.3", "nobody", [&] { insider().propose(remove_of(nobody)); });
    expect_refused("12.1.3", "nobody", [&] { insider().commit({remove_of(nobody)}, insider().path()); });
  }
}

TEST(mls_rules, s12_1_4_psks_have_nonces_of_32_bytes_and_are_not_for_reinit_or_branch) {
  expect_refused("12.1.4", "32 bytes", [] { insider().commit({psk(Bytes(31, 1))}); });
  for (const auto usage : {ResumptionPskUsage::reinit, ResumptionPskUsage::branch}) {
    const PreSharedKeyId id{ResumptionPskId{usage, kGroupId, 1}, Bytes(32, 1)};
    expect_refused("12.1.4", "reinitialising", [&] { insider().propose({PreSharedKey{id}}); });
  }
  expect_refused("12.4.2", "do not have", [] { insider().commit({psk()}); });
}

TEST(mls_rules, s12_1_7_extensions_that_cannot_be_read) {
  const Extensions senders{{{extension_type::external_senders, {1}}}};
  EXPECT_THROW(insider().propose({GroupContextExtensions{senders}}), Refusal);
  const Extensions required{{{extension_type::required_capabilities, {1, 2, 3}}}};
  EXPECT_THROW(insider().propose({GroupContextExtensions{required}}), Refusal);
}

// ── s12.2: lists ──

TEST(mls_rules, s12_2_no_update_by_the_committer) {
  LeafNode leaf = insider().leaf_of_member(3);
  leaf.source = FromUpdate{};
  leaf.encryption_key = public_key_of(PrivateKey::generate());
  insider().sign(leaf);
  expect_refused("12.2", "own sender's Update",
                 [&] { insider().commit({{Update{leaf}}}, insider().path()); });
}

TEST(mls_rules, s12_2_no_remove_of_the_committer) {
  expect_refused("12.2", "removes its own sender",
                 [] { insider().commit({remove_of(3)}, insider().path()); });
  Party party(2);
  CommitOptions options;
  options.by_value = {remove_of(0)};
  expect_refused("12.2", "removes its own sender",
                 [&] { static_cast<void>(party.view(0).commit({}, options)); });
}

TEST(mls_rules, s12_2_one_change_for_each_leaf) {
  expect_refused("12.2", "one leaf twice", [] {
    insider().commit({remove_of(2), remove_of(2)}, insider().path());
  });
  Party party(3);
  OwnProposal update = party.view(2).propose_update();
  PendingProposals pending;
  pending.add(party.view(0).verify_proposal(body_of<PublicMessage>(encoded(update.message))));
  CommitOptions options;
  options.by_value = {remove_of(2)};
  expect_refused("12.2", "one leaf twice",
                 [&] { static_cast<void>(party.view(0).commit(pending, options)); });
}

TEST(mls_rules, s12_2_nobody_is_added_twice) {
  const Person ann("ann");
  const KeyPackage first = ann.key_package().key_package;
  const KeyPackage second = ann.key_package().key_package;
  expect_refused("12.2", "one client twice", [&] { insider().commit({add(first), add(second)}); });
}

TEST(mls_rules, s12_2_no_member_is_added_unless_it_is_removed) {
  const KeyPackage again = insider().person().key_package().key_package;
  expect_refused("12.2", "member already", [&] { insider().commit({add(again)}); });
  Party party(3);
  CommitOptions options;
  options.by_value = {remove_of(2), add(party.person(2).key_package().key_package)};
  EXPECT_EQ(party.view(0).commit({}, options).next.roster().size(), 3U);
}

TEST(mls_rules, s12_2_no_psk_twice) {
  expect_refused("12.2", "one PSK twice", [] { insider().commit({psk(), psk()}); });
  expect_refused("12.4.2", "do not have", [] { insider().commit({psk(), psk(Bytes(32, 2))}); });
}

TEST(mls_rules, s12_2_extensions_are_set_once) {
  const Proposal proposal{GroupContextExtensions{}};
  expect_refused("12.2", "extensions twice", [&] {
    insider().commit({proposal, proposal}, insider().path());
  });
}

TEST(mls_rules, s12_2_reinit_and_external_init) {
  expect_refused("12.2", "ReInit among other", [] { insider().commit({{ReInit{}}, psk()}); });
  expect_refused("11.2", "reinitialise", [] { insider().commit({{ReInit{}}}); });
  expect_refused("12.2", "ExternalInit", [] { insider().commit({{ExternalInit{}}}, insider().path()); });
}

TEST(mls_rules, s12_2_and_7_3_the_tree_that_results_is_valid) {
  const Person ann("ann");
  OwnKeyPackage own = ann.key_package();
  own.key_package.leaf_node.encryption_key = insider().leaf_of_member(0).encryption_key;
  own.key_package.leaf_node.sign(ann.signature_key(), {});
  own.key_package.sign(ann.signature_key());
  expect_refused("7.3", "one encryption key", [&] { insider().commit({add(own.key_package)}); });
}

TEST(mls_rules, s7_3_required_capabilities_and_s13_4_group_extensions) {
  const RequiredCapabilities needs{{0xf000}, {0xf001}, {}};
  const Extensions required{{{extension_type::required_capabilities, encoded(needs)}}};
  const Proposal require_more{GroupContextExtensions{required}};
  Party party(2);
  CommitOptions options;
  options.by_value = {require_more};
  expect_refused("7.3", "required capability", [&] { static_cast<void>(party.view(0).commit({}, options)); });
  options.by_value = {{GroupContextExtensions{{{{0xf000, {}}}}}}};
  expect_refused("13.4", "extension of the group",
                 [&] { static_cast<void>(party.view(0).commit({}, options)); });

  LeafContents able = Person("able").leaf();
  able.capabilities.extensions = {0xf000};
  able.capabilities.proposals = {0xf001};
  const Group group = Group::create(kGroupId, make_key_package(able, PrivateKey::generate()), required);
  options.by_value = {add(make_key_package(able, PrivateKey::generate()).key_package)};
  EXPECT_EQ(group.commit({}, options).next.roster().size(), 2U);
  options.by_value = {add(Person("unable").key_package().key_package)};
  expect_refused("7.3", "required capability", [&] { static_cast<void>(group.commit({}, options)); });
}

TEST(mls_rules, s12_4_references_are_to_proposals_that_were_seen_in_this_epoch) {
  Commit commit;
  commit.proposals.push_back({ProposalRef{Bytes(32, 1)}});
  expect_refused("12.4", "have not seen",
                 [&] { static_cast<void>(insider().victim().process(insider().forge(commit), {})); });
  Party party(3);
  PendingProposals stale;
  stale.add(party.view(0).verify_proposal(
      body_of<PublicMessage>(encoded(party.view(1).propose(remove_of(2)).message))));
  party.deliver(0, party.view(0).commit({}), {});
  expect_refused("12.4.1", "another epoch", [&] { static_cast<void>(party.view(0).commit(stale)); });
}

// ── s12.4: paths ──

TEST(mls_rules, s12_4_a_path_is_there_when_it_is_required) {
  expect_refused("12.4", "lacks the path", [] { insider().commit({}); });
  expect_refused("12.4", "lacks the path", [] { insider().commit({remove_of(0)}); });
  expect_refused("12.4", "lacks the path", [] { insider().commit({{GroupContextExtensions{}}}); });
}

TEST(mls_rules, s12_4_2_the_leaf_in_a_path) {
  const auto refused = [](std::string_view section, std::string_view words, auto change,
                          bool sign_again = true) {
    UpdatePath path = insider().path();
    change(path.leaf_node);
    if (sign_again) insider().sign(path.leaf_node);
    expect_refused(section, words, [&] { insider().commit({}, path); });
  };
  refused("7.3", "somewhere else", [](LeafNode& l) { l.source = FromUpdate{}; });
  refused("7.3", "keeps its encryption key",
          [](LeafNode& l) { l.encryption_key = insider().leaf_of_member(3).encryption_key; });
  refused(
      "7.3", "signature", [](LeafNode& l) { l.signature.back() ^= 1; }, false);
  refused("5.1.1", "P-256", [](LeafNode& l) { l.encryption_key = Bytes(65, 4); });
  refused("7.9.2", "parent hash", [](LeafNode& l) { l.source = FromCommit{Bytes(32, 9)}; });
  refused("12.4.2", "in the tree already",
          [](LeafNode& l) { l.encryption_key = insider().leaf_of_member(0).encryption_key; });
}

TEST(mls_rules, s12_4_2_the_keys_in_a_path_are_points_and_new) {
  UpdatePath path = insider().path();
  path.nodes[0].encryption_key = insider().leaf_of_member(0).encryption_key;
  expect_refused("12.4.2", "in the tree already", [&] { insider().commit({}, path); });
  path.nodes[0].encryption_key = path.nodes[1].encryption_key;
  expect_refused("12.4.2", "in the tree already", [&] { insider().commit({}, path); });
  path.nodes[0].encryption_key = Bytes(65, 4);
  expect_refused("5.1.1", "P-256", [&] { insider().commit({}, path); });
}

TEST(mls_rules, s7_6_the_shape_of_a_path) {
  UpdatePath path = insider().path();
  path.nodes.pop_back();
  expect_refused("7.6", "as many nodes", [&] { insider().commit({}, path); });
  path = insider().path();
  path.nodes[1].encrypted_path_secret.pop_back();
  expect_refused("7.6", "as many ciphertexts", [&] { insider().commit({}, path); });
  path = insider().path();
  path.nodes[0].encrypted_path_secret.clear();
  expect_refused("7.6", "as many ciphertexts", [&] { insider().commit({}, path); });
}

TEST(mls_rules, s7_5_a_path_secret_leads_to_the_keys_in_the_path) {
  UpdatePath path = insider().path();
  const UpdatePath other = insider().path();
  // Secrets of one path in another: they were encrypted in another context.
  path.nodes[1].encrypted_path_secret = other.nodes[1].encrypted_path_secret;
  expect_refused("5.1.3", "cannot be decrypted", [&] { insider().commit({}, path); });
  expect_refused("7.5", "does not lead to the public key",
                 [] { insider().commit({}, insider().path(Insider::Telling::lies)); });
}

}  // namespace
}  // namespace vcplay::mls::test
