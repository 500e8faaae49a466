// What may be ordered to happen to a call in the middle of playing: one function each.
#include <nlohmann/json.hpp>

#include "dave/policy.hpp"
#include "rehearsal/delivery_call.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr Snowflake kStranger{82198898841029999};  // no guild has it as a member
constexpr dave::TransitionId kNeverPrepared = 65'535;
constexpr Duration kBaitRevokedAfter = 1s;
constexpr Duration kBackAfter = 1s;

mls::OwnKeyPackage made_up_key_package(Snowflake user) {
  return mls::make_key_package({{dave::identity_of(user)}, {}, {}, {}}, mls::PrivateKey::generate());
}

}  // namespace

void DeliveryCall::disturb(DaveDisturbance disturbance, TimePoint now) {
  now_ = now;
  switch (disturbance) {
    case DaveDisturbance::other_external_sender:
      return send_other_external_sender();
    case DaveDisturbance::stranger_added:
      return add_stranger();
    case DaveDisturbance::user_added_twice:
      return add_user_twice();
    case DaveDisturbance::unknown_transition:
      return execute_unknown_transition();
    case DaveDisturbance::new_group_twice:
      return make_group_anew(2);
    case DaveDisturbance::version_without_group:
      return change_version_without_group();
    case DaveDisturbance::version_with_same_group:
      return change_version_with_same_group();
  }
}

void DeliveryCall::send_other_external_sender() {
  mls::ExternalSender other = external_sender();
  other.signature_key = mls::public_key_of(mls::PrivateKey::generate());
  for (const auto& [user, seat] : seats_)
    send_binary(user, dave::Opcode::external_sender, mls::encoded(other));
}

void DeliveryCall::add_stranger() { send_bait(made_up_key_package(kStranger)); }

void DeliveryCall::add_user_twice() {
  if (seats_.empty()) return;
  send_bait(made_up_key_package(seats_.begin()->first));
  revoke_baits_at_ = now_ + kBaitRevokedAfter;  // until then nobody can commit anything
}

/// An Add that nobody may commit.
void DeliveryCall::send_bait(const mls::OwnKeyPackage& bait) {
  const mls::MlsMessage message = signed_proposal({mls::Add{bait.key_package}});
  baits_.insert(ref_of(message));
  for (const auto& [user, seat] : seats_) {
    if (may_commit(seat)) send_binary(user, dave::Opcode::proposals, append_proposals({message}));
  }
}

void DeliveryCall::revoke_baits() {
  revoke_baits_at_ = TimePoint::max();
  for (const auto& [user, seat] : seats_) {
    if (may_commit(seat)) send_binary(user, dave::Opcode::proposals, revoke_proposals(baits_));
  }
}

void DeliveryCall::execute_unknown_transition() {
  for (const auto& [user, seat] : seats_) {
    send_text(user, dave::Opcode::execute_transition, {{"transition_id", kNeverPrepared}});
  }
}

/// DAVE, "Downgrade to Transport-Only Encryption", and back.
void DeliveryCall::change_version_without_group() {
  version_ = 0;
  forget_proposals();
  prepare_transition(0);
  old_group_until_ = now_ + kBackAfter;
  upgrade_at_ = now_ + kBackAfter;
}

/// The initial transition waits for nobody's word: each is executed as soon as it is announced.
void DeliveryCall::flood_with_transitions(std::uint64_t changes, TimePoint now) {
  now_ = now;
  for (std::uint64_t i = 0; i < changes; ++i) {
    const int version = i % 2 == 0 ? 0 : version_;
    for (const auto& [user, seat] : seats_) {
      send_text(user, dave::Opcode::prepare_transition,
                {{"transition_id", dave::kInitialTransition}, {"protocol_version", version}});
    }
  }
  change_version_without_group();
}

/// DAVE, "Protocol Version Changes": when the group stays, the announced epoch is the current one.
/// From the second epoch on: with the first one opcode 24 means a new group.
void DeliveryCall::change_version_with_same_group() {
  if (!group_ || epoch() < 2) return;
  for (const auto& [user, seat] : seats_) {
    send_text(user, dave::Opcode::prepare_epoch, {{"protocol_version", version_}, {"epoch", epoch()}});
  }
  prepare_transition(version_);
}

}  // namespace vcplay::rehearsal
