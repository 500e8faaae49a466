// What listeners will hear of frames that wait in a queue.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "stream/frame_log.hpp"

namespace vcplay::media {

/// Those that are to be exchanged for others, and those before them that tell a decoder and an
/// encoder where they are.
struct WaitingFrames {
  /// Frames after which what a decoder makes differs by -60 dB from what it would have made,
  /// an encoder by -40.
  static constexpr std::size_t kPreroll = 10;
  static constexpr std::size_t kHeadStart = 3;  // that are sent while we work: 60 ms, of which we need a few

  std::size_t first;  // of the preroll
  std::size_t from;
  std::size_t end;  // behind the last that waits

  /// Nothing: none was sent yet, or none waits beyond the head start. A queue that is full has nothing left
  /// of what was sent: then the music goes on as it is for a little longer.
  [[nodiscard]] static std::optional<WaitingFrames> in(const stream::FrameLog& queue);
};

/// The sound of the frames from number `first` on, up to `end`, interleaved, as a decoder gives it that
/// begins there; nothing when one of them is not 20 ms of Opus.
[[nodiscard]] std::optional<std::vector<float>> heard(const stream::FrameLog& queue, std::size_t first,
                                                      std::size_t end);

}  // namespace vcplay::media
