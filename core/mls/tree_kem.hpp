// The private half of the ratchet tree and how paths renew it (RFC 9420 s7.4 - s7.6).
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "mls/commit.hpp"
#include "mls/ratchet_tree.hpp"

namespace vcplay::mls {

/// The private keys that one member holds: its leaf's, and those of the nodes above it that it was told.
class TreePrivateKeys {
 public:
  TreePrivateKeys(LeafIndex leaf, PrivateKey leaf_key);

  [[nodiscard]] LeafIndex leaf() const noexcept { return leaf_; }
  /// The key of `node`, or nullptr.
  [[nodiscard]] const PrivateKey* find(NodeIndex node) const noexcept;
  void set(NodeIndex node, PrivateKey key);
  /// Drops every key that is not the private half of what the tree now has at its node.
  void forget_outdated(const RatchetTree& tree);
  /// The one deliberate way to a second owner of the same keys.
  [[nodiscard]] TreePrivateKeys duplicate() const;

 private:
  LeafIndex leaf_;
  std::map<NodeIndex, PrivateKey> keys_;
};

/// s7.4: a node's path secret and the key that comes of it.
struct PathStep {
  NodeIndex node;
  SecretBytes path_secret;
  PrivateKey key;
};

/// The path secrets from one node up to the root, and the commit secret beyond it.
struct PathSecrets {
  std::vector<PathStep> steps;
  SecretBytes commit_secret;

  /// The path secret of `node`, or nullptr.
  [[nodiscard]] const SecretBytes* find(NodeIndex node) const noexcept;
};

/// s7.4: from the path secret of the first of `nodes`.
[[nodiscard]] PathSecrets derive_path_secrets(std::span<const PathNode> nodes, SecretBytes first);

/// The leaves that a Commit adds; its path is not encrypted to them.
using NewLeaves = std::set<LeafIndex>;

/// A path of our own, already in the tree and not yet encrypted to anybody.
struct NewPath {
  std::vector<PathNode> nodes;
  PathSecrets secrets;
  PrivateKey leaf_key;
};

/// s7.5: renews the leaf and its filtered direct path in `tree`, with parent hashes and signature.
[[nodiscard]] NewPath renew_path(RatchetTree& tree, LeafIndex own, ByteView group_id,
                                 const PrivateKey& signature_key);

/// s7.6: encrypts the path secrets of `path` to the members, `group_context` being the provisional one.
[[nodiscard]] UpdatePath seal_path(const RatchetTree& tree, LeafIndex own, const NewPath& path,
                                   ByteView group_context, const NewLeaves& new_leaves);

/// s7.5: puts another member's path into `tree`, checking its shape and its leaf's parent hash.
void merge_path(RatchetTree& tree, LeafIndex sender, const UpdatePath& path);

/// s7.6: what `own` learns from a merged path, from the common ancestor up, checked against
/// the path's public keys.
[[nodiscard]] PathSecrets open_path(const RatchetTree& tree, const TreePrivateKeys& own, LeafIndex sender,
                                    const UpdatePath& path, ByteView group_context,
                                    const NewLeaves& new_leaves);

/// s12.4.3.1: what a newcomer derives from the path secret in its Welcome, checked against the tree.
[[nodiscard]] PathSecrets implant_path_secret(const RatchetTree& tree, LeafIndex own, LeafIndex sender,
                                              SecretBytes path_secret);

}  // namespace vcplay::mls
