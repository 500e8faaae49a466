// When which version and which key came into force for one member.
#pragma once

#include <map>
#include <optional>

#include "base/clock.hpp"
#include "dave/messages.hpp"
#include "rehearsal/dave_message.hpp"

namespace vcplay::rehearsal {

/// What the voice server told one member about transitions, and when: what the member may know of them.
class TransitionLog {
 public:
  /// SESSION_DESCRIPTION.
  void begin(int version);
  void note(const DaveMessage& message, TimePoint now);

  [[nodiscard]] int version() const noexcept { return version_; }
  /// When the version in force took the place of another; nothing when it is the session's first.
  [[nodiscard]] std::optional<TimePoint> version_changed() const noexcept { return version_changed_; }
  /// Some version in this session was not 0.
  [[nodiscard]] bool has_encrypted() const noexcept { return has_encrypted_; }
  /// When `transition` was executed, the latest one of that number.
  [[nodiscard]] std::optional<TimePoint> executed(dave::TransitionId transition) const;

 private:
  void prepare(dave::TransitionId transition, int version, TimePoint now);
  void execute(dave::TransitionId transition, TimePoint now);
  void adopt(int version, TimePoint now);

  int version_ = 0;
  int group_version_ = 0;
  bool has_encrypted_ = false;
  std::optional<TimePoint> version_changed_;
  std::map<dave::TransitionId, int> prepared_;
  std::map<dave::TransitionId, TimePoint> executed_;
};

}  // namespace vcplay::rehearsal
