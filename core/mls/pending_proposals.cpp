#include "mls/pending_proposals.hpp"

namespace vcplay::mls {

PendingProposal::PendingProposal(const AuthenticatedContent& message, std::optional<PrivateKey> new_leaf_key)
    : ref_(make_proposal_ref(encoded(message))),
      proposal_(*message.content.get<Proposal>()),
      sender_(message.content.sender),
      epoch_(message.content.epoch),
      new_leaf_key_(std::move(new_leaf_key)) {}

bool PendingProposals::add(PendingProposal proposal) {
  if (!place_by_ref_.emplace(proposal.ref(), in_order_.size()).second) return false;
  in_order_.push_back(std::move(proposal));
  return true;
}

bool PendingProposals::revoke(ByteView ref) {
  const auto found = place_by_ref_.find(Bytes(ref.begin(), ref.end()));
  if (found == place_by_ref_.end()) return false;
  in_order_.erase(in_order_.begin() + static_cast<std::ptrdiff_t>(found->second));
  place_by_ref_.clear();
  for (std::size_t place = 0; place < in_order_.size(); ++place)
    place_by_ref_[in_order_[place].ref()] = place;
  return true;
}

void PendingProposals::clear() noexcept {
  in_order_.clear();
  place_by_ref_.clear();
}

const PendingProposal* PendingProposals::find(const Bytes& ref) const noexcept {
  const auto found = place_by_ref_.find(ref);
  return found == place_by_ref_.end() ? nullptr : &in_order_[found->second];
}

}  // namespace vcplay::mls
