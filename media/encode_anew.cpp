#include "media/encode_anew.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "media/opus_encoder.hpp"
#include "media/waiting_sound.hpp"

namespace vcplay::media {
namespace {

constexpr double kTolerance = 1.1;  // a variable bitrate swings about its target

bool take_more_than(int bitrate, const stream::FrameLog& queue, const WaitingFrames& waiting) {
  std::size_t bytes = 0;
  for (std::size_t frame = waiting.from; frame < waiting.end; ++frame) bytes += queue.peek(frame).size;
  const auto frames = static_cast<double>(waiting.end - waiting.from);
  return static_cast<double>(bytes) * 8 * 50 > kTolerance * bitrate * frames;
}

}  // namespace

void encode_anew(stream::FrameLog& queue, int bitrate, const EncoderOptions& options) {
  constexpr std::size_t kFrameValues = kSamplesPerFrame * kChannels;
  const auto waiting = WaitingFrames::in(queue);
  if (!waiting || queue.keeps_whole() || !take_more_than(bitrate, queue, *waiting)) return;
  const std::size_t first = waiting->first;
  const std::size_t end = waiting->end;
  const auto sound = heard(queue, first, end);
  if (!sound) return;
  OpusEncoder encoder(bitrate, options);
  // What is given to an encoder comes out of a decoder by its delay later, so it is given that much earlier.
  // The last frame that waits is there for that alone.
  const auto samples = std::span<const float>(*sound).subspan(encoder.lookahead() * kChannels);
  const auto frame_at = [&](std::size_t frame) {
    return samples.subspan((frame - first) * kFrameValues, kFrameValues);
  };
  std::array<std::uint8_t, kMaxOpusBytes> nobody_hears_it{};
  for (std::size_t frame = first; frame < waiting->from; ++frame) {
    static_cast<void>(encoder.encode(frame_at(frame), nobody_hears_it));
  }
  encoder.follow_other(false);
  std::vector<OpusFrame> frames;
  for (std::size_t frame = waiting->from; frame + 1 < end; ++frame) {
    OpusFrame& out = frames.emplace_back(queue.peek(frame));
    out.size = encoder.encode(frame_at(frame), out.bytes);
  }
  static_cast<void>(queue.replace(waiting->from, frames));
}

}  // namespace vcplay::media
