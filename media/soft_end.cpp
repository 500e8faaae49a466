#include "media/soft_end.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <optional>
#include <vector>

#include "media/waiting_sound.hpp"

namespace vcplay::media {
namespace {

constexpr std::size_t kFaded = stream::FrameLog::Ending().size();
constexpr std::size_t kFadeSamples = 1440;  // 30 ms
constexpr std::size_t kFrameValues = kSamplesPerFrame * kChannels;

struct Free {
  void operator()(OpusEncoder* encoder) const noexcept { opus_encoder_destroy(encoder); }
};
using EncoderPtr = std::unique_ptr<OpusEncoder, Free>;

/// Falls to silence from sample `from` on.
void fade(std::vector<float>& samples, std::size_t from) {
  for (std::size_t i = from * kChannels; i < samples.size(); ++i) {
    const std::size_t at = i / kChannels - from;
    const double left = at < kFadeSamples ? 1.0 - static_cast<double>(at) / kFadeSamples : 0.0;
    samples[i] *= static_cast<float>(std::sin(left * std::numbers::pi / 2));
  }
}

/// An encoder whose packets are about as big as those that it follows. It has to predict as they do: packets
/// that need no others do not join them without a gap.
EncoderPtr make_encoder(std::size_t packet_bytes) {
  int result = OPUS_OK;
  EncoderPtr encoder(opus_encoder_create(kSampleRate, kChannels, OPUS_APPLICATION_AUDIO, &result));
  if (encoder == nullptr) return encoder;
  const auto bitrate =
      static_cast<opus_int32>(std::clamp<std::size_t>(packet_bytes * 8 * 50, 32'000, 510'000));
  opus_encoder_ctl(encoder.get(), OPUS_SET_BITRATE(bitrate));
  opus_encoder_ctl(encoder.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_MUSIC));
  opus_encoder_ctl(encoder.get(), OPUS_SET_VBR_CONSTRAINT(1));
  return encoder;
}

/// The last kFaded frames of `samples`, after the others have gone before. What is given to an encoder comes
/// out of a decoder by its delay later, so it is given that much earlier.
std::optional<stream::FrameLog::Ending> encode_end(std::vector<float> samples, const OpusFrame& model) {
  const EncoderPtr encoder = make_encoder(model.size);
  opus_int32 delay = 0;
  if (encoder == nullptr || opus_encoder_ctl(encoder.get(), OPUS_GET_LOOKAHEAD(&delay)) != OPUS_OK) {
    return std::nullopt;
  }
  const std::size_t frames = samples.size() / kFrameValues;
  samples.erase(samples.begin(), samples.begin() + std::ptrdiff_t{delay} * kChannels);
  samples.resize(frames * kFrameValues);
  stream::FrameLog::Ending ending;
  for (std::size_t frame = 0; frame < frames; ++frame) {
    OpusFrame& out = ending[frame + kFaded < frames ? 0 : frame + kFaded - frames];
    const int size = opus_encode_float(encoder.get(), samples.data() + frame * kFrameValues, kSamplesPerFrame,
                                       out.bytes.data(), static_cast<opus_int32>(out.bytes.size()));
    if (size <= 0) return std::nullopt;
    out.size = static_cast<std::uint16_t>(size);
  }
  return ending;
}

}  // namespace

void end_softly(stream::FrameLog& queue) {
  const auto waiting = WaitingFrames::in(queue);
  if (!waiting || waiting->from + kFaded > waiting->end) return;
  const auto [first, from, end] = *waiting;
  auto samples = heard(queue, first, from + kFaded);
  if (!samples) return;
  fade(*samples, (from - first) * kSamplesPerFrame);
  auto ending = encode_end(std::move(*samples), queue.peek(from));
  if (!ending) return;
  for (std::size_t frame = 0; frame < kFaded; ++frame) {
    const OpusFrame replaced = queue.peek(from + frame);
    (*ending)[frame].track = replaced.track;
    (*ending)[frame].track_frame = replaced.track_frame;
  }
  queue.end_with(from, *ending);
}

}  // namespace vcplay::media
