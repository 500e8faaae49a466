// Louder without clipping.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/opus_frame.hpp"

namespace vcplay::media {

/// Applies the volume; where the result would exceed full scale it turns down beforehand and up again slowly,
/// instead of cutting peaks off. Samples that stay below the ceiling are only multiplied, by 1 not at all
/// changed.
class SoftLimiter {
 public:
  static constexpr float kCeiling = 0.97F;        // leaves the lossy encoder a little room to overshoot
  static constexpr std::size_t kBlock = 48;       // samples: 1 ms
  static constexpr std::size_t kAheadBlocks = 5;  // so early it starts to turn down
  static constexpr std::size_t kAheadSamples = kAheadBlocks * kBlock;

  explicit SoftLimiter(float volume) noexcept : volume_(volume) {}

  /// Changes one frame (960 interleaved stereo samples) in place. `ahead`: the samples that follow it, up to
  /// kAheadSamples of them; fewer only at the very end.
  void limit(std::span<float> frame, std::span<const float> ahead) noexcept;
  /// Only multiplies, for what is known to stay in range.
  void scale(std::span<float> frame) const noexcept;

  /// True until it has let go of what it turned down.
  [[nodiscard]] bool holds() const noexcept { return gain_ < 1.0F; }

 private:
  static constexpr std::size_t kBlocks = kSamplesPerFrame / kBlock;

  [[nodiscard]] float needed_gain(std::span<const float> block) const noexcept;
  [[nodiscard]] float next_gain(float target) noexcept;

  const float volume_;
  float gain_ = 1.0F;     // at the end of the frame before
  std::size_t hold_ = 0;  // blocks to wait before turning up again
};

}  // namespace vcplay::media
