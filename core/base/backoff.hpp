// How long to wait before something is tried again, and how often.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "base/clock.hpp"

namespace vcplay {

/// A number in [0, 1), drawn anew at each call.
using RandomFraction = std::function<double()>;

/// Waits that double from `first` up to `longest`, each spread by up to a quarter to either side lest all
/// clients come back together; after `most` of them there is no next one.
class Backoff {
 public:
  struct Limits {
    Duration first;
    Duration longest;
    int most;
  };
  Backoff(Limits limits, RandomFraction random) : limits_(limits), random_(std::move(random)) {}

  /// The wait before the next try; nothing: enough has been tried.
  [[nodiscard]] std::optional<Duration> next() {
    if (tried_ >= limits_.most) return std::nullopt;
    Duration wait = limits_.first;
    for (int i = 0; i < tried_ && wait < limits_.longest; ++i) wait *= 2;
    ++tried_;
    const double spread = 0.75 + 0.5 * std::clamp(random_(), 0.0, 1.0);
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double, std::nano>(std::min(wait, limits_.longest)) * spread);
  }
  /// How often next() was asked since the last success.
  [[nodiscard]] int tried() const noexcept { return tried_; }
  void succeeded() noexcept { tried_ = 0; }

 private:
  Limits limits_;
  RandomFraction random_;
  int tried_ = 0;
};

}  // namespace vcplay
