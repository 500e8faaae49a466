#include "spectrum.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

namespace vcplay::bench {
namespace {

constexpr std::size_t kSize = 1024;
constexpr std::size_t kStep = 960;
constexpr double kRate = 48'000;
// Zwicker's bands, and what lies above the last of them.
constexpr std::array<double, 26> kBark = {0,    100,  200,  300,  400,  510,   630,   770,  920,
                                          1080, 1270, 1480, 1720, 2000, 2320,  2700,  3150, 3700,
                                          4400, 5300, 6400, 7700, 9500, 12000, 15500, 20000};
constexpr double kFloor = 1e-9;  // -90 dB: below, differences are not heard

using Spectrum = std::array<double, kBark.size() - 1>;  // power in each band

void transform(std::vector<std::complex<double>>& values) {
  const std::size_t size = values.size();
  for (std::size_t i = 1, j = 0; i < size; ++i) {
    std::size_t bit = size / 2;
    for (; (j & bit) != 0; bit /= 2) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(values[i], values[j]);
  }
  for (std::size_t length = 2; length <= size; length *= 2) {
    const std::complex<double> turn = std::polar(1.0, -2 * std::numbers::pi / static_cast<double>(length));
    for (std::size_t begin = 0; begin < size; begin += length) {
      std::complex<double> factor = 1;
      for (std::size_t i = begin; i < begin + length / 2; ++i, factor *= turn) {
        const std::complex<double> odd = values[i + length / 2] * factor;
        values[i + length / 2] = values[i] - odd;
        values[i] += odd;
      }
    }
  }
}

Spectrum spectrum_at(const std::vector<float>& signal, std::size_t at) {
  std::vector<std::complex<double>> values(kSize);
  for (std::size_t i = 0; i < kSize; ++i) {
    const double window =
        0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(kSize));
    values[i] = window * double{signal[at + i]} / kSize;
  }
  transform(values);
  Spectrum bands{};
  for (std::size_t i = 1; i < kSize / 2; ++i) {
    const double frequency = static_cast<double>(i) * kRate / kSize;
    const auto above = std::upper_bound(kBark.begin(), kBark.end(), frequency);
    if (above != kBark.end())
      bands[static_cast<std::size_t>(above - kBark.begin()) - 1] += std::norm(values[i]);
  }
  return bands;
}

double decibels(double power) { return 10 * std::log10(power + kFloor); }

}  // namespace

Distance distance(const std::vector<float>& source, const std::vector<float>& heard) {
  const std::size_t size = std::min(source.size(), heard.size());
  double signal = 0;
  double noise = 0;
  for (std::size_t i = 0; i < size; ++i) {
    signal += double{source[i]} * double{source[i]};
    noise += std::pow(double{source[i]} - double{heard[i]}, 2);
  }
  double difference = 0;
  std::size_t counted = 0;
  for (std::size_t at = 0; at + kSize <= size; at += kStep) {
    const Spectrum before = spectrum_at(source, at);
    const Spectrum after = spectrum_at(heard, at);
    for (std::size_t band = 0; band < before.size(); ++band, ++counted) {
      difference += std::fabs(decibels(before[band]) - decibels(after[band]));
    }
  }
  return {.snr_db = 10 * std::log10(signal / (noise + 1e-20)),
          .spectrum_db = counted == 0 ? 0 : difference / static_cast<double>(counted)};
}

}  // namespace vcplay::bench
