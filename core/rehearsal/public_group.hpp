// A group of MLS as those see it who carry its messages without being in it.
#pragma once

#include <optional>

#include "base/snowflake.hpp"
#include "mls/framing.hpp"
#include "mls/proposal_rules.hpp"
#include "mls/tree_kem.hpp"

namespace vcplay::rehearsal {

/// Who sits at which leaf of a group in one epoch, and whether a Commit fits: everything that can be checked
/// without a secret.
///
/// Signatures of Commits cannot: they cover a transcript that begins with a tag which the founder alone can
/// compute. Nor do we know the founder's leaf for certain: it need not be the one in the key package.
class PublicGroup {
 public:
  /// Epoch 0: somebody's group of one.
  PublicGroup(Bytes group_id, const mls::KeyPackage& founder, mls::Extensions extensions);

  [[nodiscard]] std::uint64_t epoch() const noexcept { return context_.epoch; }
  [[nodiscard]] const mls::RatchetTree& tree() const noexcept { return tree_; }
  [[nodiscard]] std::optional<mls::LeafIndex> leaf_of(Snowflake user) const;
  [[nodiscard]] std::optional<Snowflake> user_at(mls::LeafIndex leaf) const;

  /// The next epoch, after a member's Commit of `list`. Throws mls::Refusal or dave::Refusal.
  [[nodiscard]] PublicGroup follow(const mls::PublicMessage& message, const mls::ProposalList& list) const;

 private:
  [[nodiscard]] mls::NewLeaves apply(const mls::ProposalList& list);
  void merge(const mls::UpdatePath& path, mls::LeafIndex committer);

  mls::GroupContext context_;  // whole in epoch 0 only
  mls::RatchetTree tree_;
  bool is_exact_ = true;  // the founder's leaf is the one in its key package
};

}  // namespace vcplay::rehearsal
