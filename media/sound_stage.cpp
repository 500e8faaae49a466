#include "media/sound_stage.hpp"

#include <algorithm>

namespace vcplay::media {
namespace {

std::size_t samples_in(Duration time) { return static_cast<std::size_t>(time * kSampleRate / 1s); }

}  // namespace

SoundStage::SoundStage(const SoundOptions& options, FrameMaker& maker, Event& stop, Progress& progress)
    : maker_(maker) {
  if (options.normalize != Normalize::off) {
    normalizer_ = std::make_unique<Normalizer>(options, stop, progress);
  }
  if (options.joins()) {
    const Duration fade_out = std::max(options.fade_out, options.cut_ends ? kCutFade : Duration::zero());
    joiner_ = std::make_unique<TrackJoiner>(
        TrackJoiner::Lengths{samples_in(options.fade_in), samples_in(fade_out),
                             samples_in(options.crossfade)},
        maker_.fifo(),
        TrackJoiner::Callbacks{[this](std::uint32_t track) { maker_.begin_track(track); },
                               [this] { maker_.encode_whole_frames(may_clip_); }});
  }
}

void SoundStage::begin_track(std::uint32_t track, const Company& company, const Source& source) {
  if (joiner_) {
    joiner_->begin_track(track);
    done_ = joiner_->inlet().end();
  } else {
    maker_.begin_track(track);
  }
  if (normalizer_) normalizer_->begin_track(company, source);
}

void SoundStage::pass_on(bool may_clip) {
  may_clip_ = may_clip || normalizer_ || joiner_;  // two tracks at once are louder than one
  PcmFifo& fresh_in = inlet();
  if (normalizer_) {
    const auto fresh = static_cast<std::size_t>(fresh_in.end() - done_);
    normalizer_->apply(fresh_in.look(fresh_in.size() - fresh, fresh));
  }
  done_ = fresh_in.end();
  if (joiner_) {
    joiner_->pass_on();
  } else {
    maker_.encode_whole_frames(may_clip_);
  }
}

void SoundStage::end_track() {
  if (joiner_) joiner_->end_track();
}

void SoundStage::finish() {
  if (joiner_) joiner_->finish();
  maker_.flush();
}

std::uint64_t SoundStage::frames_of_track() const noexcept {
  if (!joiner_) return maker_.frames_of_track();
  const std::uint64_t held = (joiner_->held() + kSamplesPerFrame - 1) / kSamplesPerFrame;
  return (joiner_->started() ? maker_.frames_of_track() : 0) + held;
}

}  // namespace vcplay::media
