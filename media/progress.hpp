// What the watchdog may know of the media thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace vcplay::media {

/// Tells any thread whether the media thread is at work and when it last got anywhere.
class Progress {
 public:
  // ── media thread ──
  void enter(std::uint32_t track) noexcept {
    track_.store(track, std::memory_order_relaxed);
    made();
    busy_.store(true, std::memory_order_release);
  }
  void leave() noexcept { busy_.store(false, std::memory_order_release); }
  /// Audio came out.
  void made() noexcept { since_.store(now(), std::memory_order_relaxed); }

  /// While one of these lives the media thread waits for somebody else. The time does not count against it: a
  /// decoder that gets nowhere on a slow pipe is noticed all the same, only later.
  class Wait {
   public:
    explicit Wait(Progress& progress) noexcept : progress_(progress), started_(now()) { progress_.leave(); }
    ~Wait() {
      progress_.since_.fetch_add(now() - started_, std::memory_order_relaxed);
      progress_.busy_.store(true, std::memory_order_release);
    }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    Progress& progress_;
    const Duration::rep started_;
  };

  // ── any thread ──
  [[nodiscard]] bool busy() const noexcept { return busy_.load(std::memory_order_acquire); }
  [[nodiscard]] TimePoint since() const noexcept {
    return TimePoint(Duration(since_.load(std::memory_order_relaxed)));
  }
  [[nodiscard]] std::uint32_t track() const noexcept { return track_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] static Duration::rep now() noexcept {
    return std::chrono::duration_cast<Duration>(Clock::now().time_since_epoch()).count();
  }

  std::atomic<bool> busy_{false};
  std::atomic<Duration::rep> since_{now()};
  std::atomic<std::uint32_t> track_{0};
};

}  // namespace vcplay::media
