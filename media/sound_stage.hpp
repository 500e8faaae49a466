// Where samples become what a person asked for, between the resampler and the encoder.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "media/normalizer.hpp"
#include "media/pcm_fifo.hpp"
#include "media/sound_options.hpp"

namespace vcplay::media {

/// Applies the SoundOptions to samples at 48 kHz; with none of them, the samples never see it. Lives on the
/// media thread.
class SoundStage {
 public:
  /// What is finished goes into `out`.
  SoundStage(const SoundOptions& options, PcmFifo& out, Event& stop, Progress& progress);

  /// Where the resampler puts samples; pass_on() after each time.
  [[nodiscard]] PcmFifo& inlet() noexcept { return out_; }
  void pass_on();
  /// The samples to come are those of `source`, which is `all[index]`.
  void begin_track(std::span<const Media> all, std::size_t index, const Source& source);

  /// True where samples may have become louder than they came.
  [[nodiscard]] bool may_clip() const noexcept { return normalizer_ != nullptr; }

 private:
  PcmFifo& out_;
  std::uint64_t done_ = 0;  // the place in out_ up to which samples are finished
  std::unique_ptr<Normalizer> normalizer_;
};

}  // namespace vcplay::media
