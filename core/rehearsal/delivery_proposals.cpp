// Which changes the call needs, proposed and revoked (DAVE, "Proposal Handling",
// "Member Add", "Member Remove").
#include <algorithm>

#include "dave/policy.hpp"
#include "rehearsal/delivery_call.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr Duration kOnItsWay = 2s;       // how long after it is outdated a Commit may still arrive
constexpr Duration kCommitTimeout = 5s;  // for a client to commit, even on a machine that does much else
constexpr Duration kAddedAgain = 500ms;  // behind an Add that was revoked by order

// Opcode 27's two forms.
constexpr std::uint8_t kAppend = 0;
constexpr std::uint8_t kRevoke = 1;

}  // namespace

Bytes append_proposals(const std::vector<mls::MlsMessage>& proposals) {
  mls::Writer out;
  out.u8(kAppend);
  out.vector(proposals);
  return out.take();
}

Bytes revoke_proposals(const std::set<Bytes>& refs) {
  mls::Writer list;
  for (const Bytes& ref : refs) list.opaque(ref);
  mls::Writer out;
  out.u8(kRevoke);
  out.opaque(list.bytes());
  return out.take();
}

Bytes ref_of(const mls::MlsMessage& proposal) {
  return mls::make_proposal_ref(mls::encoded(proposal.get<mls::PublicMessage>()->authenticated()));
}

std::uint64_t DeliveryCall::epoch() const { return group_ ? group_->epoch() : 0; }

/// Who can answer proposals of this epoch: members of the group, or everybody who would like to form one.
bool DeliveryCall::may_commit(const Seat& seat) const { return group_ ? seat.established : seat.is_ready(); }

/// Proposes what the call needs and revokes what it no longer needs.
void DeliveryCall::reconcile() {
  if (version_ == 0) return;
  if (group_ && established() == 0) return make_group_anew();
  revoke_outdated();
  propose_missing();
  const bool untold = std::any_of(seats_.begin(), seats_.end(), [&](const auto& entry) {
    const auto& [user, seat] = entry;
    return may_commit(seat) && std::any_of(proposed_.begin(), proposed_.end(),
                                           [&, id = user, &told = seat.told](const Proposed& p) {
                                             return told.count(p.ref) == 0 && !(p.adds() && p.user == id);
                                           });
  });
  if (!untold) return;
  const Duration batch = desk_.options.dave_faults.batch;
  if (batch == Duration{0}) return tell_proposals();
  tell_at_ = std::min(tell_at_, now_ + batch);
}

void DeliveryCall::revoke_outdated() {
  std::set<Ref> refs;
  for (const Proposed& entry : proposed_) {
    const auto* const add = entry.proposal.get<mls::Add>();
    if (add == nullptr) continue;  // a leaf that is to go never comes back
    const auto seat = seats_.find(entry.user);
    if (seat == seats_.end() || seat->second.key_package != add->key_package) refs.insert(entry.ref);
  }
  if (!refs.empty()) revoke(refs);
}

void DeliveryCall::propose_missing() {
  if (group_) {
    for (const mls::LeafIndex leaf : group_->tree().members()) {
      const Snowflake user = *group_->user_at(leaf);
      const auto seat = seats_.find(user);
      const bool stays = seat != seats_.end() && seat->second.established;
      if (!stays && !is_proposed(user, false)) propose(user, {mls::Remove{leaf}});
    }
  }
  for (const auto& [user, seat] : seats_) {
    if (seat.is_ready() && seat.add_after <= now_ && !is_proposed(user, true)) {
      propose(user, {mls::Add{*seat.key_package}});
    }
  }
}

bool DeliveryCall::is_proposed(Snowflake user, bool add) const {
  return std::any_of(proposed_.begin(), proposed_.end(),
                     [&](const Proposed& entry) { return entry.user == user && entry.adds() == add; });
}

mls::MlsMessage DeliveryCall::signed_proposal(mls::Proposal proposal) const {
  return mls::external_proposal(dave::identity_of(channel_), epoch(), 0, desk_.key, std::move(proposal));
}

void DeliveryCall::propose(Snowflake user, mls::Proposal proposal) {
  mls::MlsMessage message = signed_proposal(proposal);
  Ref ref = ref_of(message);
  proposed_.push_back({std::move(ref), user, std::move(proposal), std::move(message), false});
}

DeliveryCall::Snapshot DeliveryCall::snapshot() const {
  Snapshot proposals;
  for (const Proposed& entry : proposed_) {
    if (!entry.sent) continue;
    proposals.emplace(entry.ref, entry.adds() ? std::optional(entry.user) : std::nullopt);
  }
  return proposals;
}

void DeliveryCall::outdate(Snapshot proposals) {
  while (!outdated_.empty() && outdated_.front().until <= now_) outdated_.pop_front();
  if (!proposals.empty()) outdated_.push_back({now_ + kOnItsWay, std::move(proposals)});
}

/// Opcode 27 to everybody who has not heard of all proposals yet. Nobody is told about its own Add: a
/// founder is in its group already.
void DeliveryCall::tell_proposals() {
  tell_at_ = TimePoint::max();
  const Snapshot before = snapshot();
  for (auto& [user, seat] : seats_) {
    if (may_commit(seat)) tell_proposals_to(user, seat);
  }
  if (snapshot() != before) outdate(before);
  if (!proposed_.empty()) commit_due_ = now_ + kCommitTimeout;
  if (group_) withdraw_adds();
}

void DeliveryCall::tell_proposals_to(Snowflake user, Seat& seat) {
  std::vector<mls::MlsMessage> news;
  for (Proposed& entry : proposed_) {
    if (entry.adds() && entry.user == user) continue;
    if (!seat.told.insert(entry.ref).second) continue;
    entry.sent = true;
    news.push_back(entry.message);
  }
  if (news.empty()) return;
  seat.answered = false;
  send_binary(user, dave::Opcode::proposals, append_proposals(news));
}

/// Takes them out of the epoch, and tells those who know them.
void DeliveryCall::revoke(const std::set<Ref>& refs) {
  outdate(snapshot());
  std::erase_if(proposed_, [&](const Proposed& entry) { return refs.count(entry.ref) > 0; });
  commit_due_ = proposed_.empty() ? TimePoint::max() : now_ + kCommitTimeout;
  for (auto& [user, seat] : seats_) {
    std::set<Ref> known;
    std::set_intersection(refs.begin(), refs.end(), seat.told.begin(), seat.told.end(),
                          std::inserter(known, known.end()));
    if (known.empty()) continue;
    for (const Ref& ref : known) seat.told.erase(ref);
    seat.answered = false;
    send_binary(user, dave::Opcode::proposals, revoke_proposals(known));
  }
}

/// A rare thing by order: what was just added is not to be added, and then it is.
void DeliveryCall::withdraw_adds() {
  std::set<Ref> refs;
  for (const Proposed& entry : proposed_) {
    if (!entry.adds() || !entry.sent || adds_to_revoke_ == 0) continue;
    --adds_to_revoke_;
    refs.insert(entry.ref);
    seats_.at(entry.user).add_after = now_ + kAddedAgain;
  }
  if (!refs.empty()) revoke(refs);
}

/// At the end of an epoch, or of the group.
void DeliveryCall::forget_proposals() {
  outdate(snapshot());
  proposed_.clear();
  baits_.clear();
  tell_at_ = commit_due_ = revoke_baits_at_ = TimePoint::max();
  for (auto& [user, seat] : seats_) {
    seat.told.clear();
    seat.answered = false;
  }
}

void DeliveryCall::complain_about_missing_commits() {
  commit_due_ = TimePoint::max();
  if (!baits_.empty()) return;  // nobody can
  for (const auto& [user, seat] : seats_) {
    if (!may_commit(seat) || seat.told.empty() || seat.answered || desk_.is_away(user)) continue;
    breach(user, Rule::dave_commit_missing, "no Commit (opcode 28) came within 5 s of the last proposals");
  }
}

}  // namespace vcplay::rehearsal
