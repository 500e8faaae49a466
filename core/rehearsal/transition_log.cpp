#include "rehearsal/transition_log.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace vcplay::rehearsal {

void TransitionLog::begin(int version) {
  *this = {};
  version_ = group_version_ = version;
  has_encrypted_ = version > 0;
}

void TransitionLog::note(const DaveMessage& message, TimePoint now) {
  switch (message.opcode) {
    case dave::Opcode::prepare_transition:
      if (const auto told = dave::read_prepare_transition(json::parse(message.text))) {
        prepare(told->transition, told->version, now);
      }
      break;
    case dave::Opcode::execute_transition:
      if (const auto told = dave::read_execute_transition(json::parse(message.text))) execute(*told, now);
      break;
    case dave::Opcode::prepare_epoch:
      if (const auto told = dave::read_prepare_epoch(json::parse(message.text))) {
        group_version_ = told->version;
      }
      break;
    case dave::Opcode::announce_commit_transition:
    case dave::Opcode::welcome:
      if (const auto told = dave::read_announcement(message.binary)) {
        prepare(told->transition, group_version_, now);
      }
      break;
    default:
      break;
  }
}

void TransitionLog::prepare(dave::TransitionId transition, int version, TimePoint now) {
  prepared_.insert_or_assign(transition, version);
  executed_.erase(transition);  // the number is used again
  if (transition == dave::kInitialTransition) execute(transition, now);
}

void TransitionLog::execute(dave::TransitionId transition, TimePoint now) {
  const auto found = prepared_.find(transition);
  if (found == prepared_.end()) return;
  const int version = found->second;
  prepared_.erase(found);
  executed_.insert_or_assign(transition, now);
  adopt(version, now);
}

void TransitionLog::adopt(int version, TimePoint now) {
  if (version == version_) return;
  version_ = version;
  version_changed_ = now;
  has_encrypted_ = has_encrypted_ || version > 0;
}

std::optional<TimePoint> TransitionLog::executed(dave::TransitionId transition) const {
  const auto found = executed_.find(transition);
  if (found == executed_.end()) return std::nullopt;
  return found->second;
}

}  // namespace vcplay::rehearsal
