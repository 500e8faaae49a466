// How one track ends and the next begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "media/pcm_fifo.hpp"

namespace vcplay::media {

/// Fades tracks in and out, and lets one pass into the next. It holds back as much of a track as its end may
/// need, and never more. Lives on the media thread.
class TrackJoiner {
 public:
  /// In samples; 0: none.
  struct Lengths {
    std::size_t fade_in = 0;
    std::size_t fade_out = 0;
    std::size_t crossfade = 0;
  };
  struct Callbacks {
    std::function<void(std::uint32_t track)> on_start;  // the next samples in `out` are those of `track`
    std::function<void()> on_samples;                   // there are some more in `out`
  };
  TrackJoiner(Lengths lengths, PcmFifo& out, Callbacks callbacks);

  /// Where the samples of the present track come in; pass_on() after each time.
  [[nodiscard]] PcmFifo& inlet() noexcept { return current_; }
  void begin_track(std::uint32_t track);
  void pass_on();
  /// No more samples of this track will come. Where tracks cross, its end waits for the next one.
  void end_track();
  /// No more tracks will come.
  void finish();

  /// Samples of the present track that have not gone out.
  [[nodiscard]] std::size_t held() const noexcept { return current_.size(); }
  /// True when some of the present track has gone out.
  [[nodiscard]] bool started() const noexcept { return started_; }

 private:
  void start(std::size_t longest_mix);
  void mix(std::size_t samples);
  void send(PcmFifo& from, std::size_t samples);
  void send_current(std::size_t samples);
  void fade_end();

  const Lengths lengths_;
  const std::size_t hold_;
  PcmFifo& out_;
  const Callbacks callbacks_;
  PcmFifo current_;
  PcmFifo before_;  // the end of the track before, until the present one is long enough to be mixed into it
  std::uint32_t track_ = 0;
  bool started_ = true;
  bool mixed_ = false;          // it came out of the track before, which is its fade
  std::uint64_t position_ = 0;  // in the present track, of current_'s first sample
};

}  // namespace vcplay::media
