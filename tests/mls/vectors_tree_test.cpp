// Official vectors: ratchet trees, TreeKEM, Welcomes and clients that follow a group.
#include <map>

#include "mls/leaf_rules.hpp"
#include "mls/tree_validation.hpp"
#include "words/mls_vectors.hpp"

namespace vcplay::mls::vectors {
namespace {

Bytes tree_hash_of(const RatchetTree& tree, NodeIndex node) {
  const crypto::Digest& hash = tree.tree_hash(node);
  return {hash.begin(), hash.end()};
}

TEST(mls_vectors, tree_operations) {
  VCPLAY_NEEDS_MLS_VECTORS();
  // The keys in these trees are opaque and the hash is SHA-256 in suite 1 as in ours.
  for_each_entry(kTreeOperations, Suites::any, [](const Json& entry) {
    auto tree = decoded<RatchetTree>(hex(entry["tree_before"]));
    EXPECT_EQ(tree.root_hash(), hex(entry["tree_hash_before"]));
    const auto proposal = decoded<Proposal>(hex(entry["proposal"]));
    if (const auto* add = proposal.get<Add>()) tree.add(add->key_package.leaf_node);
    if (const auto* remove = proposal.get<Remove>()) tree.remove(remove->removed);
    if (const auto* update = proposal.get<Update>()) {
      tree.update({entry["proposal_sender"].get<std::uint32_t>()}, update->leaf_node);
    }
    EXPECT_EQ(encoded(tree), hex(entry["tree_after"]));
    EXPECT_EQ(tree.root_hash(), hex(entry["tree_hash_after"]));
  });
}

TEST(mls_vectors, tree_validation) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kTreeValidation, Suites::ours_only, [](const Json& entry) {
    const auto tree = decoded<RatchetTree>(hex(entry["tree"]));
    EXPECT_EQ(encoded(tree), hex(entry["tree"]));
    ASSERT_EQ(entry["tree_hashes"].size(), node_width(tree.size()));
    ASSERT_EQ(entry["resolutions"].size(), node_width(tree.size()));
    for (NodeIndex node{0}; node.value < node_width(tree.size()); ++node.value) {
      EXPECT_EQ(tree_hash_of(tree, node), hex(entry["tree_hashes"][node.value]));
      Json resolution = Json::array();
      for (const NodeIndex resolved : tree.resolution(node)) resolution.push_back(resolved.value);
      EXPECT_EQ(resolution, entry["resolutions"][node.value]);
    }
    tree_rules::unmerged_leaves_are_valid(tree);
    tree_rules::parent_hashes_are_valid(tree);
    tree_rules::parent_keys_are_points(tree);
    tree_rules::parent_keys_are_unique(tree);
    tree_rules::leaves_are_valid(tree, hex(entry["group_id"]));
    leaf_rules::all_fit_group(tree, {});
  });
}

struct PrivateLeaf {
  TreePrivateKeys keys;
  PrivateKey signature_key;
};

std::vector<PrivateLeaf> private_leaves(const Json& entry, const RatchetTree& tree) {
  std::vector<PrivateLeaf> leaves;
  for (const Json& v : entry["leaves_private"]) {
    TreePrivateKeys keys({v["index"].get<std::uint32_t>()}, private_key(v["encryption_priv"]));
    EXPECT_EQ(*tree.encryption_key(node_of(keys.leaf())), public_key_of(*keys.find(node_of(keys.leaf()))));
    for (const Json& secret : v["path_secrets"]) {
      const PathNode node{{secret["node"].get<std::uint32_t>()}, {}};
      PathSecrets derived = derive_path_secrets({&node, 1}, SecretBytes(hex(secret["path_secret"])));
      EXPECT_EQ(*tree.encryption_key(node.node), public_key_of(derived.steps[0].key));
      keys.set(node.node, std::move(derived.steps[0].key));
    }
    leaves.push_back({std::move(keys), private_key(v["signature_priv"])});
  }
  return leaves;
}

GroupContext context_of(const Json& entry, const RatchetTree& tree) {
  GroupContext context;
  context.group_id = hex(entry["group_id"]);
  context.epoch = entry["epoch"].get<std::uint64_t>();
  context.confirmed_transcript_hash = hex(entry["confirmed_transcript_hash"]);
  context.tree_hash = tree.root_hash();
  return context;
}

void check_their_path(const Json& entry, const Json& v, const RatchetTree& before,
                      const std::vector<PrivateLeaf>& leaves) {
  const LeafIndex sender{v["sender"].get<std::uint32_t>()};
  const auto path = decoded<UpdatePath>(hex(v["update_path"]));
  EXPECT_EQ(encoded(path), hex(v["update_path"]));
  RatchetTree tree = before;
  merge_path(tree, sender, path);
  EXPECT_EQ(tree.root_hash(), hex(v["tree_hash_after"]));
  const Bytes context = encoded(context_of(entry, tree));
  for (const PrivateLeaf& leaf : leaves) {
    if (leaf.keys.leaf() == sender) continue;
    const PathSecrets secrets = open_path(tree, leaf.keys, sender, path, context, {});
    EXPECT_EQ(bytes_of(secrets.commit_secret), hex(v["commit_secret"]));
    EXPECT_EQ(bytes_of(secrets.steps.front().path_secret), hex(v["path_secrets"][leaf.keys.leaf().value]));
  }
}

void check_our_path(const Json& entry, LeafIndex sender, const RatchetTree& before,
                    const std::vector<PrivateLeaf>& leaves) {
  const auto self =
      std::find_if(leaves.begin(), leaves.end(), [&](const auto& l) { return l.keys.leaf() == sender; });
  ASSERT_NE(self, leaves.end());
  RatchetTree ours = before;
  const NewPath created = renew_path(ours, sender, hex(entry["group_id"]), self->signature_key);
  const Bytes context = encoded(context_of(entry, ours));
  const UpdatePath path = seal_path(ours, sender, created, context, {});
  RatchetTree theirs = before;
  merge_path(theirs, sender, path);
  EXPECT_EQ(theirs.root_hash(), ours.root_hash());
  for (const PrivateLeaf& leaf : leaves) {
    if (leaf.keys.leaf() == sender) continue;
    EXPECT_EQ(bytes_of(open_path(theirs, leaf.keys, sender, path, context, {}).commit_secret),
              bytes_of(created.secrets.commit_secret));
  }
}

TEST(mls_vectors, treekem) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kTreeKem, Suites::ours_only, [](const Json& entry) {
    const auto tree = decoded<RatchetTree>(hex(entry["ratchet_tree"]));
    const std::vector<PrivateLeaf> leaves = private_leaves(entry, tree);
    for (const Json& v : entry["update_paths"]) {
      check_their_path(entry, v, tree, leaves);
      check_our_path(entry, {v["sender"].get<std::uint32_t>()}, tree, leaves);
    }
  });
}

TEST(mls_vectors, welcome) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kWelcome, Suites::ours_only, [](const Json& entry) {
    const auto key_package = from_message<KeyPackage>(entry["key_package"]);
    const auto welcome = from_message<Welcome>(entry["welcome"]);
    const EncryptedGroupSecrets* const secret = welcome.find(key_package.ref());
    ASSERT_NE(secret, nullptr);
    const GroupSecrets secrets = decrypt_group_secrets(welcome, *secret, private_key(entry["init_priv"]));
    ASSERT_TRUE(secrets.psks.empty());
    const SecretBytes key = welcome_secret(secrets.joiner_secret.view(), zero_secret().view());
    const GroupInfo info = decrypt_group_info(welcome.encrypted_group_info, key.view());
    EXPECT_TRUE(info.signature_is_valid(hex(entry["signer_pub"])));
    const EpochSecrets epoch = EpochSecrets::derive(
        epoch_secret(secrets.joiner_secret.view(), zero_secret().view(), info.group_context).view());
    EXPECT_EQ(confirmation_tag(epoch, info.group_context.confirmed_transcript_hash), info.confirmation_tag);
  });
}

/// The keys that a passive client may be asked for: external ones of its vector, and its own epochs'.
class PskStore {
 public:
  explicit PskStore(const Json& external) {
    for (const Json& v : external) external_[hex(v["psk_id"])] = hex(v["psk"]);
  }
  void remember(const Group& group) { epochs_[group.epoch()] = bytes_of(group.resumption_psk()); }

  [[nodiscard]] std::optional<SecretBytes> find(const PreSharedKeyId& id) const {
    if (const auto* external = std::get_if<ExternalPskId>(&id.psk)) return find_in(external_, external->id);
    return find_in(epochs_, std::get<ResumptionPskId>(id.psk).epoch);
  }

 private:
  template <typename Map, typename Key>
  static std::optional<SecretBytes> find_in(const Map& map, const Key& key) {
    const auto found = map.find(key);
    if (found == map.end()) return std::nullopt;
    return SecretBytes(ByteView(found->second));
  }
  std::map<Bytes, Bytes> external_;
  std::map<std::uint64_t, Bytes> epochs_;
};

OwnKeyPackage own_key_package(const Json& entry) {
  OwnKeyPackage own{from_message<KeyPackage>(entry["key_package"]), private_key(entry["init_priv"]),
                    private_key(entry["encryption_priv"]), private_key(entry["signature_priv"])};
  EXPECT_EQ(public_key_of(own.init_key), own.key_package.init_key);
  EXPECT_EQ(public_key_of(own.leaf_key), own.key_package.leaf_node.encryption_key);
  EXPECT_EQ(public_key_of(own.signature_key), own.key_package.leaf_node.signature_key);
  return own;
}

Bytes authenticator_of(const Group& group) {
  return {group.epoch_authenticator().begin(), group.epoch_authenticator().end()};
}

void follow(const Json& entry) {
  PskStore psks(entry["external_psks"]);
  Application application;
  application.find_psk = [&](const PreSharedKeyId& id) { return psks.find(id); };
  std::optional<RatchetTree> tree;
  if (!entry["ratchet_tree"].is_null()) tree = decoded<RatchetTree>(hex(entry["ratchet_tree"]));
  Group group = Group::join(from_message<Welcome>(entry["welcome"]), own_key_package(entry), application,
                            std::move(tree));
  EXPECT_EQ(authenticator_of(group), hex(entry["initial_epoch_authenticator"]));
  for (const Json& v : entry["epochs"]) {
    SCOPED_TRACE("epoch " + std::to_string(group.epoch()));
    psks.remember(group);
    PendingProposals pending;
    for (const Json& message : v["proposals"]) {
      pending.add(group.verify_proposal(from_message<PublicMessage>(message), application));
    }
    auto next = group.process(from_message<PublicMessage>(v["commit"]), pending, application);
    ASSERT_TRUE(std::holds_alternative<Group>(next));
    group = std::move(std::get<Group>(next));
    EXPECT_EQ(authenticator_of(group), hex(v["epoch_authenticator"]));
  }
}

TEST(mls_vectors, passive_clients) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kPassiveClient, Suites::ours_only, follow);
}

}  // namespace
}  // namespace vcplay::mls::vectors
