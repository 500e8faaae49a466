// When what was prepared is executed (DAVE, "Protocol Transitions", "Protocol Version
// Changes", "Sole member reset").
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "rehearsal/delivery_call.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

// DAVE, "Member Remove": roughly two seconds.
constexpr Duration kTransitionTimeout = 2s;
// How long after a group is gone its messages may still arrive.
constexpr Duration kOnItsWay = 2s;

json transition_of(dave::TransitionId id) { return {{"transition_id", id}}; }

}  // namespace

dave::TransitionId DeliveryCall::begin_transition(int version, const std::set<Snowflake>& told) {
  if (++last_transition_ == dave::kInitialTransition) ++last_transition_;
  transitions_[last_transition_] = {version, told, told, now_ + kTransitionTimeout};
  return last_transition_;
}

/// Opcode 21 to everybody.
void DeliveryCall::prepare_transition(int version) {
  std::set<Snowflake> all;
  for (const auto& [user, seat] : seats_) all.insert(user);
  const dave::TransitionId id = begin_transition(version, all);
  for (const Snowflake user : all) {
    send_text(user, dave::Opcode::prepare_transition, {{"transition_id", id}, {"protocol_version", version}});
  }
}

void DeliveryCall::on_ready(Snowflake user, dave::TransitionId transition, TimePoint now) {
  now_ = now;
  if (late_.erase({user, transition}) > 0) return;
  const auto found = transitions_.find(transition);
  if (found == transitions_.end() || found->second.waiting_for.erase(user) == 0) {
    // After a resume nobody knows which of his last words arrived.
    if (desk_.books.of(user).facts.voice_resumes > 0) return;
    return breach(user, Rule::dave_ready,
                  fmt::format("opcode 23 names transition {}, for which it was not asked", transition));
  }
  if (found->second.waiting_for.empty()) execute(transition);
}

/// Opcode 22.
void DeliveryCall::execute(dave::TransitionId id) {
  const auto node = transitions_.extract(id);
  if (node.empty()) return;  // gone with the group
  const Transition& transition = node.mapped();
  const bool says_so = !desk_.options.dave_faults.never_executes;
  for (const Snowflake user : transition.told) {
    if (says_so) {
      send_text(user, dave::Opcode::execute_transition, transition_of(id));
    } else {
      seats_.at(user).spoiled.insert(id);
    }
  }
  if (transition.version == 0) forget_group();
}

void DeliveryCall::time_out_transitions() {
  std::vector<dave::TransitionId> due;
  for (const auto& [id, transition] : transitions_) {
    if (transition.due > now_) continue;
    due.push_back(id);
    for (const Snowflake user : transition.waiting_for) {
      late_.insert({user, id});
      if (seats_.at(user).spoiled.count(id) > 0 || desk_.is_away(user)) continue;
      breach(user, Rule::dave_ready_missing,
             fmt::format("no opcode 23 for transition {} came within 2 s", id));
    }
  }
  for (const dave::TransitionId id : due) execute(id);
}

void DeliveryCall::no_longer_in_transitions(Snowflake user) {
  std::vector<dave::TransitionId> complete;
  for (auto& [id, transition] : transitions_) {
    transition.told.erase(user);
    if (transition.waiting_for.erase(user) > 0 && transition.waiting_for.empty()) complete.push_back(id);
  }
  for (const dave::TransitionId id : complete) execute(id);
}

/// Opcode 24 with epoch 1: everybody begins with a new key package.
void DeliveryCall::make_group_anew(int times) {
  forget_group();
  for (auto& [user, seat] : seats_) {
    for (int i = 0; i < times; ++i) {
      send_text(user, dave::Opcode::prepare_epoch, {{"protocol_version", version_}, {"epoch", 1}});
    }
    ask_for_key_package(seat, times);
  }
}

/// DAVE, "Sole member reset": no single member retains control of an established group.
void DeliveryCall::reset_sole_member() {
  const Snowflake user = seats_.begin()->first;
  if (desk_.options.dave_faults.alone_is_plain) {
    forget_group();
    version_ = 0;
    alone_in_plain_ = true;
  } else {
    make_group_anew();
  }
  send_text(user, dave::Opcode::prepare_transition,
            {{"transition_id", dave::kInitialTransition}, {"protocol_version", version_}});
}

void DeliveryCall::forget_group() {
  group_.reset();
  forget_proposals();
  old_group_until_ = now_ + kOnItsWay;
  for (const auto& [id, transition] : transitions_) {
    for (const Snowflake user : transition.waiting_for) late_.insert({user, id});
  }
  transitions_.clear();
  for (auto& [user, seat] : seats_) {
    seat.established = false;
    seat.key_package.reset();
  }
}

/// DAVE, "Upgrade from Transport-Only Encryption".
void DeliveryCall::upgrade() {
  upgrade_at_ = TimePoint::max();
  alone_in_plain_ = false;
  version_ = 1;
  make_group_anew();
}

}  // namespace vcplay::rehearsal
