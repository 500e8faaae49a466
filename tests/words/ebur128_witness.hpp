// How loud ffmpeg finds something.
#pragma once

#include <string>
#include <vector>

namespace vcplay::testing {

/// What ffmpeg's ebur128 filter says of a whole programme.
struct Loudness {
  double integrated = 0;  // LUFS
  double true_peak = 0;   // dBTP
};

/// Of interleaved stereo at 48 kHz.
[[nodiscard]] Loudness ffmpeg_loudness(const std::vector<float>& samples);
/// Of a file.
[[nodiscard]] Loudness ffmpeg_loudness(const std::string& path);

}  // namespace vcplay::testing
