// What a packet of AC-3 or E-AC-3 consists of.
#pragma once

#include <cstddef>

#include "base/bytes.hpp"

namespace vcplay::media {

/// The frames in one packet, which FFmpeg's parser ends where the next one begins: the last one of a file has
/// everything behind it that is no frame.
struct Ac3Frames {
  std::size_t whole = 0;  // bytes of frames that are whole
  bool is_cut = false;    // behind them another one begins, and does not end
};

/// ETSI TS 102 366, 5.3.1 and E.1.2.1.
[[nodiscard]] Ac3Frames ac3_frames(ByteView packet) noexcept;

}  // namespace vcplay::media
