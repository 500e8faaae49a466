// RFC 9420 s7.8 and s7.9: tree hashes and parent hashes.
#include <algorithm>

#include "mls/ratchet_tree.hpp"
#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

// NodeType on the wire.
constexpr std::uint8_t kLeaf = 1;
constexpr std::uint8_t kParent = 2;

// TreeHashInput with a LeafNodeHashInput.
crypto::Digest leaf_hash(LeafIndex index, const LeafNode* leaf) {
  Writer input;
  input.u8(kLeaf);
  input.u32(index.value);
  input.u8(leaf == nullptr ? 0 : 1);
  if (leaf != nullptr) leaf->write(input);
  return crypto::sha256(input.bytes());
}

// TreeHashInput with a ParentNodeHashInput.
crypto::Digest parent_node_hash(const ParentNode* parent, ByteView left_hash, ByteView right_hash) {
  Writer input;
  input.u8(kParent);
  input.u8(parent == nullptr ? 0 : 1);
  if (parent != nullptr) parent->write(input);
  input.opaque(left_hash);
  input.opaque(right_hash);
  return crypto::sha256(input.bytes());
}

bool any_below(NodeIndex index, const std::vector<LeafIndex>& leaves) {
  const auto first = std::lower_bound(leaves.begin(), leaves.end(), first_leaf_below(index));
  return first != leaves.end() && *first <= last_leaf_below(index);
}

}  // namespace

const crypto::Digest& RatchetTree::tree_hash(NodeIndex index) const {
  std::optional<crypto::Digest>& kept = hashes_[index.value];
  if (!kept) kept = compute_tree_hash(index);
  return *kept;
}

crypto::Digest RatchetTree::compute_tree_hash(NodeIndex index) const {
  if (is_leaf(index)) return leaf_hash(leaf_of(index), leaf(leaf_of(index)));
  return parent_node_hash(parent(index), tree_hash(*left(index)), tree_hash(*right(index)));
}

Bytes RatchetTree::root_hash() const {
  const crypto::Digest& hash = tree_hash(root(size()));
  return {hash.begin(), hash.end()};
}

// The tree hash as if the leaves in `gone` were blank and unmerged nowhere.
crypto::Digest RatchetTree::tree_hash_without(NodeIndex index, const std::vector<LeafIndex>& gone) const {
  // s7.9: where no leaf was blanked, the original tree hash is the one in the current tree.
  if (!any_below(index, gone)) return tree_hash(index);
  if (is_leaf(index)) return leaf_hash(leaf_of(index), nullptr);
  const crypto::Digest left_hash = tree_hash_without(*left(index), gone);
  const crypto::Digest right_hash = tree_hash_without(*right(index), gone);
  const ParentNode* const node = parent(index);
  if (node == nullptr) return parent_node_hash(nullptr, left_hash, right_hash);
  ParentNode original{node->encryption_key, node->parent_hash, {}};
  std::set_difference(node->unmerged_leaves.begin(), node->unmerged_leaves.end(), gone.begin(), gone.end(),
                      std::back_inserter(original.unmerged_leaves));
  return parent_node_hash(&original, left_hash, right_hash);
}

Bytes RatchetTree::parent_hash(NodeIndex index, NodeIndex copath_child) const {
  const ParentNode& node = *parent(index);
  Writer input;  // ParentHashInput
  input.opaque(node.encryption_key);
  input.opaque(node.parent_hash);
  input.opaque(tree_hash_without(copath_child, node.unmerged_leaves));
  const crypto::Digest hash = crypto::sha256(input.bytes());
  return {hash.begin(), hash.end()};
}

}  // namespace vcplay::mls
