#include "media/resampler.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace vcplay::media {
namespace {

constexpr int kSliceSamples = 8192;       // about what one slice makes, at 48 kHz
constexpr int kMinRate = 100;             // Hz; beyond these the header is garbage,
constexpr int kMaxRate = 1'536'000;       // and the filter would eat memory
constexpr std::size_t kMaxChannels = 64;  // libswresample's own limit

std::size_t planes(const AVFrame& frame) {
  const bool planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame.format)) != 0;
  return planar ? static_cast<std::size_t>(frame.ch_layout.nb_channels) : 1;
}

/// From one sample to the next within a plane.
std::ptrdiff_t step(const AVFrame& frame) {
  const int bytes = av_get_bytes_per_sample(static_cast<AVSampleFormat>(frame.format));
  return planes(frame) > 1 ? bytes : std::ptrdiff_t{bytes} * frame.ch_layout.nb_channels;
}

ResamplerPtr make_swr(const AVChannelLayout& from, int format, int rate) {
  AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
  AVChannelLayout source = from;  // libswresample copies both, but this version does not say const
  SwrContext* swr = nullptr;
  const int done = swr_alloc_set_opts2(&swr, &stereo, AV_SAMPLE_FMT_FLT, kSampleRate, &source,
                                       static_cast<AVSampleFormat>(format), rate, 0, nullptr);
  return ResamplerPtr(done < 0 ? nullptr : swr);
}

}  // namespace

void refuse_absurd_form(const AVFrame& frame) {
  const int channels = frame.ch_layout.nb_channels;
  if (frame.sample_rate < kMinRate || frame.sample_rate > kMaxRate || channels < 1 ||
      channels > static_cast<int>(kMaxChannels)) {
    throw std::runtime_error("audio of an impossible form: " + std::to_string(frame.sample_rate) + " Hz, " +
                             std::to_string(channels) + " channels");
  }
}

void Resampler::take(const AVFrame& frame) {
  refuse_absurd_form(frame);
  frame_ = &frame;
  used_ = 0;
}

void Resampler::take_end() {
  frame_ = nullptr;
  draining_ = swr_ != nullptr;
}

void Resampler::give_up() noexcept {
  if (frame_ == nullptr) return;
  frame_ = nullptr;
  draining_ = false;
  swr_.reset();
}

void Resampler::stretch(double more) {
  if (swr_ == nullptr) return;
  const auto delta = static_cast<int>(std::lround(std::clamp(more, -0.01, 0.01) * kSampleRate));
  if (delta == 0 && !stretches_) return;  // a filter that is not needed is not begun
  stretches_ = true;
  if (const int done = swr_set_compensation(swr_.get(), delta, kSampleRate); done < 0) {
    throw std::runtime_error("it cannot follow another clock: " + describe(done));
  }
}

bool Resampler::convert(PcmFifo& out) {
  if (frame_ != nullptr && swr_ != nullptr && !fits(*frame_)) draining_ = true;
  if (draining_) {
    if (drain(out)) return true;
    draining_ = false;
    swr_.reset();
  }
  if (frame_ == nullptr) return false;
  if (swr_ == nullptr) rebuild(*frame_);
  while (used_ < frame_->nb_samples) {
    if (convert_slice(out)) return true;
  }
  frame_ = nullptr;
  return false;
}

bool Resampler::fits(const AVFrame& frame) const {
  return frame.format == format_ && frame.sample_rate == rate_ && layout_.same_as(frame.ch_layout);
}

void Resampler::rebuild(const AVFrame& frame) {
  stretches_ = false;
  layout_.assign(frame.ch_layout);
  format_ = frame.format;
  rate_ = frame.sample_rate;
  const int channels = frame.ch_layout.nb_channels;
  const ChannelLayout usual(channels);
  const bool has_places = frame.ch_layout.order != AV_CHANNEL_ORDER_UNSPEC;
  if (channels > 1 && mix_by_places(has_places ? frame.ch_layout : usual.get())) return;
  mix_by_number();
}

bool Resampler::mix_by_places(const AVChannelLayout& from) {
  swr_ = make_swr(from, format_, rate_);
  if (swr_ == nullptr || swr_init(swr_.get()) < 0) swr_.reset();
  return swr_ != nullptr;
}

// One channel goes to both sides as loud as it is (libswresample would take 3 dB off). Where nobody knows the
// channels' places, the odd ones go to the left and the even ones to the right.
void Resampler::mix_by_number() {
  AVChannelLayout nameless{};
  nameless.order = AV_CHANNEL_ORDER_UNSPEC;
  nameless.nb_channels = layout_.get().nb_channels;
  const auto channels = static_cast<std::size_t>(nameless.nb_channels);
  std::vector<double> matrix(channels * 2, 0.0);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    matrix[(channel % 2) * channels + channel] = 2.0 / static_cast<double>(channels);
  }
  if (channels == 1) matrix = {1.0, 1.0};
  swr_ = make_swr(nameless, format_, rate_);
  if (swr_ == nullptr || swr_set_matrix(swr_.get(), matrix.data(), nameless.nb_channels) < 0 ||
      swr_init(swr_.get()) < 0) {
    swr_.reset();
    throw std::runtime_error(std::to_string(channels) + " channels in a layout that cannot be mixed");
  }
}

bool Resampler::convert_slice(PcmFifo& out) {
  const auto enough = static_cast<int>(std::int64_t{kSliceSamples} * rate_ / kSampleRate);
  const int slice = std::min(std::max(1, enough), frame_->nb_samples - used_);
  std::array<const std::uint8_t*, kMaxChannels> input{};
  for (std::size_t plane = 0; plane < planes(*frame_); ++plane) {
    input[plane] = frame_->extended_data[plane] + step(*frame_) * used_;
  }
  used_ += slice;

  const int room = std::max(1, swr_get_out_samples(swr_.get(), slice));
  auto* output = reinterpret_cast<std::uint8_t*>(out.reserve(static_cast<std::size_t>(room)));
  const int made = swr_convert(swr_.get(), &output, room, input.data(), slice);
  if (made < 0) throw std::runtime_error("it cannot be resampled: " + describe(made));
  out.commit(static_cast<std::size_t>(made));
  return made > 0;
}

bool Resampler::drain(PcmFifo& out) {
  auto* output = reinterpret_cast<std::uint8_t*>(out.reserve(kSliceSamples));
  const int made = swr_convert(swr_.get(), &output, kSliceSamples, nullptr, 0);
  if (made > 0) out.commit(static_cast<std::size_t>(made));
  return made > 0;
}

}  // namespace vcplay::media
