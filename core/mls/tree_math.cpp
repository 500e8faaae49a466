#include "mls/tree_math.hpp"

#include <bit>

namespace vcplay::mls {
namespace {

// How far a parent's children are from it, and half of how many leaves it has below it.
std::uint32_t reach(NodeIndex node) { return std::uint32_t{1} << (level(node) - 1); }

}  // namespace

unsigned level(NodeIndex node) noexcept { return static_cast<unsigned>(std::countr_one(node.value)); }

std::optional<NodeIndex> left(NodeIndex node) noexcept {
  if (is_leaf(node)) return std::nullopt;
  return NodeIndex{node.value - reach(node)};
}

std::optional<NodeIndex> right(NodeIndex node) noexcept {
  if (is_leaf(node)) return std::nullopt;
  return NodeIndex{node.value + reach(node)};
}

std::optional<NodeIndex> parent(NodeIndex node, LeafCount size) noexcept {
  if (node == root(size)) return std::nullopt;
  const unsigned k = level(node);
  const std::uint32_t bit = std::uint32_t{1} << (k + 1);
  return NodeIndex{(node.value | (std::uint32_t{1} << k)) & ~bit};
}

std::optional<NodeIndex> sibling(NodeIndex node, LeafCount size) noexcept {
  const std::optional<NodeIndex> above = parent(node, size);
  if (!above) return std::nullopt;
  return node < *above ? right(*above) : left(*above);
}

std::vector<NodeIndex> direct_path(NodeIndex node, LeafCount size) {
  std::vector<NodeIndex> path;
  for (auto above = parent(node, size); above; above = parent(*above, size)) path.push_back(*above);
  return path;
}

NodeIndex common_ancestor(LeafIndex a, LeafIndex b) noexcept {
  // Leaf numbers differ below the ancestor's level and agree above it.
  const auto height = static_cast<unsigned>(std::bit_width(a.value ^ b.value));
  if (height == 0) return node_of(a);
  const std::uint32_t first_leaf = a.value >> height << height;
  return {2 * first_leaf + (std::uint32_t{1} << height) - 1};
}

LeafIndex first_leaf_below(NodeIndex node) noexcept {
  return {(node.value - ((std::uint32_t{1} << level(node)) - 1)) / 2};
}

LeafIndex last_leaf_below(NodeIndex node) noexcept {
  return {(node.value + ((std::uint32_t{1} << level(node)) - 1)) / 2};
}

bool is_below(LeafIndex leaf, NodeIndex node) noexcept {
  return first_leaf_below(node) <= leaf && leaf <= last_leaf_below(node);
}

}  // namespace vcplay::mls
