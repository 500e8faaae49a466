// Rules of RFC 9420 s12.2 and s12.4, on lists of proposals and on paths: each has somebody here who breaks it
// and is refused.
#include "words/mls_insider.hpp"

namespace vcplay::mls::test {
namespace {

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
