// What a newcomer checks in a ratchet tree that it is given (RFC 9420 s7.9.2 and s12.4.3.1),
// one function per rule.
#pragma once

#include "mls/ratchet_tree.hpp"

namespace vcplay::mls::tree_rules {

/// Each node with a key is parent-hash valid: it chains down to a leaf that signed for it.
void parent_hashes_are_valid(const RatchetTree& tree);
/// Unmerged leaves are members below the node, and unmerged at every node with a key between.
void unmerged_leaves_are_valid(const RatchetTree& tree);
/// No encryption key of a parent node appears in any other node.
void parent_keys_are_unique(const RatchetTree& tree);
/// Every parent node's key is a point on the curve.
void parent_keys_are_points(const RatchetTree& tree);
/// Each leaf passes the rules for leaves that do not depend on the others.
void leaves_are_valid(const RatchetTree& tree, ByteView group_id);

}  // namespace vcplay::mls::tree_rules
