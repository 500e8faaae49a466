// Where the sender's time comes from.
#pragma once

#include "base/clock.hpp"

namespace vcplay::voice {

/// Tells the sender thread the time and lets it wait for a deadline.
class Pacer {
 public:
  virtual ~Pacer() = default;
  [[nodiscard]] virtual TimePoint now() noexcept = 0;
  /// Returns at `deadline` or a little later; at once when it has passed.
  virtual void sleep_until(TimePoint deadline) noexcept = 0;
  /// Called when the queue is dry although more will come: true when the clock must stand still until there is data
  /// (an unthrottled rehearsal), false when time runs on (the real world).
  [[nodiscard]] virtual bool waits_for_data() noexcept { return false; }
};

/// clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME).
class MonotonicPacer final : public Pacer {
 public:
  [[nodiscard]] TimePoint now() noexcept override;
  void sleep_until(TimePoint deadline) noexcept override;
};

/// For the calling thread: timer slack 1 ns, SCHED_FIFO where the system allows it. True when it got SCHED_FIFO.
bool make_thread_punctual() noexcept;

}  // namespace vcplay::voice
