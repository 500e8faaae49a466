#include "media/waiting_sound.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <memory>

namespace vcplay::media {
namespace {

struct Free {
  void operator()(OpusDecoder* decoder) const noexcept { opus_decoder_destroy(decoder); }
};

}  // namespace

std::optional<WaitingFrames> WaitingFrames::in(const stream::FrameLog& queue) {
  const std::size_t published = queue.published();
  const std::size_t taken = queue.taken();
  const std::size_t oldest = published > queue.capacity() ? published - queue.capacity() : 0;
  const std::size_t from = std::max(taken + kHeadStart, oldest + kPreroll);
  if (taken == 0 || from >= published) return std::nullopt;
  return WaitingFrames{from - std::min(from - oldest, kPreroll), from, published};
}

std::optional<std::vector<float>> heard(const stream::FrameLog& queue, std::size_t first, std::size_t end) {
  constexpr std::size_t kFrameValues = kSamplesPerFrame * kChannels;
  int result = OPUS_OK;
  const std::unique_ptr<OpusDecoder, Free> decoder(opus_decoder_create(kSampleRate, kChannels, &result));
  if (decoder == nullptr) return std::nullopt;
  std::vector<float> samples((end - first) * kFrameValues);
  for (std::size_t frame = first; frame < end; ++frame) {
    const OpusFrame packet = queue.peek(frame);
    const int made = opus_decode_float(decoder.get(), packet.bytes.data(), packet.size,
                                       samples.data() + (frame - first) * kFrameValues, kSamplesPerFrame, 0);
    if (made != static_cast<int>(kSamplesPerFrame)) return std::nullopt;
  }
  return samples;
}

}  // namespace vcplay::media
