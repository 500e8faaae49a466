// Where samples become what a person asked for, between the resampler and the encoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "media/frame_maker.hpp"
#include "media/normalizer.hpp"
#include "media/pcm_fifo.hpp"
#include "media/sound_options.hpp"
#include "media/track_joiner.hpp"

namespace vcplay::media {

/// Applies the SoundOptions to samples at 48 kHz, on their way into the FrameMaker; with none of them, no
/// sample is touched or held back. Lives on the media thread.
class SoundStage {
 public:
  SoundStage(const SoundOptions& options, FrameMaker& maker, Event& stop, Progress& progress);

  /// Where the resampler puts samples; pass_on() after each time.
  [[nodiscard]] PcmFifo& inlet() noexcept { return joiner_ ? joiner_->inlet() : maker_.fifo(); }
  /// `may_clip`: see FrameMaker::encode_whole_frames().
  void pass_on(bool may_clip);
  /// The samples to come are those of `source`, the track number `track` of the run.
  void begin_track(std::uint32_t track, const Company& company, const Source& source);
  /// True when anybody here looks at a track's company.
  [[nodiscard]] bool asks_for_company() const noexcept { return normalizer_ != nullptr; }
  void end_track();
  /// After the last track.
  void finish();

  /// True when tracks fade or pass into each other. All samples of a track must then come before end_track(),
  /// those that the resampler kept back included.
  [[nodiscard]] bool parts_tracks() const noexcept { return joiner_ != nullptr; }
  /// How many frames begin in the present track, with those that wait for its end.
  [[nodiscard]] std::uint64_t frames_of_track() const noexcept;

 private:
  FrameMaker& maker_;
  bool may_clip_ = false;
  std::uint64_t done_ = 0;  // the place in inlet() up to which the gain is applied
  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<TrackJoiner> joiner_;
};

}  // namespace vcplay::media
