// From whatever a decoder makes to the one form that the encoder takes.
#pragma once

#include <string>

#include "media/ffmpeg.hpp"
#include "media/pcm_fifo.hpp"

namespace vcplay::media {

/// Turns decoded samples of any rate, channel layout and sample format into 48 kHz stereo float, losing none.
/// A form that changes in mid-stream is followed. Lives on the media thread, for one track.
class Resampler {
 public:
  /// `name` of the media, for error sentences.
  explicit Resampler(std::string name) : name_(std::move(name)) {}

  /// Gives it `frame`, which stays alive until convert() has returned false.
  void take(const AVFrame& frame);
  /// After the track's last frame: what the filter still holds becomes available.
  void take_end();
  /// Appends the next few converted samples to `out`; false when there were none. In slices, so that even an
  /// absurd sample rate needs little memory. Throws Error when the samples are of a form that cannot be
  /// converted.
  [[nodiscard]] bool convert(PcmFifo& out);

  /// True while more channels come in than go out: their sum can exceed full scale.
  [[nodiscard]] bool downmixes() const noexcept {
    return layout_.get().nb_channels > static_cast<int>(kChannels);
  }

 private:
  [[nodiscard]] bool fits(const AVFrame& frame) const;
  void rebuild(const AVFrame& frame);
  [[nodiscard]] bool set_up(const AVChannelLayout& from);
  void mix_by_hand();
  [[nodiscard]] bool convert_slice(PcmFifo& out);
  [[nodiscard]] bool drain(PcmFifo& out);

  std::string name_;
  ResamplerPtr swr_;
  ChannelLayout layout_;
  int format_ = AV_SAMPLE_FMT_NONE;
  int rate_ = 0;
  const AVFrame* frame_ = nullptr;
  int used_ = 0;           // samples of frame_ that went in
  bool draining_ = false;  // the old form's last samples come out before the new form goes in
};

}  // namespace vcplay::media
