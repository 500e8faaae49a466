// What the encoder was given, by standing in front of libopus.
#pragma once

#include <vector>

namespace vcplay::testing {

/// Keeps every sample that goes into an Opus encoder of this program while it lives: interleaved stereo.
class EncoderTap {
 public:
  EncoderTap();
  ~EncoderTap();
  EncoderTap(const EncoderTap&) = delete;
  EncoderTap& operator=(const EncoderTap&) = delete;

  [[nodiscard]] std::vector<float> take();
};

}  // namespace vcplay::testing
