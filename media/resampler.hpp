// From whatever a decoder makes to the one form that the encoder takes.
#pragma once

#include "media/ffmpeg.hpp"
#include "media/pcm_fifo.hpp"

namespace vcplay::media {

/// Turns decoded samples of any rate, channel layout and sample format into 48 kHz stereo float, losing none.
/// A form that changes, in mid-stream or from track to track, is followed; where it stays, the filter runs
/// through, so that an album cut into files sounds as if it were not. Lives on the media thread.
class Resampler {
 public:
  /// Gives it `frame`, which stays alive until convert() has returned false. Throws std::runtime_error when
  /// its form is absurd.
  void take(const AVFrame& frame);
  /// After the last frame of all: what the filter still holds becomes available.
  void take_end();
  /// Forgets a frame that could not be converted, if there is one.
  void give_up() noexcept;
  /// From now on, until it is told otherwise or a second has passed: makes more of what comes by the part
  /// `more` (less if it is negative), to follow a clock that differs; a per cent at most.
  void stretch(double more);
  /// Appends the next few converted samples to `out`; false when there were
  /// none. In slices, so that even an absurd sample rate needs little memory.
  /// Throws Error when the samples are of a form that cannot be converted.
  [[nodiscard]] bool convert(PcmFifo& out);

  /// True while more channels come in than go out: their sum can exceed full scale.
  [[nodiscard]] bool downmixes() const noexcept {
    return layout_.get().nb_channels > static_cast<int>(kChannels);
  }

 private:
  [[nodiscard]] bool fits(const AVFrame& frame) const;
  void rebuild(const AVFrame& frame);
  [[nodiscard]] bool mix_by_places(const AVChannelLayout& from);
  void mix_by_number();
  [[nodiscard]] bool convert_slice(PcmFifo& out);
  [[nodiscard]] bool drain(PcmFifo& out);

  ResamplerPtr swr_;
  ChannelLayout layout_;
  int format_ = AV_SAMPLE_FMT_NONE;
  int rate_ = 0;
  const AVFrame* frame_ = nullptr;
  bool stretches_ = false;
  int used_ = 0;           // samples of frame_ that went in
  bool draining_ = false;  // the old form's last samples come out before the new form goes in
};

/// Throws std::runtime_error when nothing can sound like that: such headers are garbage, and whoever believes
/// them needs gigabytes.
void refuse_absurd_form(const AVFrame& frame);

}  // namespace vcplay::media
