// Leaf node validation, one function per rule of RFC 9420 s7.3.
// Each returns when its rule holds and refuses otherwise.
#pragma once

#include "mls/leaf_node.hpp"
#include "mls/ratchet_tree.hpp"

namespace vcplay::mls::leaf_rules {

// ── what a leaf can be asked by itself ──

/// The signature is valid under the leaf's own signature key.
void signature_is_valid(const LeafNode& leaf, const LeafPosition& position);
/// It supports our protocol version, our cipher suite and its own credential's type.
void supports_what_it_uses(const LeafNode& leaf);
/// Every extension that it carries is listed in its capabilities.
void extensions_are_listed(const Extensions& extensions, const Capabilities& capabilities);
/// Its keys are points on the curve.
void keys_are_points(const LeafNode& leaf);
/// The three above that need neither position nor group.
void stands_alone(const LeafNode& leaf);

// Where it came from is where it may come from.
void source_is_key_package(const LeafNode& leaf);
void source_is_update(const LeafNode& leaf);
void source_is_commit(const LeafNode& leaf);
/// A leaf in an Update or a Commit brings a new encryption key.
void encryption_key_is_new(const LeafNode& leaf, const LeafNode& replaced);

// ── what it can be asked as a member of a group ──

/// s11.1: it can do what the group's required_capabilities ask for.
void meets_required_capabilities(const LeafNode& leaf, const Extensions& group_extensions);
/// s13.4: it supports every extension in the group context.
void supports_group_extensions(const LeafNode& leaf, const Extensions& group_extensions);

// ── what all leaves of a tree are asked together ──

/// Every member supports the credential types of all.
void credential_types_are_supported_by_all(const RatchetTree& tree);
/// Signature keys and encryption keys are unique among the members.
void keys_are_unique(const RatchetTree& tree);

/// Everything above that may change for a leaf that did not: after each Commit, for the whole tree.
void all_fit_group(const RatchetTree& tree, const Extensions& group_extensions);

}  // namespace vcplay::mls::leaf_rules
