#include "send/pacer.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <cerrno>
#include <ctime>

namespace vcplay::send {
namespace {

// Above every ordinary thread, below what a system's own audio server takes.
constexpr int kRealTimePriority = 5;

}  // namespace

void MonotonicPacer::enter_thread() noexcept { make_thread_punctual(); }

TimePoint MonotonicPacer::now() noexcept { return Clock::now(); }

void MonotonicPacer::sleep_until(TimePoint deadline) noexcept {
  if (deadline <= Clock::now()) return;  // to sleep until the past takes 15 µs
  const auto since_boot = deadline.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  const timespec wake{seconds.count(), (since_boot - seconds).count()};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nullptr) == EINTR) {
  }
}

void MonotonicPacer::hold_until(TimePoint deadline) noexcept {
  while (Clock::now() < deadline) {
  }
}

bool make_thread_punctual() noexcept {
  // The kernel may otherwise gather an ordinary thread's timers within 50 µs.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  sched_param parameters{};
  parameters.sched_priority = kRealTimePriority;
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0;
}

}  // namespace vcplay::send
