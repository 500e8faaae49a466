// A stream that a test itself reads.
#pragma once

#include "stream/frame_cursor.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {

/// A FrameLog and its only reader.
class ReadLog : public stream::FrameLog {
 public:
  using FrameLog::FrameLog;
  [[nodiscard]] const OpusFrame* front() noexcept { return cursor_.front(); }
  void pop() noexcept { cursor_.pop(); }
  [[nodiscard]] bool drained() const noexcept { return cursor_.drained(); }
  void note_underrun() noexcept { cursor_.note_underrun(); }

 private:
  stream::FrameCursor cursor_{*this};
};

/// The next frame, as soon as there is one; nullptr when no more will come, or when none came in time, which
/// fails the test.
inline const OpusFrame* next_frame(ReadLog& log) {
  static_cast<void>(eventually("a frame is in the log, or the log has ended",
                               [&] { return log.front() != nullptr || log.drained(); }));
  return log.front();
}

}  // namespace vcplay::testing
