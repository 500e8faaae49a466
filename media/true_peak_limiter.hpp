// Louder without clipping.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/opus_frame.hpp"
#include "media/true_peak.hpp"

namespace vcplay::media {

/// Applies the volume; where the true peak of the result would exceed -1 dBTP it turns down beforehand
/// and up again slowly, instead of cutting peaks off. Samples that stay below are multiplied by the
/// volume and nothing else.
class TruePeakLimiter {
 public:
  static constexpr float kCeiling = 0.8913F;      // -1 dBTP, the most that EBU R 128 allows
  static constexpr std::size_t kBlock = 48;       // samples: 1 ms
  static constexpr std::size_t kAheadBlocks = 6;  // so early it sees a peak
  static constexpr std::size_t kAheadSamples = kAheadBlocks * kBlock + TruePeak::kReach;

  explicit TruePeakLimiter(float volume) noexcept : volume_(volume) {}

  /// Changes one frame (960 interleaved stereo samples) in place. `ahead`: the samples that follow it, up to
  /// kAheadSamples of them; fewer only at the very end.
  void limit(std::span<float> frame, std::span<const float> ahead) noexcept;
  /// Only multiplies, for what is known to stay in range.
  void scale(std::span<float> frame) noexcept;

  /// True until it has let go of what it turned down.
  [[nodiscard]] bool holds() const noexcept { return gain_ < 1.0F; }

 private:
  static constexpr std::size_t kBlocks = kSamplesPerFrame / kBlock;
  static constexpr std::size_t kSeen = kBlocks + kAheadBlocks;
  static constexpr std::size_t kLine = TruePeak::kReach + kSeen * kBlock + TruePeak::kReach;
  using Line = std::array<float, kLine>;
  using Past = std::array<float, TruePeak::kReach * kChannels>;

  void lay_out(std::span<const float> frame, std::span<const float> ahead) noexcept;
  [[nodiscard]] float needed_gain(std::size_t block) const noexcept;
  [[nodiscard]] float next_gain(float target) noexcept;
  void remember(std::span<const float> frame) noexcept;

  const float volume_;
  float gain_ = 1.0F;                    // at the end of the frame before
  float last_need_ = 1.0F;               // of the last block before the frame
  std::size_t hold_ = 0;                 // blocks to wait before turning up again
  Past past_{};                          // the last samples before the frame, as they came
  std::array<Line, kChannels> lines_{};  // each channel's past, frame and what is ahead, at the volume
};

}  // namespace vcplay::media
