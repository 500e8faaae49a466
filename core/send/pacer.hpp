// Where the sender's time comes from.
#pragma once

#include <memory>

#include "base/clock.hpp"

namespace vcplay::send {

/// Tells the sender thread the time and lets it wait for a deadline.
class Pacer {
 public:
  virtual ~Pacer() = default;
  /// Called once, on the sender thread, before anything else.
  virtual void enter_thread() noexcept {}
  [[nodiscard]] virtual TimePoint now() noexcept = 0;
  /// Returns at `deadline` or a little later; at once when it has passed.
  virtual void sleep_until(TimePoint deadline) noexcept = 0;
  /// For the last microseconds: as sleep_until(), without leaving the processor where there is a real one.
  virtual void hold_until(TimePoint deadline) noexcept { sleep_until(deadline); }
  /// Called when the sender waits for frames or for the network thread: true when the clock must stand still
  /// until they act (an unthrottled rehearsal), false when time runs on (the real world).
  [[nodiscard]] virtual bool waits_for_data() noexcept { return false; }
  /// For one more sender thread. nullptr: there is one clock, and one thread.
  [[nodiscard]] virtual std::unique_ptr<Pacer> another() const { return nullptr; }
};

/// clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME), on a thread made punctual.
class MonotonicPacer final : public Pacer {
 public:
  void enter_thread() noexcept override;
  [[nodiscard]] TimePoint now() noexcept override;
  void sleep_until(TimePoint deadline) noexcept override;
  void hold_until(TimePoint deadline) noexcept override;
  [[nodiscard]] std::unique_ptr<Pacer> another() const override { return std::make_unique<MonotonicPacer>(); }
};

/// For the calling thread: timer slack 1 ns, SCHED_FIFO where the system allows it. True
/// when it got SCHED_FIFO.
bool make_thread_punctual() noexcept;

}  // namespace vcplay::send
