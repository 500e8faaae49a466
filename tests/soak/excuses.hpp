// When a listener need not hear everything.
#pragma once

#include <algorithm>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::soak {

/// A time in which the listener need not hear everything. Like a fault's time, from the first audio on.
struct Excuse {
  Duration begin{};
  Duration end{};
};

/// With those that overlap merged into one.
[[nodiscard]] inline std::vector<Excuse> merged(std::vector<Excuse> excuses) {
  std::sort(excuses.begin(), excuses.end(),
            [](const Excuse& a, const Excuse& b) { return a.begin < b.begin; });
  std::vector<Excuse> all;
  for (const Excuse& one : excuses) {
    if (all.empty() || all.back().end < one.begin) {
      all.push_back(one);
    } else {
      all.back().end = std::max(all.back().end, one.end);
    }
  }
  return all;
}

}  // namespace vcplay::soak
