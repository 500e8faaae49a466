// One reader's place in a FrameLog.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "base/opus_frame.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::stream {

/// Reads a FrameLog, frame by frame. It may be made and destroyed on any thread and lives on its reader's; it
/// neither allocates nor locks.
///
/// A reader that sends in time says take_up() before each front() and rest() when it takes no more for now. A
/// cursor that keeps time with others (Retention::window) then comes back where these are. One that reads a
/// stream as a whole comes back where it was.
class FrameCursor {
 public:
  explicit FrameCursor(FrameLog& log) noexcept : log_(log) {}
  ~FrameCursor() { rest(); }
  FrameCursor(const FrameCursor&) = delete;
  FrameCursor& operator=(const FrameCursor&) = delete;

  /// The next frame is for the slot that begins at `slot`.
  void take_up(TimePoint slot) noexcept;
  void rest() noexcept;

  /// nullptr: nothing is there. The same frame until pop().
  [[nodiscard]] const OpusFrame* front() noexcept;
  void pop() noexcept;
  /// True once every frame was taken and no more will come.
  [[nodiscard]] bool drained() const noexcept;
  /// The frame that comes next is missing, and silence is sent in its place.
  void note_underrun() noexcept { log_.note_underrun(next()); }

  [[nodiscard]] bool finished() const noexcept { return log_.finished(); }
  /// How many frames wait for this cursor.
  [[nodiscard]] std::size_t size() const noexcept { return log_.waiting_from(next()); }
  [[nodiscard]] std::size_t capacity() const noexcept { return log_.capacity(); }
  /// True when other cursors take frames in time, and this one, which rests, would join them.
  [[nodiscard]] bool is_under_way() const noexcept {
    return !is_taking_ && !log_.keeps_whole() && log_.clock().has_takers();
  }
  [[nodiscard]] const StreamClock& clock() const noexcept { return log_.clock(); }

  /// Any thread: how many frames passed that this cursor, once it had begun, did not take.
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_.load(std::memory_order_relaxed); }

 private:
  enum class Source : std::uint8_t { none, ring, kept, ending };

  [[nodiscard]] std::uint64_t next() const noexcept;
  void go_to(std::uint64_t number) noexcept;
  [[nodiscard]] Source read() noexcept;
  void read_kept() noexcept;

  FrameLog& log_;
  std::uint64_t position_ = 0;    // the number of the next frame
  bool is_taking_ = false;        // in time with the clock
  bool has_begun_ = false;        // has taken a frame
  Source source_ = Source::none;  // where front_, the next frame, is from; none: it has not been read
  KeptFrames::Place place_;       // in front of the kept frame with this number:
  std::uint64_t place_number_ = 0;
  OpusFrame front_{};
  std::atomic<std::uint64_t> skipped_{0};
};

}  // namespace vcplay::stream
