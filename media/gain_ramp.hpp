// A gain without steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "base/opus_frame.hpp"

namespace vcplay::media {

/// Turns samples up or down by a number of decibels, moving to a new one no faster than it is told.
class GainRamp {
 public:
  /// From the next sample on.
  void jump(double decibels) noexcept { now_ = wanted_ = decibels; }
  void approach(double decibels, double per_second) noexcept {
    wanted_ = decibels;
    per_block_ = per_second * kBlock / kSampleRate;
  }
  [[nodiscard]] double now() const noexcept { return now_; }  // decibels

  void apply(std::span<float> interleaved) noexcept {
    for (std::size_t at = 0; at < interleaved.size(); at += kBlock * kChannels) {
      block(interleaved.subspan(at, std::min<std::size_t>(kBlock * kChannels, interleaved.size() - at)));
    }
  }

 private:
  static constexpr int kBlock = 48;  // samples: 1 ms

  static float factor(double decibels) noexcept { return static_cast<float>(std::pow(10.0, decibels / 20)); }

  void block(std::span<float> samples) noexcept {
    if (now_ == 0.0 && wanted_ == 0.0) return;  // not a bit changes
    const float from = factor(now_);
    now_ += std::clamp(wanted_ - now_, -per_block_, per_block_);
    const float slope = (factor(now_) - from) / (static_cast<float>(samples.size()) / kChannels);
    float gain = from;
    for (std::size_t i = 0; i + 1 < samples.size(); i += kChannels, gain += slope) {
      samples[i] *= gain;
      samples[i + 1] *= gain;
    }
  }

  double now_ = 0.0;  // decibels
  double wanted_ = 0.0;
  double per_block_ = 0.0;
};

}  // namespace vcplay::media
