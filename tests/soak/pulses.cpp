#include "soak/pulses.hpp"

#include <cmath>
#include <numbers>

namespace vcplay::soak {
namespace {

constexpr std::uint64_t kLoudSamples = kSampleRate / 20;
constexpr double kLoud = 0.6;
constexpr double kMurmur = 0.02;  // loud enough to be no silence
constexpr float kThreshold = 0.3F;
// Samples after the beginning of a pulse, in which its own waves are not taken for another one.
constexpr std::uint64_t kDeaf = kPulseSamples / 2;

}  // namespace

std::string pulses(std::uint64_t from, std::size_t count) {
  std::string bytes;
  bytes.reserve(count * kChannels * 2);
  for (std::uint64_t sample = from; sample < from + count; ++sample) {
    const auto at = static_cast<double>(sample % kPulseSamples);
    const double wave =
        std::cos(2 * std::numbers::pi * 1000 * at / kSampleRate);  // loud from its first sample on
    const double value = (sample % kPulseSamples < kLoudSamples ? kLoud : kMurmur) * wave;
    const auto word = static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lround(value * 32'767)));
    for (int channel = 0; channel < kChannels; ++channel) {
      bytes += static_cast<char>(word & 0xFF);
      bytes += static_cast<char>(word >> 8);
    }
  }
  return bytes;
}

void PulseEar::hear(const float* interleaved, std::size_t samples, TimePoint now) {
  const Lock lock(mutex_);
  for (std::size_t i = 0; i < samples; ++i) {
    const std::uint64_t position = position_ + i;
    if (std::fabs(interleaved[i * kChannels]) < kThreshold) continue;
    if (!pulses_.empty() && position - pulses_.back().position < kDeaf) continue;
    pulses_.push_back({position, now + std::chrono::nanoseconds(i * 1'000'000'000 / kSampleRate)});
  }
  position_ += samples;
}

std::vector<PulseEar::Pulse> PulseEar::pulses() const {
  const Lock lock(mutex_);
  return pulses_;
}

}  // namespace vcplay::soak
