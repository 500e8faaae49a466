// Whether what is heard is the tone that was played.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "base/opus_frame.hpp"

namespace vcplay::testing {

/// How much of the left channel between two moments (in seconds) is a tone of `hz`: 1 for all of it.
[[nodiscard]] inline double purity(const std::vector<float>& heard, double hz, double from, double to) {
  double cosine = 0;
  double sine = 0;
  double all = 0;
  const auto begin = static_cast<std::size_t>(from * kSampleRate);
  const auto end = static_cast<std::size_t>(to * kSampleRate);
  for (std::size_t i = begin; i < end; ++i) {
    const double value = heard.at(i * kChannels);
    const double phase = 2 * std::numbers::pi * hz * static_cast<double>(i) / kSampleRate;
    cosine += value * std::cos(phase);
    sine += value * std::sin(phase);
    all += value * value;
  }
  const double share = 2 * (cosine * cosine + sine * sine) / static_cast<double>(end - begin);
  return all > 0 ? share / all : 0;
}

}  // namespace vcplay::testing
