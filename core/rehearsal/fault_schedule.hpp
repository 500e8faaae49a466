// When which fault is due.
#pragma once

#include <map>
#include <optional>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/fault.hpp"

namespace vcplay::rehearsal {

/// Holds a script against the clock, which the first account that plays sets going.
class FaultSchedule {
 public:
  explicit FaultSchedule(const FaultScript& script) {
    for (const ScriptedFault& one : script) plans_.emplace(TimePoint(one.at), one.fault);
  }

  /// An account's audio packet came; only the first of all counts.
  void on_audio(Snowflake speaker, TimePoint now) {
    if (target_) return;
    target_ = speaker;
    begin_ = now.time_since_epoch();
  }
  /// Whom the faults happen to; nothing before its first audio packet.
  [[nodiscard]] std::optional<Snowflake> target() const noexcept { return target_; }
  /// The next fault that is due by `now`.
  [[nodiscard]] std::optional<Fault> next(TimePoint now) {
    if (const auto due = deadline(); !due || *due > now) return std::nullopt;
    return plans_.extract(plans_.begin()).mapped();
  }
  [[nodiscard]] std::optional<TimePoint> deadline() const {
    if (!target_ || plans_.empty()) return std::nullopt;
    return plans_.begin()->first + begin_;
  }
  /// Everybody's clock went on by so much while ours stood still.
  void stood_still(Duration span) { begin_ -= span; }

 private:
  std::multimap<TimePoint, Fault> plans_;  // since the beginning
  std::optional<Snowflake> target_;
  Duration begin_{};
};

}  // namespace vcplay::rehearsal
