#include "mls/tree_validation.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "mls/leaf_rules.hpp"
#include "mls/refusal.hpp"

namespace vcplay::mls::tree_rules {
namespace {

std::vector<NodeIndex> parents_with_keys(const RatchetTree& tree) {
  std::vector<NodeIndex> nodes;
  for (NodeIndex index{1}; index.value < node_width(tree.size()); index.value += 2) {
    if (!tree.is_blank(index)) nodes.push_back(index);
  }
  return nodes;
}

const Bytes* parent_hash_field(const RatchetTree& tree, NodeIndex index) {
  if (!is_leaf(index)) return &tree.parent(index)->parent_hash;
  return tree.leaf(leaf_of(index))->parent_hash();
}

// s7.9.2: D is in C's resolution, and the rest of that resolution is what P has unmerged below C. So D is the
// one node of the resolution that is not unmerged at P.
std::optional<NodeIndex> only_merged_node(const RatchetTree& tree, NodeIndex p, NodeIndex c) {
  const std::vector<LeafIndex>& unmerged = tree.parent(p)->unmerged_leaves;
  const auto is_unmerged = [&](NodeIndex node) {
    return is_leaf(node) && std::binary_search(unmerged.begin(), unmerged.end(), leaf_of(node));
  };
  const std::vector<NodeIndex> resolution = tree.resolution(c);
  const auto d = std::find_if_not(resolution.begin(), resolution.end(), is_unmerged);
  if (d == resolution.end() || !std::all_of(d + 1, resolution.end(), is_unmerged)) return std::nullopt;
  const auto unmerged_below_c =
      std::count_if(unmerged.begin(), unmerged.end(), [&](LeafIndex leaf) { return is_below(leaf, c); });
  if (static_cast<std::size_t>(unmerged_below_c) + 1 != resolution.size()) return std::nullopt;
  return *d;
}

// Whether P is parent-hash valid through its child C; its other child is S.
bool is_valid_through(const RatchetTree& tree, NodeIndex p, NodeIndex c, NodeIndex s) {
  const std::optional<NodeIndex> d = only_merged_node(tree, p, c);
  if (!d) return false;
  const Bytes* const field = parent_hash_field(tree, *d);
  return field != nullptr && *field == tree.parent_hash(p, s);
}

}  // namespace

void unmerged_leaves_are_valid(const RatchetTree& tree) {
  for (const NodeIndex p : parents_with_keys(tree)) {
    for (const LeafIndex leaf : tree.parent(p)->unmerged_leaves) {
      // s12.4.3.1: the entry is a member below the node.
      require(tree.leaf(leaf) != nullptr && is_below(leaf, p), "12.4.3.1",
              "an unmerged leaf is blank or not below its node");
      // s12.4.3.1: every node with a key between the two lists it as well.
      for (auto above = parent(node_of(leaf), tree.size()); above && *above != p;
           above = parent(*above, tree.size())) {
        const ParentNode* const between = tree.parent(*above);
        require(between == nullptr || std::binary_search(between->unmerged_leaves.begin(),
                                                         between->unmerged_leaves.end(), leaf),
                "12.4.3.1", "a leaf is unmerged at a node but not at one below it");
      }
    }
  }
}

void parent_hashes_are_valid(const RatchetTree& tree) {
  // Resolutions mean something only then.
  unmerged_leaves_are_valid(tree);
  // s7.9.2, from the top down: exactly one descendant of each node makes it parent-hash valid. That
  // descendant is a leaf, or a parent node that has such a descendant itself, so each chain ends at a leaf.
  for (const NodeIndex p : parents_with_keys(tree)) {
    const bool from_left = is_valid_through(tree, p, *left(p), *right(p));
    const bool from_right = is_valid_through(tree, p, *right(p), *left(p));
    require(from_left != from_right, "7.9.2",
            "a parent node in the ratchet tree is not covered by a valid parent hash");
  }
}

void parent_keys_are_unique(const RatchetTree& tree) {
  // s12.4.3.1: a parent node's encryption key appears in no other node.
  std::unordered_set<std::string_view> keys;
  for (const LeafIndex index : tree.members()) keys.insert(as_text(tree.leaf(index)->encryption_key));
  for (const NodeIndex index : parents_with_keys(tree)) {
    require(keys.insert(as_text(tree.parent(index)->encryption_key)).second, "12.4.3.1",
            "two nodes of the ratchet tree have one encryption key");
  }
}

void parent_keys_are_points(const RatchetTree& tree) {
  // s5.1.1: keys of the cipher suite are uncompressed points on the curve.
  for (const NodeIndex index : parents_with_keys(tree))
    static_cast<void>(point_of(tree.parent(index)->encryption_key));
}

void leaves_are_valid(const RatchetTree& tree, ByteView group_id) {
  for (const LeafIndex index : tree.members()) {
    leaf_rules::stands_alone(*tree.leaf(index));
    leaf_rules::signature_is_valid(*tree.leaf(index), {group_id, index});
  }
}

}  // namespace vcplay::mls::tree_rules
