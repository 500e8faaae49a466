// How loud samples get at most.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace vcplay::media {

/// The highest absolute value of them; 0 when there are none. What lies between them: see TruePeak.
[[nodiscard]] inline float peak_of(std::span<const float> samples) noexcept {
  float peak = 0.0F;
  for (const float sample : samples) peak = std::max(peak, std::fabs(sample));
  return peak;
}

}  // namespace vcplay::media
