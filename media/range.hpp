// A part of a medium, to the sample.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "media/ffmpeg.hpp"

namespace vcplay::media {

/// Cuts decoded samples down to those between two moments, counting them as they pass.
class Range {
 public:
  Range(std::optional<Duration> start, std::optional<Duration> end) : start_(start), end_(end) {}

  enum class Verdict : std::uint8_t { keep, drop, over };
  /// What becomes of the next samples; those that straddle an end of the range are shortened.
  [[nodiscard]] Verdict cut(AVFrame& frame);

  /// So many samples are past already, at `rate` Hz.
  void set_position(std::int64_t samples, int rate) noexcept {
    position_ = samples;
    rate_ = rate;
  }
  [[nodiscard]] std::optional<Duration> start() const noexcept { return start_; }
  [[nodiscard]] bool is_whole() const noexcept { return !start_ && !end_; }
  /// Of what is left of a medium that is so long.
  [[nodiscard]] Duration length_of(Duration whole) const noexcept;

 private:
  std::optional<Duration> start_;
  std::optional<Duration> end_;
  std::int64_t position_ = 0;  // in samples
  int rate_ = 0;               // of them; later ones may have another
};

/// How many samples lie before `moment`, at `rate` Hz.
[[nodiscard]] std::int64_t samples_until(Duration moment, int rate) noexcept;

}  // namespace vcplay::media
