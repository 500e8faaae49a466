// What the watchdog may know of the media thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/thread_annotations.hpp"

namespace vcplay::media {

/// Tells any thread whether the media thread is at work and when it last got anywhere.
class Progress {
 public:
  /// Whom the media thread waits for, as far as a person would want to know.
  enum class Awaits : std::uint8_t { nobody, pipe, server, measurement };

  // ── media thread ──
  void enter(std::string location) {
    {
      const Lock lock(mutex_);
      location_ = std::move(location);
    }
    made();
    busy_.store(true, std::memory_order_release);
  }
  void leave() noexcept { busy_.store(false, std::memory_order_release); }
  /// Audio came out.
  void made() noexcept {
    since_.store(now(), std::memory_order_relaxed);
    times_.fetch_add(1, std::memory_order_relaxed);
  }
  /// It waits for somebody else somewhere inside a library, and is asked whether to go on: no hang, so far.
  void waits() noexcept { since_.store(now(), std::memory_order_relaxed); }
  /// How often it got anywhere.
  [[nodiscard]] std::uint64_t times() const noexcept { return times_.load(std::memory_order_relaxed); }

  /// While one of these lives the media thread waits for somebody else. The time does not count against it: a
  /// decoder that gets nowhere on a slow pipe is noticed all the same, only later.
  class Wait {
   public:
    explicit Wait(Progress& progress, Awaits whom = Awaits::nobody) noexcept
        : progress_(progress), started_(now()) {
      progress_.awaits_.store(whom, std::memory_order_relaxed);
      progress_.leave();
    }
    ~Wait() {
      progress_.awaits_.store(Awaits::nobody, std::memory_order_relaxed);
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
  [[nodiscard]] Awaits awaits() const noexcept { return awaits_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool busy() const noexcept { return busy_.load(std::memory_order_acquire); }
  [[nodiscard]] TimePoint since() const noexcept {
    return TimePoint(Duration(since_.load(std::memory_order_relaxed)));
  }
  /// Of the file or list that it is busy with.
  [[nodiscard]] std::string location() const {
    const Lock lock(mutex_);
    return location_;
  }

 private:
  [[nodiscard]] static Duration::rep now() noexcept {
    return std::chrono::duration_cast<Duration>(Clock::now().time_since_epoch()).count();
  }

  std::atomic<bool> busy_{false};
  std::atomic<Awaits> awaits_{Awaits::nobody};
  std::atomic<Duration::rep> since_{now()};
  std::atomic<std::uint64_t> times_{0};
  mutable Mutex mutex_;
  std::string location_ GUARDED_BY(mutex_);
};

}  // namespace vcplay::media
