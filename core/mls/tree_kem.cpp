#include "mls/tree_kem.hpp"

#include <algorithm>

#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

constexpr std::string_view kLabel = "UpdatePathNode";

// s7.5: whom a path secret is encrypted to: the copath child's resolution, without those who
// come with this Commit.
std::vector<NodeIndex> recipients(const RatchetTree& tree, NodeIndex copath_child,
                                  const NewLeaves& new_leaves) {
  std::vector<NodeIndex> nodes = tree.resolution(copath_child);
  std::erase_if(nodes, [&](NodeIndex node) { return is_leaf(node) && new_leaves.count(leaf_of(node)) > 0; });
  return nodes;
}

// Sets the keys of a path from the root down, each node with the parent hash of the next one above. Returns
// what the leaf's parent hash has to be.
template <typename KeyAt>
Bytes set_path(RatchetTree& tree, const std::vector<PathNode>& nodes, KeyAt key_at) {
  Bytes parent_hash;  // s7.9: zero-length at the root
  for (std::size_t i = nodes.size(); i-- > 0;) {
    tree.set_parent(nodes[i].node, {key_at(i), std::move(parent_hash), {}});
    parent_hash = tree.parent_hash(nodes[i].node, nodes[i].copath_child);
  }
  return parent_hash;
}

// Everything that a member learns has to be the private half of what the tree shows.
void expect_keys_in_tree(const RatchetTree& tree, const PathSecrets& secrets) {
  for (const PathStep& step : secrets.steps) {
    const HpkePublicKey* const shown = tree.encryption_key(step.node);
    require(shown != nullptr && *shown == public_key_of(step.key), "7.5",
            "a path secret does not lead to the public key of its node");
  }
}

}  // namespace

TreePrivateKeys::TreePrivateKeys(LeafIndex leaf, PrivateKey leaf_key) : leaf_(leaf) {
  set(node_of(leaf), std::move(leaf_key));
}

const PrivateKey* TreePrivateKeys::find(NodeIndex node) const noexcept {
  const auto found = keys_.find(node);
  return found == keys_.end() ? nullptr : &found->second;
}

void TreePrivateKeys::set(NodeIndex node, PrivateKey key) { keys_.insert_or_assign(node, std::move(key)); }

void TreePrivateKeys::forget_outdated(const RatchetTree& tree) {
  std::erase_if(keys_, [&](const auto& entry) {
    const HpkePublicKey* const shown = tree.encryption_key(entry.first);
    return shown == nullptr || *shown != public_key_of(entry.second);
  });
}

TreePrivateKeys TreePrivateKeys::duplicate() const {
  TreePrivateKeys copy(leaf_, find(node_of(leaf_))->duplicate());
  for (const auto& [node, key] : keys_) copy.set(node, key.duplicate());
  return copy;
}

const SecretBytes* PathSecrets::find(NodeIndex node) const noexcept {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const PathStep& s) { return s.node == node; });
  return found == steps.end() ? nullptr : &found->path_secret;
}

PathSecrets derive_path_secrets(std::span<const PathNode> nodes, SecretBytes first) {
  PathSecrets secrets;
  SecretBytes path_secret = std::move(first);
  for (const PathNode& node : nodes) {
    const SecretBytes node_secret = derive_secret(path_secret.view(), "node");
    SecretBytes next = derive_secret(path_secret.view(), "path");
    secrets.steps.push_back(
        {node.node, std::move(path_secret), crypto::hpke::derive_key_pair(node_secret.view())});
    path_secret = std::move(next);
  }
  secrets.commit_secret = std::move(path_secret);
  return secrets;
}

NewPath renew_path(RatchetTree& tree, LeafIndex own, ByteView group_id, const PrivateKey& signature_key) {
  std::vector<PathNode> nodes = tree.filtered_direct_path(own);
  PathSecrets secrets = derive_path_secrets(nodes, crypto::random_secret(kHashBytes));
  NewPath path{std::move(nodes), std::move(secrets), PrivateKey::generate()};

  tree.blank_direct_path(own);
  LeafNode leaf = *tree.leaf(own);
  leaf.source = FromCommit{
      set_path(tree, path.nodes, [&](std::size_t i) { return public_key_of(path.secrets.steps[i].key); })};
  leaf.encryption_key = public_key_of(path.leaf_key);
  leaf.signature_key = public_key_of(signature_key);
  leaf.sign(signature_key, {group_id, own});
  tree.set_leaf(own, std::move(leaf));
  return path;
}

UpdatePath seal_path(const RatchetTree& tree, LeafIndex own, const NewPath& path, ByteView group_context,
                     const NewLeaves& new_leaves) {
  const crypto::hpke::Info context = encrypt_context(kLabel, group_context);
  UpdatePath sealed{*tree.leaf(own), {}};
  for (std::size_t i = 0; i < path.nodes.size(); ++i) {
    UpdatePathNode node{*tree.encryption_key(path.nodes[i].node), {}};
    for (const NodeIndex recipient : recipients(tree, path.nodes[i].copath_child, new_leaves)) {
      node.encrypted_path_secret.push_back(encrypt_with_label(*tree.encryption_key(recipient), context,
                                                              path.secrets.steps[i].path_secret.view()));
    }
    sealed.nodes.push_back(std::move(node));
  }
  return sealed;
}

void merge_path(RatchetTree& tree, LeafIndex sender, const UpdatePath& path) {
  const std::vector<PathNode> nodes = tree.filtered_direct_path(sender);
  // s7.6: the nodes are those of the filtered direct path, in its order.
  require(path.nodes.size() == nodes.size(), "7.6",
          "a path has not as many nodes as the sender's direct path");
  tree.blank_direct_path(sender);
  const Bytes parent_hash =
      set_path(tree, nodes, [&](std::size_t i) { return path.nodes[i].encryption_key; });
  // s7.9.2: the committer's leaf carries the parent hash that its path results in.
  const Bytes* const claimed = path.leaf_node.parent_hash();
  require(claimed != nullptr && *claimed == parent_hash, "7.9.2", "a path's leaf has the wrong parent hash");
  tree.set_leaf(sender, path.leaf_node);
}

PathSecrets open_path(const RatchetTree& tree, const TreePrivateKeys& own, LeafIndex sender,
                      const UpdatePath& path, ByteView group_context, const NewLeaves& new_leaves) {
  const std::vector<PathNode> nodes = tree.filtered_direct_path(sender);
  const auto ours = std::find_if(nodes.begin(), nodes.end(),
                                 [&](const PathNode& n) { return is_below(own.leaf(), n.copath_child); });
  require(ours != nodes.end(), "7.5", "a path does not reach us");
  const UpdatePathNode* for_us = nullptr;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::size_t count = recipients(tree, nodes[i].copath_child, new_leaves).size();
    // s7.6: one ciphertext for each node of the resolution.
    require(path.nodes[i].encrypted_path_secret.size() == count, "7.6",
            "a path node has not as many ciphertexts as its copath child resolves to nodes");
    if (nodes[i].node == ours->node) for_us = &path.nodes[i];
  }
  const std::vector<NodeIndex> readers = recipients(tree, ours->copath_child, new_leaves);
  const auto reader =
      std::find_if(readers.begin(), readers.end(), [&](NodeIndex n) { return own.find(n) != nullptr; });
  require(reader != readers.end(), "7.5", "a path has no ciphertext that we can decrypt");
  const auto place = static_cast<std::size_t>(reader - readers.begin());
  SecretBytes path_secret = decrypt_with_label(*own.find(*reader), encrypt_context(kLabel, group_context),
                                               for_us->encrypted_path_secret[place]);
  PathSecrets secrets = derive_path_secrets({ours, nodes.end()}, std::move(path_secret));
  expect_keys_in_tree(tree, secrets);
  return secrets;
}

PathSecrets implant_path_secret(const RatchetTree& tree, LeafIndex own, LeafIndex sender,
                                SecretBytes path_secret) {
  const std::vector<PathNode> nodes = tree.filtered_direct_path(sender);
  const NodeIndex ancestor = common_ancestor(own, sender);
  const auto first =
      std::find_if(nodes.begin(), nodes.end(), [&](const PathNode& n) { return n.node == ancestor; });
  require(own != sender && first != nodes.end(), "12.4.3.1",
          "a Welcome's path secret is for no node above us");
  PathSecrets secrets = derive_path_secrets({first, nodes.end()}, std::move(path_secret));
  expect_keys_in_tree(tree, secrets);
  return secrets;
}

}  // namespace vcplay::mls
