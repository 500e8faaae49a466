// The one crossing between the media thread and whoever sends.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/opus_frame.hpp"
#include "stream/frame_ring.hpp"
#include "stream/kept_frames.hpp"
#include "stream/stream_clock.hpp"

namespace vcplay::stream {

class FrameCursor;

/// What a FrameLog keeps of a stream.
enum class Retention : std::uint8_t {
  window,  // about the last second; a cursor that comes late takes up at the present frame
  whole,   // everything, KeptFrames::kMostBytes at most; each cursor begins with the first frame
};

/// A stream of OpusFrames that one thread writes and any number of FrameCursors read. The writer is about a
/// second ahead of the foremost cursor; no cursor waits for another one.
class FrameLog {
 public:
  static constexpr std::size_t kDefaultFrames = 64;  // 1.28 s

  /// What a stream ends with that is stopped in the middle.
  using Ending = std::array<OpusFrame, 2>;

  /// The writer may be at least `frames` ahead.
  explicit FrameLog(std::size_t frames = kDefaultFrames, Retention retention = Retention::window);
  FrameLog(const FrameLog&) = delete;
  FrameLog& operator=(const FrameLog&) = delete;

  /// Before the first frame is published: how much is kept.
  void retain(Retention retention) noexcept {
    keeps_whole_.store(retention == Retention::whole, std::memory_order_release);
  }
  /// How many frames with so many bytes of Opus each Retention::whole keeps.
  [[nodiscard]] static std::uint64_t room_for(std::size_t opus_bytes) noexcept {
    return KeptFrames::room_for(opus_bytes);
  }

  // ── media thread ──
  /// The frame to fill, which publish() hands over; nullptr: as far ahead as it may be.
  [[nodiscard]] OpusFrame* claim() noexcept;
  void publish() noexcept;
  /// After the last frame: nothing more will come.
  void finish() noexcept { finished_.store(true, std::memory_order_release); }

  /// How many frames were ever published; the last capacity() of them can be looked at, taken or not.
  [[nodiscard]] std::size_t published() const noexcept { return published_.load(std::memory_order_relaxed); }
  [[nodiscard]] OpusFrame peek(std::size_t number) const noexcept;
  /// `frames` take the place of those from number `from` on, all of which are published, for whoever has not
  /// read them yet. False, and nothing happens: the stream is kept whole, some that were replaced before may
  /// still be read, or there is no memory for it.
  [[nodiscard]] bool replace(std::size_t from, std::span<const OpusFrame> frames) noexcept;
  /// Once: `ending` takes the place of the frames from number `from` on, all of which are published; nothing
  /// comes after it. A cursor that is past it by then has nothing more to take.
  void end_with(std::size_t from, const Ending& ending) noexcept;

  /// How often a cursor found nothing to send and sent silence; those that find the same frame missing count
  /// as one. A frame that is published afterwards follows it.
  [[nodiscard]] std::uint32_t underruns() const noexcept {
    return underruns_.load(std::memory_order_acquire);
  }

  // ── any thread ──
  [[nodiscard]] bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// The number of the frame that the foremost cursor takes next: how many have ever been taken.
  [[nodiscard]] std::size_t taken() const noexcept { return taken_.load(std::memory_order_acquire); }
  /// How many frames wait for the foremost cursor.
  [[nodiscard]] std::size_t size() const noexcept { return waiting_from(taken()); }
  [[nodiscard]] bool keeps_whole() const noexcept { return keeps_whole_.load(std::memory_order_acquire); }
  /// False once it was too much for Retention::whole: what came afterwards is kept as a window.
  [[nodiscard]] bool kept_all() const noexcept { return kept_end_.load(std::memory_order_acquire) == kNever; }
  [[nodiscard]] StreamClock& clock() noexcept { return clock_; }
  [[nodiscard]] const StreamClock& clock() const noexcept { return clock_; }

 private:
  friend class FrameCursor;
  static constexpr std::uint64_t kNever = UINT64_MAX;
  /// So many frames stay readable behind the foremost cursor: for cursors whose slots come later, and for
  /// those that were held up for a moment.
  static constexpr std::size_t kBehind = 16;  // 320 ms

  /// How many frames there are from number `next` on.
  [[nodiscard]] std::size_t waiting_from(std::uint64_t next) const noexcept;
  [[nodiscard]] bool is_kept(std::uint64_t number) const noexcept {
    return keeps_whole() && number < kept_end_.load(std::memory_order_acquire);
  }
  [[nodiscard]] bool read(std::uint64_t number, OpusFrame& frame) const noexcept;
  void reach(std::uint64_t number) noexcept;
  void note_underrun(std::uint64_t number) noexcept;

  const std::size_t capacity_;
  FrameRing ring_;  // of all that the writer may be ahead, and kBehind
  KeptFrames kept_;
  OpusFrame draft_{};                 // of the media thread
  Ending ending_{};                   // written before end_
  std::unique_ptr<FrameRing> again_;  // frames that were replaced; made before again_end_ is first set
  std::atomic<bool> keeps_whole_;
  std::atomic<bool> finished_{false};
  std::atomic<std::uint64_t> end_{kNever};       // the number of the frame behind the ending
  std::atomic<std::uint64_t> kept_end_{kNever};  // from this frame on none is kept
  std::atomic<std::uint64_t> again_from_{0};     // these frames are in again_:
  std::atomic<std::uint64_t> again_end_{0};
  std::atomic<std::uint32_t> underruns_{0};
  std::atomic<std::uint64_t> dry_{0};  // behind the last frame that was missing
  StreamClock clock_;
  alignas(64) std::atomic<std::uint64_t> published_{0};
  alignas(64) std::atomic<std::uint64_t> taken_{0};  // by the foremost cursor
};

}  // namespace vcplay::stream
