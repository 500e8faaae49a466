#include "mls/ratchet_tree.hpp"

#include <algorithm>
#include <bit>

#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

// A blank node is one byte on the wire and many in memory. This is far more than any voice channel has seats.
constexpr std::size_t kMaxLeaves = 16384;

// NodeType on the wire.
constexpr std::uint8_t kLeaf = 1;
constexpr std::uint8_t kParent = 2;

}  // namespace

void ParentNode::write(Writer& out) const {
  out.opaque(encryption_key);
  out.opaque(parent_hash);
  Writer leaves;
  for (const LeafIndex leaf : unmerged_leaves) leaves.u32(leaf.value);
  out.opaque(leaves.bytes());
}

ParentNode ParentNode::read(Reader& in) {
  ParentNode node;
  node.encryption_key = in.opaque_copy();
  node.parent_hash = in.opaque_copy();
  for (Reader items = in.vector(); !items.done();) {
    const LeafIndex leaf{items.u32()};
    // s7.1: sorted in increasing order.
    if (!node.unmerged_leaves.empty() && leaf <= node.unmerged_leaves.back()) {
      refuse_malformed("7.1", "a parent node's unmerged leaves are not in increasing order");
    }
    node.unmerged_leaves.push_back(leaf);
  }
  return node;
}

RatchetTree::RatchetTree(LeafNode leaf)
    : leaves_{std::make_shared<const LeafNode>(std::move(leaf))}, hashes_(1) {}

void RatchetTree::write(Writer& out) const {
  // s12.4.3.3: no blank nodes behind the last one that is not blank.
  std::uint32_t count = node_width(size());
  while (count > 0 && is_blank({count - 1})) --count;
  Writer nodes;
  for (NodeIndex index{0}; index.value < count; ++index.value) {
    nodes.u8(is_blank(index) ? 0 : 1);
    if (const LeafNode* leaf = is_leaf(index) ? this->leaf(leaf_of(index)) : nullptr) {
      nodes.u8(kLeaf);
      leaf->write(nodes);
    } else if (const ParentNode* parent = this->parent(index)) {
      nodes.u8(kParent);
      parent->write(nodes);
    }
  }
  out.opaque(nodes.bytes());
}

RatchetTree RatchetTree::read(Reader& in) {
  RatchetTree tree;
  bool last_is_blank = true;
  std::size_t count = 0;
  for (Reader items = in.vector(); !items.done(); ++count) {
    if (count == 2 * kMaxLeaves - 1)
      refuse_unsupported("12.4.3.3", "a ratchet tree has more than 16384 leaves");
    const bool at_leaf = count % 2 == 0;
    last_is_blank = !items.present();
    if (at_leaf) {
      tree.leaves_.emplace_back();
    } else {
      tree.parents_.emplace_back();
    }
    if (last_is_blank) continue;
    // Leaves are at the even places, parents at the odd ones.
    if (items.u8() != (at_leaf ? kLeaf : kParent))
      refuse_malformed("12.4.3.3", "a ratchet tree is out of order");
    if (at_leaf) {
      tree.leaves_.back() = std::make_shared<const LeafNode>(LeafNode::read(items));
    } else {
      tree.parents_.back() = std::make_shared<const ParentNode>(ParentNode::read(items));
    }
  }
  if (last_is_blank) refuse_malformed("12.4.3.3", "a ratchet tree is empty or ends with a blank node");
  // Extended to the right until it is full: 2^d leaves, 2^(d+1) - 1 nodes.
  tree.leaves_.resize(std::bit_ceil(count / 2 + 1));
  tree.parents_.resize(tree.leaves_.size() - 1);
  tree.hashes_.resize(node_width(tree.size()));
  return tree;
}

const LeafNode* RatchetTree::leaf(LeafIndex index) const noexcept {
  return index.value < leaves_.size() ? leaves_[index.value].get() : nullptr;
}

const ParentNode* RatchetTree::parent(NodeIndex index) const noexcept {
  return !is_leaf(index) && index.value / 2 < parents_.size() ? parents_[index.value / 2].get() : nullptr;
}

bool RatchetTree::is_blank(NodeIndex index) const noexcept { return encryption_key(index) == nullptr; }

const HpkePublicKey* RatchetTree::encryption_key(NodeIndex index) const noexcept {
  if (is_leaf(index)) {
    const LeafNode* const node = leaf(leaf_of(index));
    return node == nullptr ? nullptr : &node->encryption_key;
  }
  const ParentNode* const node = parent(index);
  return node == nullptr ? nullptr : &node->encryption_key;
}

std::vector<LeafIndex> RatchetTree::members() const {
  std::vector<LeafIndex> members;
  for (LeafIndex index{0}; index.value < leaves_.size(); ++index.value) {
    if (leaf(index) != nullptr) members.push_back(index);
  }
  return members;
}

LeafIndex RatchetTree::add(LeafNode leaf) {
  // s12.1.1: the leftmost empty leaf, or the first of a tree extended to the right.
  const auto empty = std::find(leaves_.begin(), leaves_.end(), nullptr);
  const LeafIndex index{static_cast<std::uint32_t>(empty - leaves_.begin())};
  if (empty == leaves_.end()) extend();
  // Every node above that has a key lists the newcomer as unmerged.
  for (const NodeIndex above : direct_path(node_of(index), size())) {
    const ParentNode* const node = parent(above);
    if (node == nullptr) continue;
    ParentNode changed = *node;
    auto& unmerged = changed.unmerged_leaves;
    unmerged.insert(std::lower_bound(unmerged.begin(), unmerged.end(), index), index);
    set_parent(above, std::move(changed));
  }
  set_leaf(index, std::move(leaf));
  return index;
}

void RatchetTree::update(LeafIndex index, LeafNode leaf) {
  // s12.1.2.
  set_leaf(index, std::move(leaf));
  blank_direct_path(index);
}

void RatchetTree::remove(LeafIndex index) {
  // s12.1.3.
  blank(node_of(index));
  blank_direct_path(index);
  truncate();
}

void RatchetTree::blank_direct_path(LeafIndex index) {
  for (const NodeIndex above : direct_path(node_of(index), size())) blank(above);
}

void RatchetTree::set_leaf(LeafIndex index, LeafNode leaf) {
  leaves_[index.value] = std::make_shared<const LeafNode>(std::move(leaf));
  forget_hashes_from(node_of(index));
}

void RatchetTree::set_parent(NodeIndex index, ParentNode parent) {
  parents_[index.value / 2] = std::make_shared<const ParentNode>(std::move(parent));
  forget_hashes_from(index);
}

void RatchetTree::extend() {
  // s7.7: a new blank root with the old tree to its left and as many blank leaves to its right.
  if (2 * leaves_.size() > kMaxLeaves) refuse_unsupported("7.7", "a group outgrows 16384 leaves");
  leaves_.resize(2 * leaves_.size());
  parents_.resize(leaves_.size() - 1);
  hashes_.resize(node_width(size()));
}

void RatchetTree::truncate() {
  // s7.7: the right half goes for as long as nobody is in it.
  while (leaves_.size() > 1) {
    const auto half = static_cast<std::ptrdiff_t>(leaves_.size() / 2);
    if (std::any_of(leaves_.begin() + half, leaves_.end(), [](const auto& leaf) { return leaf != nullptr; }))
      return;
    leaves_.resize(leaves_.size() / 2);
    parents_.resize(leaves_.size() - 1);
    hashes_.resize(node_width(size()));
  }
}

void RatchetTree::blank(NodeIndex index) {
  if (is_leaf(index)) {
    leaves_[leaf_of(index).value].reset();
  } else {
    parents_[index.value / 2].reset();
  }
  forget_hashes_from(index);
}

void RatchetTree::forget_hashes_from(NodeIndex index) {
  hashes_[index.value].reset();
  for (auto above = mls::parent(index, size()); above; above = mls::parent(*above, size())) {
    hashes_[above->value].reset();
  }
}

bool RatchetTree::resolves_to_nothing(NodeIndex index) const {
  if (!is_blank(index)) return false;
  return is_leaf(index) || (resolves_to_nothing(*left(index)) && resolves_to_nothing(*right(index)));
}

void RatchetTree::append_resolution(NodeIndex index, std::vector<NodeIndex>& nodes) const {
  // s4.1.1: a node with a key is itself and its unmerged leaves; a blank one is what its children are.
  if (!is_blank(index)) {
    nodes.push_back(index);
    if (const ParentNode* node = parent(index)) {
      for (const LeafIndex unmerged : node->unmerged_leaves) nodes.push_back(node_of(unmerged));
    }
  } else if (!is_leaf(index)) {
    append_resolution(*left(index), nodes);
    append_resolution(*right(index), nodes);
  }
}

std::vector<NodeIndex> RatchetTree::resolution(NodeIndex index) const {
  std::vector<NodeIndex> nodes;
  append_resolution(index, nodes);
  return nodes;
}

std::vector<PathNode> RatchetTree::filtered_direct_path(LeafIndex index) const {
  std::vector<PathNode> path;
  NodeIndex below = node_of(index);
  for (const NodeIndex node : direct_path(below, size())) {
    const NodeIndex copath_child = *sibling(below, size());
    if (!resolves_to_nothing(copath_child)) path.push_back({node, copath_child});
    below = node;
  }
  return path;
}

}  // namespace vcplay::mls
