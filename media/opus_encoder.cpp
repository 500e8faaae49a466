#include "media/opus_encoder.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"

namespace vcplay::media {
namespace {

constexpr int kMinBitrate = 6'000;
constexpr int kMaxBitrate = 510'000;     // RFC 6716 s2.1.1
constexpr int kBridgeBitrate = 240'000;  // so much of it that what ends there sounds as before

void check(int result, const char* what) {
  if (result >= 0) return;
  throw Error(Cause::unexpected, std::string("libopus cannot ") + what + ": " + opus_strerror(result));
}

int code_of(EncoderOptions::Application application) {
  switch (application) {
    case EncoderOptions::Application::audio:
      return OPUS_APPLICATION_AUDIO;
    case EncoderOptions::Application::voip:
      return OPUS_APPLICATION_VOIP;
    case EncoderOptions::Application::lowdelay:
      return OPUS_APPLICATION_RESTRICTED_LOWDELAY;
  }
  return OPUS_APPLICATION_AUDIO;
}

}  // namespace

void OpusEncoder::Free::operator()(::OpusEncoder* encoder) const noexcept { opus_encoder_destroy(encoder); }

OpusEncoder::OpusEncoder(int bitrate, const EncoderOptions& options) {
  int result = OPUS_OK;
  encoder_.reset(opus_encoder_create(kSampleRate, kChannels, code_of(options.application), &result));
  check(result, "make an encoder");
  // For VoIP libopus listens whether it is speech or music.
  const bool is_voip = options.application == EncoderOptions::Application::voip;
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_SIGNAL(is_voip ? OPUS_AUTO : OPUS_SIGNAL_MUSIC)),
        "encode music");
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_COMPLEXITY(options.complexity)), "take that complexity");
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_INBAND_FEC(options.fec ? 1 : 0)), "correct errors");
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_PACKET_LOSS_PERC(options.packet_loss)),
        "reckon with losses");
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_VBR(1)), "vary the bitrate");
  // Bounded peaks: packets that leave at an even pace should also be of about even size.
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_VBR_CONSTRAINT(1)), "bound the bitrate");
  opus_int32 lookahead = 0;
  check(opus_encoder_ctl(encoder_.get(), OPUS_GET_LOOKAHEAD(&lookahead)), "tell its delay");
  lookahead_ = static_cast<std::size_t>(lookahead);
  set_bitrate(bitrate);
}

void OpusEncoder::set_bitrate(int bits_per_second) {
  const int bitrate = std::clamp(bits_per_second, kMinBitrate, kMaxBitrate);
  if (bitrate == bitrate_) return;
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(bitrate)), "set the bitrate");
  bitrate_ = bitrate;
}

void OpusEncoder::reset() { check(opus_encoder_ctl(encoder_.get(), OPUS_RESET_STATE), "start anew"); }

void OpusEncoder::follow_silence() {
  predict(false);
  at_seam_ = true;
}

// More bits, once, spare the listener a rough start. They are given outside of the bound, which would take
// them from the packets that follow.
void OpusEncoder::follow_other(bool alike) {
  predict(false);  // of bands without sound two encoders do not say the same energy
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_VBR_CONSTRAINT(0)), "free the bitrate");
  const int more = std::min((alike ? 2 : 3) * bitrate_, kMaxBitrate);
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(more)), "set the bitrate");
  at_seam_ = true;
}

void OpusEncoder::predict(bool may) {
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_PREDICTION_DISABLED(may ? 0 : 1)), "do without prediction");
}

std::optional<CeltFrame> OpusEncoder::encode_bridge(std::span<const float> pcm, const BridgeForm& form) {
  ::OpusEncoder* const encoder = encoder_.get();
  const int bandwidth = form.is_narrow ? OPUS_BANDWIDTH_NARROWBAND : OPUS_BANDWIDTH_WIDEBAND;
  check(opus_encoder_ctl(encoder, OPUS_SET_BANDWIDTH(bandwidth)), "choose a bandwidth");
  check(opus_encoder_ctl(encoder, OPUS_SET_FORCE_CHANNELS(form.is_stereo ? 2 : 1)), "choose channels");
  check(opus_encoder_ctl(encoder, OPUS_SET_VBR_CONSTRAINT(0)), "free the bitrate");
  check(opus_encoder_ctl(encoder, OPUS_SET_BITRATE(kBridgeBitrate)), "set the bitrate");
  CeltFrame frame;
  frame.bytes.resize(1 + kLongestBridge);
  const int size = opus_encode_float(encoder, pcm.data(), static_cast<int>(kBridgeSamples),
                                     frame.bytes.data(), static_cast<opus_int32>(frame.bytes.size()));
  check(size, "encode");
  opus_uint32 range = 0;
  check(opus_encoder_ctl(encoder, OPUS_GET_FINAL_RANGE(&range)), "tell its range");
  check(opus_encoder_ctl(encoder, OPUS_SET_BANDWIDTH(OPUS_AUTO)), "choose a bandwidth");
  check(opus_encoder_ctl(encoder, OPUS_SET_FORCE_CHANNELS(is_mono_ ? 1 : OPUS_AUTO)), "choose channels");
  leave_seam();
  if (size < 2 || bridge_form(frame.bytes[0]).is_needed) return std::nullopt;
  frame.bytes.resize(static_cast<std::size_t>(size));
  frame.bytes.erase(frame.bytes.begin());
  frame.final_range = range;
  return frame;
}

void OpusEncoder::leave_seam() {
  at_seam_ = false;
  predict(true);
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_VBR_CONSTRAINT(1)), "bound the bitrate");
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(bitrate_)), "set the bitrate");
}

// Sound that is the same on both sides costs bits and time to encode as stereo: at 64 kbit/s as much as 7 dB.
// What becomes the same in mid-stream has to stay so for a while; silence says nothing.
void OpusEncoder::choose_channels(std::span<const float> pcm) {
  bool same = true;
  bool silent = true;
  for (std::size_t i = 0; i + 1 < pcm.size() && same; i += kChannels) {
    same = pcm[i] == pcm[i + 1];
    silent = silent && pcm[i] == 0.0F;
  }
  if (same && silent) return;
  mono_frames_ = same ? std::min(mono_frames_ + 1, kEnoughMono) : 0;
  const bool mono = mono_frames_ >= kEnoughMono;
  if (mono == is_mono_) return;
  check(opus_encoder_ctl(encoder_.get(), OPUS_SET_FORCE_CHANNELS(mono ? 1 : OPUS_AUTO)), "choose channels");
  is_mono_ = mono;
}

std::uint16_t OpusEncoder::encode(std::span<const float> pcm, std::span<std::uint8_t, kMaxOpusBytes> out) {
  choose_channels(pcm);
  const int size = opus_encode_float(encoder_.get(), pcm.data(), static_cast<int>(pcm.size() / kChannels),
                                     out.data(), static_cast<opus_int32>(out.size()));
  check(size, "encode");
  if (at_seam_) leave_seam();
  return static_cast<std::uint16_t>(size);
}

}  // namespace vcplay::media
