// Many durations in little memory.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "rehearsal/report.hpp"

namespace vcplay::rehearsal {

/// Counts errors with a resolution of 0.1 µs up to 204.8 µs and of less than 0.1 % above; the maximum is
/// exact. Its size does not depend on how long the stream is.
class ErrorHistogram {
 public:
  void add(Duration error) {
    const std::uint64_t ns = static_cast<std::uint64_t>(error.count() < 0 ? -error.count() : error.count());
    if (buckets_.empty()) buckets_.resize(kBuckets);
    ++buckets_[bucket_of(ns / kUnitNs)];
    ++samples_;
    max_ns_ = std::max(max_ns_, ns);
  }

  [[nodiscard]] Pacing pacing() const noexcept {
    Pacing result;
    result.samples = samples_;
    result.max = static_cast<double>(max_ns_) / 1000.0;
    result.p50 = quantile(0.5);
    result.p99 = quantile(0.99);
    result.p999 = quantile(0.999);
    return result;
  }

 private:
  static constexpr std::uint64_t kUnitNs = 100;
  static constexpr unsigned kLinearBits = 11;  // 2048 buckets of one unit, then 1024 for each doubling
  static constexpr std::size_t kHalf = std::size_t{1} << (kLinearBits - 1);
  static constexpr unsigned kDoublings = 18;  // up to 54 s; whatever is longer shares the last bucket
  static constexpr std::size_t kBuckets = 2 * kHalf + kDoublings * kHalf;

  static std::size_t bucket_of(std::uint64_t units) noexcept {
    const auto width = static_cast<unsigned>(std::bit_width(units));
    if (width <= kLinearBits) return static_cast<std::size_t>(units);
    const unsigned shift = width - kLinearBits;
    return std::min(kBuckets - 1, shift * kHalf + static_cast<std::size_t>(units >> shift));
  }
  /// The middle of a bucket in µs.
  static double value_of(std::size_t bucket) noexcept {
    const double unit_us = static_cast<double>(kUnitNs) / 1000.0;
    if (bucket < 2 * kHalf) return (static_cast<double>(bucket) + 0.5) * unit_us;
    const std::size_t shift = bucket / kHalf - 1;
    const std::size_t mantissa = bucket - shift * kHalf;
    return std::ldexp(static_cast<double>(mantissa) + 0.5, static_cast<int>(shift)) * unit_us;
  }
  [[nodiscard]] double quantile(double share) const noexcept {
    if (samples_ == 0) return 0;
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(samples_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen >= rank) return std::min(value_of(i), static_cast<double>(max_ns_) / 1000.0);
    }
    return static_cast<double>(max_ns_) / 1000.0;
  }

  std::vector<std::uint32_t> buckets_;  // from the first error on: many streams never begin
  std::uint64_t samples_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace vcplay::rehearsal
