#include "media/range.hpp"

#include <algorithm>
#include <new>

namespace vcplay::media {
namespace {

void drop_front(AVFrame& frame, int samples) {
  if (av_frame_make_writable(&frame) < 0) throw std::bad_alloc();
  frame.nb_samples -= samples;
  av_samples_copy(frame.extended_data, frame.extended_data, 0, samples, frame.nb_samples,
                  frame.ch_layout.nb_channels, static_cast<AVSampleFormat>(frame.format));
}

}  // namespace

std::int64_t samples_until(Duration moment, int rate) noexcept {
  return av_rescale(moment.count(), rate, std::int64_t{1'000'000'000});
}

Range::Verdict Range::cut(AVFrame& frame) {
  if (frame.sample_rate != rate_ && rate_ > 0) position_ = av_rescale(position_, frame.sample_rate, rate_);
  rate_ = frame.sample_rate;
  const std::int64_t begin = position_;
  position_ += frame.nb_samples;
  if (end_) {
    const std::int64_t end = samples_until(*end_, frame.sample_rate);
    if (begin >= end) return Verdict::over;
    frame.nb_samples = static_cast<int>(std::min<std::int64_t>(frame.nb_samples, end - begin));
  }
  if (start_) {
    const std::int64_t early = samples_until(*start_, frame.sample_rate) - begin;
    if (early >= frame.nb_samples) return Verdict::drop;
    if (early > 0) drop_front(frame, static_cast<int>(early));
  }
  return Verdict::keep;
}

Duration Range::length_of(Duration whole) const noexcept {
  const Duration end = end_ ? std::min(*end_, whole) : whole;
  return std::max(Duration::zero(), end - start_.value_or(Duration::zero()));
}

}  // namespace vcplay::media
