// Where things are in the array form of a full binary tree (RFC 9420 s4.1 and appendix C).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

namespace vcplay::mls {

/// A member's place among the leaves, counted from the left.
struct LeafIndex {
  std::uint32_t value = 0;
  // clang-tidy 14 takes the 0 that the language compares the result with for a pointer.
  friend auto operator<=>(const LeafIndex&, const LeafIndex&) = default;  // NOLINT(modernize-use-nullptr)
};

/// A node's place in the array: leaves at even numbers, parents between them.
struct NodeIndex {
  std::uint32_t value = 0;
  friend auto operator<=>(const NodeIndex&, const NodeIndex&) = default;  // NOLINT(modernize-use-nullptr)
};

/// How many leaves the tree has room for: a power of two.
struct LeafCount {
  std::uint32_t value = 1;
  friend auto operator<=>(const LeafCount&, const LeafCount&) = default;
};

[[nodiscard]] constexpr NodeIndex node_of(LeafIndex leaf) noexcept { return {2 * leaf.value}; }
[[nodiscard]] constexpr bool is_leaf(NodeIndex node) noexcept { return node.value % 2 == 0; }
/// Of a node at an even place.
[[nodiscard]] constexpr LeafIndex leaf_of(NodeIndex node) noexcept { return {node.value / 2}; }

[[nodiscard]] constexpr std::uint32_t node_width(LeafCount size) noexcept { return 2 * size.value - 1; }
[[nodiscard]] constexpr NodeIndex root(LeafCount size) noexcept { return {size.value - 1}; }
/// 0 for leaves, 1 for their parents, and so on.
[[nodiscard]] unsigned level(NodeIndex node) noexcept;

[[nodiscard]] std::optional<NodeIndex> left(NodeIndex node) noexcept;   // nothing below a leaf
[[nodiscard]] std::optional<NodeIndex> right(NodeIndex node) noexcept;  // nothing below a leaf
[[nodiscard]] std::optional<NodeIndex> parent(NodeIndex node,
                                              LeafCount size) noexcept;  // nothing above the root
[[nodiscard]] std::optional<NodeIndex> sibling(NodeIndex node,
                                               LeafCount size) noexcept;  // nothing beside the root

/// From the node's parent up to the root.
[[nodiscard]] std::vector<NodeIndex> direct_path(NodeIndex node, LeafCount size);

/// The lowest node that has both leaves below it (or is both of them).
[[nodiscard]] NodeIndex common_ancestor(LeafIndex a, LeafIndex b) noexcept;

// The leaves below a node are those from the first to the last.
[[nodiscard]] LeafIndex first_leaf_below(NodeIndex node) noexcept;
[[nodiscard]] LeafIndex last_leaf_below(NodeIndex node) noexcept;
[[nodiscard]] bool is_below(LeafIndex leaf, NodeIndex node) noexcept;

}  // namespace vcplay::mls
