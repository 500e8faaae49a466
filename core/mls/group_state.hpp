// A group on its way from one epoch to the next. For group*.cpp only.
#pragma once

#include "mls/group.hpp"

namespace vcplay::mls {

/// Somebody whom a Commit adds, and where.
struct Newcomer {
  LeafIndex leaf;
  const KeyPackage* key_package;
};

/// s12.3: what a list of proposals makes of the group. The context has the new epoch and the old confirmed
/// transcript hash; a path may still change tree and keys.
struct Group::Provisional {
  GroupContext context;
  RatchetTree tree;
  TreePrivateKeys keys;
  std::vector<Newcomer> newcomers;
  std::vector<PreSharedKeyId> psks;

  [[nodiscard]] NewLeaves new_leaves() const;
  /// Takes over what a path taught us.
  void learn(PathSecrets& path);
};

/// The secrets on the other side of a Commit.
struct Group::Next {
  SecretBytes joiner_secret;
  SecretBytes welcome_secret;
  EpochSecrets epoch;
};

/// s8.4: the named keys, chained. Refuses a key that the application does not have.
[[nodiscard]] SecretBytes collect_psks(const std::vector<PreSharedKeyId>& ids,
                                       const Application& application);

}  // namespace vcplay::mls
