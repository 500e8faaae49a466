// How sentences name a place in a medium.
#pragma once

#include <fmt/core.h>

#include <cmath>
#include <cstdint>
#include <string>

namespace vcplay::media {

/// "0:02.345" or "1:00:02.345", as sentences name a place in a medium.
[[nodiscard]] inline std::string clock_time(double seconds) {
  const std::int64_t millis = std::llround(seconds * 1000);
  const std::int64_t minutes = millis / 60'000;
  const std::string minute =
      minutes < 60 ? std::to_string(minutes) : fmt::format("{}:{:02}", minutes / 60, minutes % 60);
  return fmt::format("{}:{:02}.{:03}", minute, millis / 1000 % 60, millis % 1000);
}

}  // namespace vcplay::media
