// How high a signal goes between its samples.
#pragma once

#include <cstddef>
#include <span>

namespace vcplay::media {

/// Estimates the true peak as ITU-R BS.1770-4 Annex 2 does: over four times as many samples. The
/// interpolator is longer than the annex's example and flat up to 20 kHz, so that it does not read too low.
class TruePeak {
 public:
  /// So many samples on either side take part in what is between two of them.
  static constexpr std::size_t kReach = 12;
  /// What is between samples that all stay within p stays within kWorstCase × p: no sum of the interpolator's
  /// taps, whatever their signs, exceeds it.
  static constexpr float kWorstCase = 2.31F;

  /// The highest absolute value of one channel from sample kReach on for `count` samples, and between each
  /// of these and the one after it. `line` holds kReach more samples on either side.
  [[nodiscard]] static float of(std::span<const float> line, std::size_t count) noexcept;
};

}  // namespace vcplay::media
