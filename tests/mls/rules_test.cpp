// Rules of RFC 9420 s6, s7.3 and s12.1: each has somebody here who breaks it and is refused. The one who
// breaks them is a real member with real keys: its messages are authentic, only wrong.
#include "words/mls_insider.hpp"

namespace vcplay::mls::test {
namespace {

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

}  // namespace
}  // namespace vcplay::mls::test
