// What a newcomer checks before it believes a Welcome: RFC 9420 s12.4.3.1 and s7.9.2. The Welcomes here come
// from a member who signs whatever it likes.
#include <functional>

#include "mls/leaf_rules.hpp"
#include "mls/tree_validation.hpp"
#include "words/mls_words.hpp"

namespace vcplay::mls::test {
namespace {

/// Four members, one of whom has committed a path, then a newcomer: a tree with keys and an unmerged leaf.
class Invitation {
 public:
  Invitation() : party_(5), newcomer_(Person("newcomer").key_package()) {
    party_.deliver(0, party_.view(0).commit({}), {});
    party_.deliver(4, party_.view(4).commit({}), {});
    CommitOptions options;
    options.by_value = {{Add{newcomer_.key_package}}};
    const NewCommit commit = party_.view(0).commit({}, options);
    welcome_ = decoded<Welcome>(*commit.welcome);
    secrets_ =
        decrypt_group_secrets(welcome_, *welcome_.find(newcomer_.key_package.ref()), newcomer_.init_key);
  }

  [[nodiscard]] const OwnKeyPackage& newcomer() const { return newcomer_; }
  [[nodiscard]] GroupInfo info() const {
    return decrypt_group_info(welcome_.encrypted_group_info, key().view());
  }
  [[nodiscard]] RatchetTree tree() const {
    return decoded<RatchetTree>(*info().extensions.find(extension_type::ratchet_tree));
  }

  /// Joins by a Welcome that member 0 signed after `change`.
  void join_after(const std::function<void(GroupInfo&)>& change, bool sign_again = true) const {
    GroupInfo changed = info();
    change(changed);
    if (sign_again) changed.sign(party_.person(0).signature_key());
    Welcome forged;
    forged.encrypted_group_info = encrypt_group_info(changed, key().view());
    forged.secrets.push_back(encrypt_group_secrets(secrets_, newcomer_.key_package,
                                                   group_secrets_context(forged.encrypted_group_info)));
    static_cast<void>(Group::join(forged, newcomer_));
  }
  /// The same with another tree, whose hash the group info has as well.
  void join_tree(const RatchetTree& tree) const {
    join_after([&](GroupInfo& info) {
      info.extensions.list = {{extension_type::ratchet_tree, encoded(tree)}};
      info.group_context.tree_hash = tree.root_hash();
    });
  }

 private:
  [[nodiscard]] SecretBytes key() const {
    return welcome_secret(secrets_.joiner_secret.view(), zero_secret().view());
  }

  Party party_;
  OwnKeyPackage newcomer_;
  Welcome welcome_;
  GroupSecrets secrets_;
};

const Invitation& invitation() {
  static const Invitation invitation;
  return invitation;
}

// In a tree of eight: the root, which has everybody's key, and the subtree of the first four.
constexpr NodeIndex kRoot{7};
constexpr NodeIndex kFirstFour{3};

TEST(mls_join_rules, an_untouched_invitation_is_accepted) {
  invitation().join_after([](GroupInfo&) {});
  invitation().join_tree(invitation().tree());
  EXPECT_EQ(invitation().tree().parent(kRoot)->unmerged_leaves, std::vector<LeafIndex>{{5}});
}

TEST(mls_join_rules, the_group_info_is_signed_by_a_member) {
  expect_refused("12.4.3.1", "signature",
                 [] { invitation().join_after([](GroupInfo& i) { i.group_context.epoch += 1; }, false); });
  expect_refused("12.4.3.1", "signature",
                 [] { invitation().join_after([](GroupInfo& i) { i.signer = {1}; }); });
  expect_refused("12.4.3.1", "nobody", [] { invitation().join_after([](GroupInfo& i) { i.signer = {7}; }); });
  expect_refused("12.4.3.1", "nobody",
                 [] { invitation().join_after([](GroupInfo& i) { i.signer = {0x80000000}; }); });
}

TEST(mls_join_rules, version_suite_and_confirmation_tag_are_the_groups) {
  expect_refused("12.4.3.1", "suite",
                 [] { invitation().join_after([](auto& i) { i.group_context.cipher_suite = 1; }); });
  expect_refused("12.4.3.1", "version",
                 [] { invitation().join_after([](auto& i) { i.group_context.version = 2; }); });
  expect_refused("12.4.3.1", "confirmation tag",
                 [] { invitation().join_after([](auto& i) { i.confirmation_tag[0] ^= 1; }); });
  expect_refused("12.4.3.1", "confirmation tag",
                 [] { invitation().join_after([](auto& i) { i.group_context.epoch += 1; }); });
}

TEST(mls_join_rules, the_tree_is_there_and_has_the_groups_hash) {
  expect_refused("12.4.3.1", "without its ratchet tree",
                 [] { invitation().join_after([](GroupInfo& i) { i.extensions.list.clear(); }); });
  expect_refused("12.4.3.1", "tree hash",
                 [] { invitation().join_after([](GroupInfo& i) { i.group_context.tree_hash[0] ^= 1; }); });
}

TEST(mls_join_rules, the_groups_extensions_are_ones_that_we_support) {
  expect_refused("13.4", "extension of the group", [] {
    invitation().join_after([](GroupInfo& i) { i.group_context.extensions.list.push_back({0xf000, {}}); });
  });
  invitation().join_after([](GroupInfo& i) { i.extensions.list.push_back({0xf000, {}}); });
}

TEST(mls_join_rules, our_leaf_is_in_the_tree) {
  RatchetTree tree = invitation().tree();
  tree.remove({5});
  expect_refused("12.4.3.1", "our leaf", [&] { invitation().join_tree(tree); });
}

TEST(mls_join_rules, s7_9_2_parent_hashes) {
  RatchetTree tree = invitation().tree();
  ParentNode root_node = *tree.parent(kRoot);
  root_node.encryption_key = public_key_of(PrivateKey::generate());
  tree.set_parent(kRoot, root_node);
  expect_refused("7.9.2", "parent hash", [&] { invitation().join_tree(tree); });

  tree = invitation().tree();
  ParentNode invented;
  invented.encryption_key = public_key_of(PrivateKey::generate());
  tree.set_parent({5}, invented);  // above leaves 2 and 3, where nobody put a key
  expect_refused("7.9.2", "parent hash", [&] { invitation().join_tree(tree); });
}

TEST(mls_join_rules, s12_4_3_1_unmerged_leaves_are_members_below_the_node) {
  for (const LeafIndex nobody : {LeafIndex{6}, LeafIndex{0x80000005}}) {
    RatchetTree tree = invitation().tree();
    ParentNode node = *tree.parent(kRoot);
    node.unmerged_leaves = {{5}, nobody};
    tree.set_parent(kRoot, node);
    expect_refused("12.4.3.1", "blank or not below", [&] { invitation().join_tree(tree); });
  }
  RatchetTree tree = invitation().tree();
  ParentNode node = *tree.parent(kFirstFour);
  node.unmerged_leaves = {{5}};
  tree.set_parent(kFirstFour, node);
  expect_refused("12.4.3.1", "blank or not below", [&] { invitation().join_tree(tree); });
}

TEST(mls_join_rules, s12_4_3_1_an_unmerged_leaf_is_unmerged_all_the_way_up) {
  RatchetTree tree = invitation().tree();
  ParentNode node = *tree.parent(kRoot);
  node.unmerged_leaves = {{1}, {5}};  // but not at the node of the first four
  tree.set_parent(kRoot, node);
  expect_refused("12.4.3.1", "not at one below", [&] { invitation().join_tree(tree); });
}

TEST(mls_join_rules, s12_4_3_1_keys_of_parents_are_points_and_appear_once) {
  RatchetTree tree = invitation().tree();
  ParentNode node = *tree.parent(kRoot);
  node.encryption_key = tree.parent(kFirstFour)->encryption_key;
  tree.set_parent(kRoot, node);
  expect_refused("12.4.3.1", "one encryption key", [&] { tree_rules::parent_keys_are_unique(tree); });
  node.encryption_key = tree.leaf({2})->encryption_key;
  tree.set_parent(kRoot, node);
  expect_refused("12.4.3.1", "one encryption key", [&] { tree_rules::parent_keys_are_unique(tree); });
  node.encryption_key = Bytes(65, 4);
  tree.set_parent(kRoot, node);
  expect_refused("5.1.1", "P-256", [&] { tree_rules::parent_keys_are_points(tree); });
}

TEST(mls_join_rules, s7_3_leaves_have_valid_signatures_and_keys_of_their_own) {
  RatchetTree tree = invitation().tree();
  LeafNode leaf = *tree.leaf({1});
  leaf.credential.identity = bytes_of("somebody else");
  tree.set_leaf({1}, leaf);
  expect_refused("7.3", "signature", [&] { tree_rules::leaves_are_valid(tree, kGroupId); });
  EXPECT_ANY_THROW(invitation().join_tree(tree));

  leaf = *tree.leaf({1});
  leaf.signature_key = tree.leaf({2})->signature_key;
  tree.set_leaf({1}, leaf);
  expect_refused("7.3", "one signature key", [&] { leaf_rules::keys_are_unique(tree); });
  leaf = *invitation().tree().leaf({1});
  leaf.encryption_key = tree.leaf({2})->encryption_key;
  tree.set_leaf({1}, leaf);
  expect_refused("7.3", "one encryption key", [&] { leaf_rules::keys_are_unique(tree); });
  leaf.capabilities.credentials = {2};
  tree.set_leaf({1}, leaf);
  expect_refused("7.3", "credential type", [&] { leaf_rules::credential_types_are_supported_by_all(tree); });
}

TEST(mls_join_rules, a_leaf_that_moved_within_the_tree_no_longer_fits_its_signature) {
  RatchetTree tree = invitation().tree();
  const LeafNode committed = *tree.leaf({4});
  ASSERT_NE(committed.parent_hash(), nullptr);
  EXPECT_TRUE(committed.signature_is_valid({kGroupId, {4}}));
  EXPECT_FALSE(committed.signature_is_valid({kGroupId, {3}}));
  EXPECT_FALSE(committed.signature_is_valid({{}, {4}}));
}

TEST(mls_join_rules, a_welcome_of_another_suite) {
  Welcome welcome;
  welcome.cipher_suite = 1;
  expect_refused("12.4.3.1", "suite",
                 [&] { static_cast<void>(Group::join(welcome, invitation().newcomer())); });
}

}  // namespace
}  // namespace vcplay::mls::test
