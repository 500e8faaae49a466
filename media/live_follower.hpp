// What keeps a live track at its distance from the producer, on its way to the encoder or past it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "media/ffmpeg.hpp"
#include "media/frame_maker.hpp"
#include "media/live_gauge.hpp"
#include "media/live_options.hpp"
#include "media/live_pace.hpp"
#include "media/outlet.hpp"
#include "media/resampler.hpp"

namespace vcplay::media {

/// Asks a LivePace about the present track and carries its orders out. Lives on the media thread.
class LiveFollower {
 public:
  LiveFollower(const LiveOptions& options, Outlet& outlet, FrameMaker& maker, Resampler& resampler,
               LiveGauge& gauge);

  /// The next track comes through a pipe, or from an address; followed is what may be live. It is called
  /// `name` in a warning.
  void begin(bool is_pipe, bool is_address, std::string name);
  void end();
  [[nodiscard]] bool follows() const noexcept { return pace_.has_value(); }
  /// It is certain that the track is live: only samples can be held back and left out from its beginning on.
  [[nodiscard]] bool wants_samples_at_once() const noexcept { return pace_ && is_certain(); }
  [[nodiscard]] Duration patience() const noexcept { return pace_->patience(); }

  /// Whenever samples have come into the fifo, and while none come at least as often as its patience is over.
  void on_samples(TimePoint now);
  /// A packet of 20 ms went past the encoder. Why the next ones cannot; empty: they can.
  [[nodiscard]] std::string on_packet(TimePoint now);
  /// Gives the resampler stereo samples at 48 kHz, which stay until it has converted them.
  void give(std::span<const float> interleaved);

 private:
  void warn_once();
  void tell_what_was_left_out();
  [[nodiscard]] bool is_certain() const noexcept { return options_.which == LiveOptions::Which::every; }

  const LiveOptions options_;
  Outlet& outlet_;
  FrameMaker& maker_;
  Resampler& resampler_;
  LiveGauge& gauge_;
  FramePtr frame_;
  std::optional<LivePace> pace_;
  std::string name_;
  bool may_warn_ = false;
  bool was_taken_ = false;     // the sender has begun, in this track or one before
  std::uint64_t packets_ = 0;  // that passed
};

}  // namespace vcplay::media
