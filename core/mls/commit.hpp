// Commits and the paths that they may carry (RFC 9420 s12.4 and s7.6).
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "mls/proposals.hpp"

namespace vcplay::mls {

/// A node on the committer's path: its new key, and its path secret for everybody below the other child.
struct UpdatePathNode {
  HpkePublicKey encryption_key;
  std::vector<HpkeCiphertext> encrypted_path_secret;

  void write(Writer& out) const;
  [[nodiscard]] static UpdatePathNode read(Reader& in);
};

/// s7.6: the committer's new leaf and the nodes of its filtered direct path.
struct UpdatePath {
  LeafNode leaf_node;
  std::vector<UpdatePathNode> nodes;

  void write(Writer& out) const;
  [[nodiscard]] static UpdatePath read(Reader& in);
};

/// The hash under which an earlier proposal is known.
struct ProposalRef {
  Bytes hash;
  friend bool operator==(const ProposalRef&, const ProposalRef&) = default;
};

/// A proposal itself, or the hash of one that was sent before.
struct ProposalOrRef {
  std::variant<Proposal, ProposalRef> value;

  void write(Writer& out) const;
  [[nodiscard]] static ProposalOrRef read(Reader& in);
};

/// The step from one epoch to the next.
struct Commit {
  std::vector<ProposalOrRef> proposals;
  std::optional<UpdatePath> path;

  void write(Writer& out) const;
  [[nodiscard]] static Commit read(Reader& in);
};

}  // namespace vcplay::mls
