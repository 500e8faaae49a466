// The public half of the ratchet tree (RFC 9420 s4, s7.4 - s7.9).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "mls/leaf_node.hpp"
#include "mls/tree_math.hpp"

namespace vcplay::mls {

/// s7.1: a key that the members below this node share, except the unmerged ones.
struct ParentNode {
  HpkePublicKey encryption_key;
  Bytes parent_hash;
  std::vector<LeafIndex> unmerged_leaves;  // in increasing order

  void write(Writer& out) const;
  [[nodiscard]] static ParentNode read(Reader& in);
};

/// A node of somebody's filtered direct path, and the child of it that is not on that path.
struct PathNode {
  NodeIndex node;
  NodeIndex copath_child;
};

/// The members' leaves and the shared keys above them. Tree hashes are kept until something below them
/// changes. Copies are cheap: epochs share the nodes that did not change between them.
class RatchetTree {
 public:
  /// A tree of one leaf (s11).
  explicit RatchetTree(LeafNode leaf);

  // s12.4.3.3: the ratchet_tree vector.
  void write(Writer& out) const;
  [[nodiscard]] static RatchetTree read(Reader& in);

  [[nodiscard]] LeafCount size() const noexcept { return {static_cast<std::uint32_t>(leaves_.size())}; }
  [[nodiscard]] const LeafNode* leaf(LeafIndex index) const noexcept;  // nullptr: blank, or not in the tree
  [[nodiscard]] const ParentNode* parent(
      NodeIndex index) const noexcept;  // nullptr: blank, a leaf, or not there
  [[nodiscard]] bool is_blank(NodeIndex index) const noexcept;
  /// The node's key, or nullptr when it is blank.
  [[nodiscard]] const HpkePublicKey* encryption_key(NodeIndex index) const noexcept;
  /// The leaves that are not blank, from the left.
  [[nodiscard]] std::vector<LeafIndex> members() const;

  // ── s12.1: what proposals do ──
  LeafIndex add(LeafNode leaf);
  void update(LeafIndex index, LeafNode leaf);
  void remove(LeafIndex index);

  // ── s7.5: what a path does ──
  void blank_direct_path(LeafIndex index);
  void set_leaf(LeafIndex index, LeafNode leaf);
  void set_parent(NodeIndex index, ParentNode parent);

  /// s4.1.1: the nodes that together reach every member below `index`.
  [[nodiscard]] std::vector<NodeIndex> resolution(NodeIndex index) const;
  /// s4.1.2: the direct path without the nodes whose other child has nobody below it.
  [[nodiscard]] std::vector<PathNode> filtered_direct_path(LeafIndex index) const;

  /// s7.8.
  [[nodiscard]] const crypto::Digest& tree_hash(NodeIndex index) const;
  [[nodiscard]] Bytes root_hash() const;

  /// s7.9: the parent hash of the node at `index`, which is not blank, seen from below
  /// the sibling of `copath_child`.
  [[nodiscard]] Bytes parent_hash(NodeIndex index, NodeIndex copath_child) const;

 private:
  RatchetTree() = default;

  [[nodiscard]] bool resolves_to_nothing(NodeIndex index) const;
  void append_resolution(NodeIndex index, std::vector<NodeIndex>& nodes) const;
  [[nodiscard]] crypto::Digest compute_tree_hash(NodeIndex index) const;
  [[nodiscard]] crypto::Digest tree_hash_without(NodeIndex index, const std::vector<LeafIndex>& gone) const;
  void extend();
  void truncate();
  void blank(NodeIndex index);
  void forget_hashes_from(NodeIndex index);

  std::vector<std::shared_ptr<const LeafNode>> leaves_;        // as many as a power of two; nullptr: blank
  std::vector<std::shared_ptr<const ParentNode>> parents_;     // one fewer; parent i is node 2i + 1
  mutable std::vector<std::optional<crypto::Digest>> hashes_;  // of every node, once asked for
};

}  // namespace vcplay::mls
