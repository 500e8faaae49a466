#include "media/true_peak.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "media/peak.hpp"

namespace vcplay::media {
namespace {

constexpr std::size_t kTaps = 2 * TruePeak::kReach;
constexpr std::size_t kBetween = 3;  // points between two samples: four times the rate
constexpr std::size_t kChunk = 48;   // so many at once, for the vector unit
constexpr double kKaiserBeta = 6.0;  // 24 taps of it are flat to 0.01 dB up to 20 kHz

using Taps = std::array<float, kTaps>;

/// The modified Bessel function of order 0, of which Kaiser's window is made.
double bessel(double x) {
  double term = 1;
  double sum = 1;
  for (int k = 1; term > 1e-12 * sum; ++k) {
    term *= (x / 2 / k) * (x / 2 / k);
    sum += term;
  }
  return sum;
}

/// The windowed sinc that interpolates `part` of the way from one sample to the next.
Taps taps_at(double part) {
  std::array<double, kTaps> exact{};
  double sum = 0;
  for (std::size_t tap = 0; tap < kTaps; ++tap) {
    const double distance = static_cast<double>(tap) - static_cast<double>(TruePeak::kReach - 1) - part;
    const double place = distance / static_cast<double>(TruePeak::kReach);
    const double angle = std::numbers::pi * distance;
    exact[tap] = std::sin(angle) / angle * bessel(kKaiserBeta * std::sqrt(1 - place * place));
    sum += exact[tap];
  }
  Taps taps{};
  for (std::size_t tap = 0; tap < kTaps; ++tap) taps[tap] = static_cast<float>(exact[tap] / sum);
  return taps;
}

const std::array<Taps, kBetween>& interpolator() {
  static const std::array<Taps, kBetween> phases = {taps_at(0.25), taps_at(0.5), taps_at(0.75)};
  return phases;
}

}  // namespace

float TruePeak::of(std::span<const float> line, std::size_t count) noexcept {
  float peak = peak_of(line.subspan(kReach, count));
  std::array<float, kChunk> sums{};
  for (std::size_t first = 0; first < count; first += kChunk) {
    const std::size_t chunk = std::min(kChunk, count - first);
    for (const Taps& taps : interpolator()) {
      sums.fill(0.0F);
      for (std::size_t tap = 0; tap < kTaps; ++tap) {
        const float* const from = line.data() + first + tap + 1;  // the sample itself is tap kReach - 1
        for (std::size_t i = 0; i < chunk; ++i) sums[i] += taps[tap] * from[i];
      }
      peak = std::max(peak, peak_of(std::span(sums).first(chunk)));
    }
  }
  return peak;
}

}  // namespace vcplay::media
