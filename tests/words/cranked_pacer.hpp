// A sender thread whose time moves only when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "send/pacer.hpp"

namespace vcplay::send {

/// Every deadline is met exactly.
class CrankedPacer final : public Pacer {
 public:
  // ── the test ──
  /// Lets time pass. Returns when the thread has done all that was due until then, and waits for more.
  void crank_to(TimePoint until) {
    std::unique_lock lock(mutex_);
    until_ = until;
    changed_.notify_all();
    const bool is_done = changed_.wait_for(lock, std::chrono::minutes(1), [&] { return asked_for_ > until; });
    EXPECT_TRUE(is_done) << "the thread does not come to rest";
  }
  /// Time passes as it likes; before the thread ends.
  void let_go() {
    const std::scoped_lock lock(mutex_);
    until_ = TimePoint::max();
    changed_.notify_all();
  }

  // ── the thread ──
  [[nodiscard]] TimePoint now() noexcept override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  void sleep_until(TimePoint deadline) noexcept override {
    std::unique_lock lock(mutex_);
    asked_for_ = deadline;
    changed_.notify_all();
    changed_.wait(lock, [&] { return until_ >= deadline; });
    asked_for_ = TimePoint::min();
    now_ = std::max(now_, deadline);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  TimePoint now_{1s};
  TimePoint until_{};
  TimePoint asked_for_ = TimePoint::min();  // by the thread while it sleeps
};

}  // namespace vcplay::send
