// Spans of time as people read them.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/clock.hpp"

namespace vcplay {

[[nodiscard]] constexpr double milliseconds(Duration span) noexcept {
  return std::chrono::duration<double, std::milli>(span).count();
}

[[nodiscard]] constexpr double seconds(Duration span) noexcept {
  return std::chrono::duration<double>(span).count();
}

/// Rounded to the millisecond.
[[nodiscard]] inline double short_seconds(Duration span) noexcept {
  return std::round(milliseconds(span)) / 1000;
}

/// Without the rest of the last one.
[[nodiscard]] constexpr std::int64_t whole_milliseconds(Duration span) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

}  // namespace vcplay
