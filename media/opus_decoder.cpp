#include "media/opus_decoder.hpp"

#include <opus/opus.h>

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

OpusDecoder::OpusDecoder() {
  int result = OPUS_OK;
  decoder_.reset(opus_decoder_create(kSampleRate, kChannels, &result));
  if (result != OPUS_OK) {
    throw Error(Cause::unexpected, std::string("libopus cannot make a decoder: ") + opus_strerror(result));
  }
}

void OpusDecoder::reset() { opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE); }

void OpusDecoder::set_gain(int gain) { opus_decoder_ctl(decoder_.get(), OPUS_SET_GAIN(gain)); }

void OpusDecoder::decode(ByteView packet, std::size_t samples, std::vector<float>& out) {
  const std::size_t before = out.size();
  out.resize(before + kLongestOpus * kChannels);
  const int made = packet.empty() ? 0
                                  : opus_decode_float(decoder_.get(), packet.data(),
                                                      static_cast<opus_int32>(packet.size()),
                                                      out.data() + before, static_cast<int>(kLongestOpus), 0);
  out.resize(before + static_cast<std::size_t>(std::max(made, 0)) * kChannels);
  if (made <= 0) conceal(samples, out);
}

void OpusDecoder::conceal(std::size_t samples, std::vector<float>& out) {
  samples = std::clamp(samples / kConcealStep, std::size_t{1}, kLongestOpus / kConcealStep) * kConcealStep;
  const std::size_t before = out.size();
  out.resize(before + samples * kChannels, 0.0F);
  const int made =
      opus_decode_float(decoder_.get(), nullptr, 0, out.data() + before, static_cast<int>(samples), 0);
  static_cast<void>(made);  // where even this fails, it is silence
}

}  // namespace vcplay::media
