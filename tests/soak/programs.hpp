// The real program, at the end of producers with clocks of their own and under stops that it cannot see
// coming.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::soak {

/// Shorter than this no clock can be measured.
inline constexpr Duration kShortestPrograms = std::chrono::seconds(45);

/// Plays for so long, all at once: a sound card that runs fast and one that runs slow, a pipe that is filled
/// as fast as it drains, and a file whose player is stopped and woken at times that `seed` tells. Prints how
/// each went; returns what did not hold.
[[nodiscard]] std::vector<std::string> soak_programs(std::uint64_t seed, Duration length);

}  // namespace vcplay::soak
