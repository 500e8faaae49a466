// The one crossing between the media thread and the sender thread.
#pragma once

#include <atomic>

#include "base/opus_frame.hpp"
#include "base/spsc_ring.hpp"

namespace vcplay {

/// Holds about a second of OpusFrames on their way from the media thread to the sender.
class FrameQueue {
 public:
  static constexpr std::size_t kDefaultFrames = 64;  // 1.28 s

  explicit FrameQueue(std::size_t frames = kDefaultFrames) : ring_(frames) {}

  // ── media thread ──
  [[nodiscard]] OpusFrame* claim() noexcept { return ring_.claim(); }  // nullptr: full
  void publish() noexcept { ring_.publish(); }
  /// After the last frame: nothing more will come.
  void finish() noexcept { finished_.store(true, std::memory_order_release); }

  // ── sender thread ──
  [[nodiscard]] const OpusFrame* front() noexcept { return ring_.front(); }  // nullptr: empty
  void pop() noexcept { ring_.pop(); }
  /// True once every frame was taken and no more will come.
  [[nodiscard]] bool drained() noexcept {
    return finished_.load(std::memory_order_acquire) && ring_.front() == nullptr;
  }

  // ── any thread ──
  [[nodiscard]] bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t size() const noexcept { return ring_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }

 private:
  SpscRing<OpusFrame> ring_;
  std::atomic<bool> finished_{false};
};

}  // namespace vcplay
