#include "media/soft_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace vcplay::media {
namespace {

// Between two peaks of a deep bass note the gain must not breathe: 25 ms is half a period of 20 Hz.
constexpr std::size_t kHoldBlocks = 25;
constexpr float kReleasePerBlock = 0.005F;  // a time constant of 200 ms
constexpr float kAlmostOne = 0.9995F;
constexpr float kAheadStep = 1.0F / static_cast<float>(SoftLimiter::kAheadBlocks);

}  // namespace

float SoftLimiter::needed_gain(std::span<const float> block) const noexcept {
  float peak = 0.0F;
  for (const float sample : block) peak = std::max(peak, std::fabs(sample));
  peak *= volume_;
  return peak > kCeiling ? kCeiling / peak : 1.0F;
}

float SoftLimiter::next_gain(float target) noexcept {
  if (target <= gain_) {
    hold_ = target < 1.0F ? kHoldBlocks : 0;
    return target;
  }
  if (hold_ > 0) {
    --hold_;
    return gain_;
  }
  const float released = gain_ + (1.0F - gain_) * kReleasePerBlock;
  return std::min(target, released > kAlmostOne ? 1.0F : released);
}

// The gain is a line from node to node, one node between every two blocks. It stays within what both blocks
// beside a node need, so no sample in a block exceeds the ceiling; looking ahead makes the way down a slope
// instead of a step.
void SoftLimiter::limit(std::span<float> frame, std::span<const float> ahead) noexcept {
  constexpr std::size_t kAll = kBlocks + kAheadBlocks;
  constexpr std::size_t kBlockValues = kBlock * kChannels;
  std::array<float, kAll> need;
  need.fill(1.0F);
  for (std::size_t block = 0; block < kBlocks; ++block) {
    need[block] = needed_gain(frame.subspan(block * kBlockValues, kBlockValues));
  }
  for (std::size_t block = 0; block * kBlockValues < ahead.size() && block < kAheadBlocks; ++block) {
    const std::size_t first = block * kBlockValues;
    need[kBlocks + block] = needed_gain(ahead.subspan(first, std::min(kBlockValues, ahead.size() - first)));
  }

  gain_ = std::min(gain_, need[0]);  // only ever less when the limiter was off until now
  for (std::size_t block = 0; block < kBlocks; ++block) {
    float target = need[block];
    for (std::size_t distance = 0; distance < kAheadBlocks; ++distance) {
      const float allowed = need[block + 1 + distance];
      target = std::min(target, allowed + (1.0F - allowed) * kAheadStep * static_cast<float>(distance));
    }
    const float from = gain_;
    gain_ = next_gain(target);
    const float slope = (gain_ - from) / static_cast<float>(kBlock);
    for (std::size_t sample = 0; sample < kBlock; ++sample) {
      const float factor = (from + slope * static_cast<float>(sample)) * volume_;
      for (std::size_t channel = 0; channel < kChannels; ++channel) {
        frame[block * kBlockValues + sample * kChannels + channel] *= factor;
      }
    }
  }
}

void SoftLimiter::scale(std::span<float> frame) const noexcept {
  if (volume_ == 1.0F) return;
  for (float& sample : frame) sample *= volume_;
}

}  // namespace vcplay::media
