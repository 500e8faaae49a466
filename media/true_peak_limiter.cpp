#include "media/true_peak_limiter.hpp"

#include <algorithm>

#include "media/peak.hpp"

namespace vcplay::media {
namespace {

// Between two peaks of a deep bass note the gain must not breathe: 25 ms is half a period of 20 Hz.
constexpr std::size_t kHoldBlocks = 25;
constexpr float kReleasePerBlock = 0.005F;  // a time constant of 200 ms
constexpr float kAlmostOne = 0.9995F;
// On a slope of the gain the interpolator meets samples that were turned down by different amounts, and so a
// peak that is not quite the one that was measured.
constexpr float kTarget = TruePeakLimiter::kCeiling * 0.99F;
constexpr std::size_t kSlopeBlocks = TruePeakLimiter::kAheadBlocks - 1;
constexpr float kSlopeStep = 1.0F / static_cast<float>(kSlopeBlocks);

}  // namespace

void TruePeakLimiter::lay_out(std::span<const float> frame, std::span<const float> ahead) noexcept {
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    float* out = lines_[channel].data();
    for (std::size_t i = channel; i < past_.size(); i += kChannels) *out++ = past_[i] * volume_;
    for (std::size_t i = channel; i < frame.size(); i += kChannels) *out++ = frame[i] * volume_;
    const std::size_t known = std::min(ahead.size(), kAheadSamples * kChannels);
    for (std::size_t i = channel; i < known; i += kChannels) *out++ = ahead[i] * volume_;
    std::fill(out, lines_[channel].data() + kLine, 0.0F);
  }
}

float TruePeakLimiter::needed_gain(std::size_t block) const noexcept {
  float peak = 0.0F;
  for (const Line& line : lines_) {
    const std::span<const float> around(line.data() + block * kBlock, kBlock + 2 * TruePeak::kReach);
    if (peak_of(around) * TruePeak::kWorstCase <= kTarget) continue;
    peak = std::max(peak, TruePeak::of(around, kBlock));
  }
  return peak > kTarget ? kTarget / peak : 1.0F;
}

float TruePeakLimiter::next_gain(float target) noexcept {
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
// beside a node need, and their neighbours, whose edges take part in a peak between two samples; looking
// ahead makes the way down a slope instead of a step.
void TruePeakLimiter::limit(std::span<float> frame, std::span<const float> ahead) noexcept {
  lay_out(frame, ahead);
  remember(frame);
  std::array<float, kSeen> need;
  for (std::size_t block = 0; block < kSeen; ++block) need[block] = needed_gain(block);
  std::array<float, kSeen - 1> around;
  for (std::size_t block = 0; block < around.size(); ++block) {
    around[block] = std::min({block > 0 ? need[block - 1] : last_need_, need[block], need[block + 1]});
  }
  last_need_ = need[kBlocks - 1];

  gain_ = std::min(gain_, around[0]);  // only ever less when the limiter was off until now
  for (std::size_t block = 0; block < kBlocks; ++block) {
    float target = around[block];
    for (std::size_t distance = 0; distance < kSlopeBlocks; ++distance) {
      const float allowed = around[block + 1 + distance];
      target = std::min(target, allowed + (1.0F - allowed) * kSlopeStep * static_cast<float>(distance));
    }
    const float from = gain_;
    gain_ = next_gain(target);
    const float slope = (gain_ - from) / static_cast<float>(kBlock);
    for (std::size_t sample = 0; sample < kBlock; ++sample) {
      const float factor = (from + slope * static_cast<float>(sample)) * volume_;
      for (std::size_t channel = 0; channel < kChannels; ++channel) {
        frame[(block * kBlock + sample) * kChannels + channel] *= factor;
      }
    }
  }
}

void TruePeakLimiter::scale(std::span<float> frame) noexcept {
  remember(frame);
  if (volume_ == 1.0F) return;
  for (float& sample : frame) sample *= volume_;
}

void TruePeakLimiter::remember(std::span<const float> frame) noexcept {
  std::copy(frame.end() - static_cast<std::ptrdiff_t>(past_.size()), frame.end(), past_.begin());
}

}  // namespace vcplay::media
