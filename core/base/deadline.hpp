// Which of several things is due first.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.hpp"

namespace vcplay {

/// The earlier of two deadlines; nothing is one that never comes.
[[nodiscard]] constexpr std::optional<TimePoint> earlier(std::optional<TimePoint> one,
                                                         std::optional<TimePoint> other) noexcept {
  return one && other ? std::min(one, other) : one ? one : other;
}

}  // namespace vcplay
