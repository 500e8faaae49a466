// What any thread may know of the live input that the media thread follows.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/opus_frame.hpp"
#include "media/live_options.hpp"
#include "media/live_pace.hpp"

namespace vcplay::media {

/// Shows the present LivePace, and the sums over those before it.
class LiveGauge {
 public:
  // ── media thread ──
  void show(const LivePace& pace) noexcept {
    live_.store(pace.pace() == Pace::live, std::memory_order_relaxed);
    latency_.store(pace.latency().count(), std::memory_order_relaxed);
    drift_.store(pace.drift(), std::memory_order_relaxed);
    stalls_.store(stalls_before_ + pace.stalls(), std::memory_order_relaxed);
    left_out_.store(left_out_before_ + pace.left_out(), std::memory_order_relaxed);
  }
  /// The track is over.
  void part() noexcept {
    stalls_before_ = stalls_.load(std::memory_order_relaxed);
    left_out_before_ = left_out_.load(std::memory_order_relaxed);
    live_.store(false, std::memory_order_relaxed);
  }

  // ── any thread ──
  [[nodiscard]] LiveFigures read() const noexcept {
    const auto samples = static_cast<std::int64_t>(left_out_.load(std::memory_order_relaxed));
    return {.live = live_.load(std::memory_order_relaxed),
            .latency = Duration(latency_.load(std::memory_order_relaxed)),
            .drift = drift_.load(std::memory_order_relaxed),
            .stalls = stalls_.load(std::memory_order_relaxed),
            .left_out = std::chrono::microseconds(samples * 1'000'000 / kSampleRate)};
  }

 private:
  std::atomic<bool> live_{false};
  std::atomic<Duration::rep> latency_{0};
  std::atomic<double> drift_{0};
  std::atomic<std::uint64_t> stalls_{0};
  std::atomic<std::uint64_t> left_out_{0};  // samples
  std::uint64_t stalls_before_ = 0;
  std::uint64_t left_out_before_ = 0;
};

}  // namespace vcplay::media
