// Time as every machine in vcplay sees it: monotonic, absolute, in nanoseconds.
#pragma once

#include <chrono>

namespace vcplay {

using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC on Linux
using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<Clock, Duration>;

using namespace std::chrono_literals;

/// One Opus packet's worth of time, the step of everything that is paced.
inline constexpr Duration kFrameDuration = 20ms;

}  // namespace vcplay
