#include "media/adaptive_loudness.hpp"

#include <algorithm>
#include <cmath>

namespace vcplay::media {
namespace {

constexpr std::size_t kWindowHops = 4;    // the meter looks 400 ms back
constexpr double kSilence = -60.0;        // LUFS: noise of a line, not a programme
constexpr double kGate = 15.0;            // LU below the estimate: a pause
constexpr std::size_t kPauseHops = 100;   // 10 s: then it is no pause, the programme has become quieter
constexpr std::size_t kMemoryHops = 200;  // 20 s, the time constant of the mean
constexpr std::size_t kYoungHops = 30;

double energy_of(double lufs) { return std::pow(10.0, lufs / 10); }
double lufs_of(double energy) { return 10 * std::log10(energy); }

}  // namespace

void AdaptiveLoudness::add(std::span<const float> hop) {
  meter_.add(hop);
  if (++hops_ < kWindowHops) return;
  const std::optional<double> lufs = meter_.momentary();
  if (!lufs || *lufs < kSilence) return;
  if (counted_ > 0 && *lufs < lufs_of(energy_) - kGate) {
    if (++ignored_ < kPauseHops) return;
    counted_ = 0;
  }
  ignored_ = 0;
  ++counted_;
  const auto weight = static_cast<double>(std::min(counted_, kMemoryHops));
  energy_ += (energy_of(*lufs) - energy_) / weight;
}

std::optional<double> AdaptiveLoudness::estimate() const {
  return counted_ > 0 ? std::optional(lufs_of(energy_)) : std::nullopt;
}

bool AdaptiveLoudness::young() const noexcept { return counted_ < kYoungHops; }

}  // namespace vcplay::media
