// Spans of time as people read them.
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace vcplay {

[[nodiscard]] constexpr double milliseconds(Duration span) noexcept {
  return std::chrono::duration<double, std::milli>(span).count();
}

/// Without the rest of the last one.
[[nodiscard]] constexpr std::int64_t whole_milliseconds(Duration span) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

}  // namespace vcplay
