#include "media/opus_decoder.hpp"

#include <opus/opus.h>
#include <opus/opus_multistream.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "base/opus_frame.hpp"
#include "media/opus_packets.hpp"

namespace vcplay::media {
namespace {

constexpr std::size_t kConcealStep = kSampleRate / 400;  // libopus conceals multiples of 2.5 ms

}  // namespace

void OpusDecoder::Free::operator()(::OpusDecoder* decoder) const noexcept { opus_decoder_destroy(decoder); }
void OpusDecoder::Free::operator()(::OpusMSDecoder* decoder) const noexcept {
  opus_multistream_decoder_destroy(decoder);
}

OpusDecoder::OpusDecoder() {
  int result = OPUS_OK;
  decoder_.reset(opus_decoder_create(kSampleRate, kChannels, &result));
  if (result != OPUS_OK) {
    throw Error(Cause::unexpected, std::string("libopus cannot make a decoder: ") + opus_strerror(result));
  }
}

void OpusDecoder::reset() {
  opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
  if (of_many_) opus_multistream_decoder_ctl(of_many_.get(), OPUS_RESET_STATE);
}

void OpusDecoder::set_layout(const OpusLayout& layout) {
  of_many_.reset();
  if (!layout.is_plain()) {
    int result = OPUS_OK;
    of_many_.reset(opus_multistream_decoder_create(kSampleRate, layout.channels, layout.streams,
                                                   layout.coupled, layout.mapping.data(), &result));
    if (result != OPUS_OK) {
      throw Error(Cause::no_media,
                  std::string("libopus cannot decode its channels: ") + opus_strerror(result));
    }
    weights_ = downmix(layout);
  }
  set_gain(gain_);
  reset();
}

void OpusDecoder::set_gain(int gain) {
  gain_ = gain;
  opus_decoder_ctl(decoder_.get(), OPUS_SET_GAIN(gain));
  if (of_many_) opus_multistream_decoder_ctl(of_many_.get(), OPUS_SET_GAIN(gain));
}

void OpusDecoder::decode(ByteView packet, std::size_t samples, std::vector<float>& out) {
  const int made = packet.empty() ? 0 : decode_into(packet, kLongestOpus, out);
  if (made <= 0) conceal(samples, out);
}

/// Appends up to `most` samples to `out`; how many, or libopus's error. An empty packet is one that was lost.
int OpusDecoder::decode_into(ByteView packet, std::size_t most, std::vector<float>& out) {
  const std::uint8_t* const bytes = packet.empty() ? nullptr : packet.data();
  const auto size = static_cast<opus_int32>(packet.size());
  const std::size_t before = out.size();
  out.resize(before + most * kChannels, 0.0F);
  int made = 0;
  if (!of_many_) {
    made = opus_decode_float(decoder_.get(), bytes, size, out.data() + before, static_cast<int>(most), 0);
  } else {
    channels_.resize(most * weights_.size());
    made = opus_multistream_decode_float(of_many_.get(), bytes, size, channels_.data(),
                                         static_cast<int>(most), 0);
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(made, 0)); ++i) {
      for (std::size_t channel = 0; channel < weights_.size(); ++channel) {
        const float value = channels_[i * weights_.size() + channel];
        out[before + i * kChannels] += value * weights_[channel][0];
        out[before + i * kChannels + 1] += value * weights_[channel][1];
      }
    }
  }
  out.resize(before + static_cast<std::size_t>(std::max(made, 0)) * kChannels);
  return made;
}

void OpusDecoder::conceal(std::size_t samples, std::vector<float>& out) {
  samples = std::clamp(samples / kConcealStep, std::size_t{1}, kLongestOpus / kConcealStep) * kConcealStep;
  const std::size_t before = out.size();
  if (decode_into({}, samples, out) <= 0)
    out.resize(before + samples * kChannels, 0.0F);  // silence, where even this fails
}

}  // namespace vcplay::media
