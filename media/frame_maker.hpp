// From a run of samples to numbered OpusFrames.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "media/event.hpp"
#include "media/opus_encoder.hpp"
#include "media/outlet.hpp"
#include "media/pcm_fifo.hpp"
#include "media/progress.hpp"
#include "media/true_peak_limiter.hpp"

namespace vcplay::media {

/// Cuts the samples of all tracks, one after the other, into frames of 20 ms and encodes them into the queue.
/// Waits while the queue is full. Lives on the media thread.
class FrameMaker {
 public:
  FrameMaker(const std::atomic<int>& bitrate, double volume, Outlet& outlet, Event& stop, Progress& progress);

  /// Where the resampler puts a track's samples.
  [[nodiscard]] PcmFifo& fifo() noexcept { return fifo_; }

  /// The samples that come from here on belong to `track`.
  void begin_track(std::uint32_t track);
  /// Encodes all whole frames. `may_clip`: the source itself can exceed full scale, as a downmix does.
  void encode_whole_frames(bool may_clip);
  /// After the last track: fills the last frame up with silence, and enough of it that a decoder, whose
  /// output runs behind, gives the last real sample.
  void flush();

  /// How many frames begin in the current track, including one that its samples do not fill yet.
  [[nodiscard]] std::uint64_t frames_of_track() const noexcept;

 private:
  struct Start {
    std::uint64_t position;
    std::uint32_t track;
    std::uint64_t frames;  // made so far
  };

  [[nodiscard]] bool wait_for_room();
  void encode_front();
  [[nodiscard]] Start& owner_of(std::uint64_t position);

  const std::atomic<int>& bitrate_;
  const bool amplifies_;
  Outlet& outlet_;
  Event& stop_;
  Progress& progress_;
  PcmFifo fifo_;
  TruePeakLimiter limiter_;
  OpusEncoder encoder_;
  bool limits_ = false;
  std::vector<Start>
      starts_;    // of the tracks that still have samples in the fifo; the last is the current one
  Duration nap_;  // how long to wait before looking for room again
};

}  // namespace vcplay::media
