// The heartbeat that both of Discord's gateways ask for in their HELLO.
#pragma once

#include <optional>

#include "base/clock.hpp"

namespace vcplay {

/// Says when the next heartbeat is due, and when the peer has left too many of them unanswered.
class Heartbeat {
 public:
  enum class Due { nothing, beat, lost };

  /// `tolerated`: beats that may stand unanswered at the moment when another falls due.
  explicit Heartbeat(int tolerated) noexcept : tolerated_(tolerated) {}

  /// What HELLO's `heartbeat_interval` means; nothing when it is no sane number of milliseconds.
  [[nodiscard]] static std::optional<Duration> interval(std::optional<double> milliseconds) noexcept {
    if (!milliseconds || !(*milliseconds >= 10.0) || *milliseconds > 3'600'000.0) return std::nullopt;
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(*milliseconds));
  }

  void start(TimePoint first, Duration interval) noexcept {
    next_ = first;
    interval_ = interval;
    unanswered_ = 0;
  }
  void stop() noexcept { next_.reset(); }
  /// `beat` counts as sent.
  [[nodiscard]] Due on_time(TimePoint now) noexcept {
    if (!next_ || now < *next_) return Due::nothing;
    if (unanswered_ > tolerated_) return Due::lost;
    ++unanswered_;
    *next_ += interval_;
    if (*next_ <= now) *next_ = now + interval_;  // after a stall: no burst of beats
    return Due::beat;
  }
  void on_ack() noexcept { unanswered_ = 0; }
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept { return next_; }

 private:
  int tolerated_;
  int unanswered_ = 0;
  Duration interval_{};
  std::optional<TimePoint> next_;
};

}  // namespace vcplay
