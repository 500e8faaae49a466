// How far one sound is from another, roughly as an ear would judge.
#pragma once

#include <cstddef>
#include <vector>

namespace vcplay::bench {

/// Two figures of what a codec did to a sound.
struct Distance {
  double snr_db = 0;       // signal to noise, over everything
  double spectrum_db = 0;  // mean difference of the levels in 24 Bark bands, 20 ms after 20 ms: 0 is the same
};

/// Of two mono signals at 48 kHz that run in time.
[[nodiscard]] Distance distance(const std::vector<float>& source, const std::vector<float>& heard);

}  // namespace vcplay::bench
