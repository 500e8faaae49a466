#include "media/ac3_frames.hpp"

#include "media/ffmpeg.hpp"

namespace vcplay::media {

Ac3Frames ac3_frames(ByteView packet) noexcept {
  Ac3Frames frames;
  while (frames.whole < packet.size()) {
    const ByteView rest = packet.subspan(frames.whole);
    std::uint8_t version = 0;
    std::uint16_t bytes = 0;
    if (av_ac3_parse_header(rest.data(), rest.size(), &version, &bytes) < 0 || bytes == 0) break;
    if (bytes > rest.size()) return {frames.whole, true};
    frames.whole += bytes;
  }
  return frames;
}

}  // namespace vcplay::media
