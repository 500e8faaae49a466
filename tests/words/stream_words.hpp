// Words for tests of a stream: a writer who numbers frames, readers who say which they got.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.hpp"
#include "stream/frame_cursor.hpp"

namespace vcplay::stream {

/// A frame that can be told from all others: `bytes` of it, each of which depends on its number.
inline void make_frame(OpusFrame& frame, std::uint64_t number, std::size_t bytes = 40) {
  frame.size = static_cast<std::uint16_t>(bytes);
  for (std::size_t i = 0; i < bytes; ++i) frame.bytes[i] = static_cast<std::uint8_t>(number * 31 + i);
  frame.track = static_cast<std::uint32_t>(number % 7);
  frame.track_frame = number;
}
/// True when it is as make_frame() made it.
inline bool is_intact(const OpusFrame& frame) {
  OpusFrame expected{};
  make_frame(expected, frame.track_frame, frame.size);
  const ByteView a = frame.view();
  const ByteView b = expected.view();
  return frame.track == expected.track && std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// The media thread.
class Writer {
 public:
  explicit Writer(FrameLog& log) : log_(log) {}
  /// False when it is as far ahead as it may be.
  bool write(std::size_t bytes = 40) {
    OpusFrame* const frame = log_.claim();
    if (frame == nullptr) return false;
    make_frame(*frame, next_++, bytes);
    log_.publish();
    return true;
  }
  /// Up to `most` frames; how many it were.
  int fill(int most = 1'000'000, std::size_t bytes = 40) {
    int written = 0;
    while (written < most && write(bytes)) ++written;
    return written;
  }

 private:
  FrameLog& log_;
  std::uint64_t next_ = 0;
};

/// The next frame's number in words: "7"; "-" when there is none, "!" when it is not as it was written.
inline std::string take(FrameCursor& cursor) {
  const OpusFrame* const frame = cursor.front();
  if (frame == nullptr) return "-";
  std::string word = is_intact(*frame) ? std::to_string(frame->track_frame) : "!";
  cursor.pop();
  return word;
}
/// ... for the slot that begins at `slot`.
inline std::string take(FrameCursor& cursor, TimePoint slot) {
  cursor.take_up(slot);
  return take(cursor);
}

}  // namespace vcplay::stream
