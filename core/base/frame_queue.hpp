// The one crossing between the media thread and the sender thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>

#include "base/opus_frame.hpp"
#include "base/spsc_ring.hpp"

namespace vcplay {

/// Holds about a second of OpusFrames on their way from the media thread to the sender.
class FrameQueue {
 public:
  static constexpr std::size_t kDefaultFrames = 64;  // 1.28 s

  /// What a stream ends with that is stopped in the middle.
  using Ending = std::array<OpusFrame, 2>;

  explicit FrameQueue(std::size_t frames = kDefaultFrames) : ring_(frames) {}

  // ── media thread ──
  [[nodiscard]] OpusFrame* claim() noexcept { return ring_.claim(); }  // nullptr: full
  void publish() noexcept { ring_.publish(); }
  /// After the last frame: nothing more will come.
  void finish() noexcept { finished_.store(true, std::memory_order_release); }

  /// How many frames were ever published; the last capacity() of them can be looked at, taken or not.
  [[nodiscard]] std::size_t published() const noexcept { return ring_.published(); }
  [[nodiscard]] const OpusFrame& peek(std::size_t index) const noexcept { return ring_.peek(index); }
  /// Once: `ending` takes the place of the frames from number `from` on, all of which are published; nothing
  /// comes after it. A sender that is past it by then has nothing more to take.
  void end_with(std::size_t from, const Ending& ending) noexcept {
    ending_ = ending;
    end_.store(from + ending.size(), std::memory_order_release);
    finish();
  }

  /// How often the sender found nothing to send and sent silence. A frame that is put afterwards follows it.
  [[nodiscard]] std::uint32_t underruns() const noexcept {
    return underruns_.load(std::memory_order_acquire);
  }

  // ── sender thread ──
  void note_underrun() noexcept { underruns_.fetch_add(1, std::memory_order_release); }
  /// nullptr: empty. The same frame until pop().
  [[nodiscard]] const OpusFrame* front() noexcept {
    if (front_ == nullptr) front_ = next();
    return front_;
  }
  void pop() noexcept {
    front_ = nullptr;
    ring_.pop();
  }
  /// True once every frame was taken and no more will come.
  [[nodiscard]] bool drained() noexcept {
    return finished_.load(std::memory_order_acquire) && front() == nullptr;
  }

  // ── any thread ──
  [[nodiscard]] bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t size() const noexcept {
    const std::size_t end = end_.load(std::memory_order_acquire);
    const std::size_t taken = ring_.taken();
    return std::min(ring_.size(), end - std::min(end, taken));
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }
  /// How many frames were ever taken.
  [[nodiscard]] std::size_t taken() const noexcept { return ring_.taken(); }

 private:
  static constexpr std::size_t kNever = static_cast<std::size_t>(-1);

  [[nodiscard]] const OpusFrame* next() noexcept {
    const std::size_t end = end_.load(std::memory_order_acquire);
    const std::size_t taken = ring_.taken();
    if (end == kNever || taken + ending_.size() < end) return ring_.front();
    return taken < end ? &ending_[ending_.size() - (end - taken)] : nullptr;
  }

  SpscRing<OpusFrame> ring_;
  std::atomic<bool> finished_{false};
  std::atomic<std::uint32_t> underruns_{0};
  Ending ending_{};                       // written before end_
  std::atomic<std::size_t> end_{kNever};  // the number of the frame behind the ending
  const OpusFrame* front_ = nullptr;      // of the sender
};

}  // namespace vcplay
