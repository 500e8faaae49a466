// Proposals between their arrival and their Commit (RFC 9420 s12.1).
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "mls/framing.hpp"

namespace vcplay::mls {

/// A proposal that was found authentic and valid in one epoch. Only a Group makes them.
class PendingProposal {
 public:
  /// s5.2: how a Commit refers to it.
  [[nodiscard]] const Bytes& ref() const noexcept { return ref_; }
  [[nodiscard]] const Proposal& proposal() const noexcept { return proposal_; }
  [[nodiscard]] const Sender& sender() const noexcept { return sender_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  /// For an Update of our own: the private key of the leaf in it. Else nullptr.
  [[nodiscard]] const PrivateKey* new_leaf_key() const noexcept {
    return new_leaf_key_ ? &*new_leaf_key_ : nullptr;
  }

 private:
  friend class Group;
  PendingProposal(const AuthenticatedContent& message, std::optional<PrivateKey> new_leaf_key);

  Bytes ref_;
  Proposal proposal_;
  Sender sender_;
  std::uint64_t epoch_;
  std::optional<PrivateKey> new_leaf_key_;
};

/// The proposals of one epoch, in the order in which they came.
class PendingProposals {
 public:
  /// False, and nothing added, when this proposal is here already.
  bool add(PendingProposal proposal);
  /// False when no proposal has this ref.
  bool revoke(ByteView ref);
  void clear() noexcept;

  /// The proposal with this ref, or nullptr.
  [[nodiscard]] const PendingProposal* find(const Bytes& ref) const noexcept;
  [[nodiscard]] const std::vector<PendingProposal>& all() const noexcept { return in_order_; }
  [[nodiscard]] bool empty() const noexcept { return in_order_.empty(); }

 private:
  std::vector<PendingProposal> in_order_;
  std::map<Bytes, std::size_t> place_by_ref_;
};

}  // namespace vcplay::mls
