#include "media/finite_samples.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <new>
#include <span>

namespace vcplay::media {
namespace {

constexpr double kMost = 1e6;  // +120 dB: no medium means it, and no filter overflows on it

template <typename Sample>
bool is_wild(Sample sample) {
  return !(std::abs(sample) <= static_cast<Sample>(kMost));
}

template <typename Sample>
void tame(Sample& sample) {
  constexpr auto kBound = static_cast<Sample>(kMost);
  sample = std::isnan(sample) ? Sample{0} : std::clamp(sample, -kBound, kBound);
}

/// Calls `act` with each plane of floating-point samples.
template <typename Act>
void for_each_plane(const AVFrame& frame, Act&& act) {
  const auto format = static_cast<AVSampleFormat>(frame.format);
  const AVSampleFormat packed = av_get_packed_sample_fmt(format);
  const auto channels = static_cast<std::size_t>(frame.ch_layout.nb_channels);
  const std::size_t planes = av_sample_fmt_is_planar(format) != 0 ? channels : 1;
  const std::size_t count = static_cast<std::size_t>(frame.nb_samples) * channels / planes;
  for (std::size_t plane = 0; plane < planes; ++plane) {
    std::uint8_t* const bytes = frame.extended_data[plane];
    if (packed == AV_SAMPLE_FMT_FLT) act(std::span(reinterpret_cast<float*>(bytes), count));
    if (packed == AV_SAMPLE_FMT_DBL) act(std::span(reinterpret_cast<double*>(bytes), count));
  }
}

}  // namespace

void make_finite(AVFrame& frame) {
  bool wild = false;
  for_each_plane(frame, [&wild](auto samples) {
    for (const auto sample : samples) wild = wild || is_wild(sample);
  });
  if (!wild) return;
  if (av_frame_make_writable(&frame) < 0) throw std::bad_alloc();
  for_each_plane(frame, [](auto samples) {
    for (auto& sample : samples) tame(sample);
  });
}

}  // namespace vcplay::media
