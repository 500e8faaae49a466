// The real program behind producers that have clocks of their own, and stopped without warning.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::soak {

/// Shorter than this no clock can be measured.
inline constexpr Duration kShortestPrograms = std::chrono::seconds(45);

/// Plays six inputs at once for so long: a sound card that runs fast, one that runs slow, a pipe that is
/// filled as fast as it drains, a file whose player is stopped and woken at times that come from `seed`, and
/// two whose players are flooded by both gateways while their errors are read now and then, or never. Prints
/// how each play went. Returns the expectations that did not hold.
[[nodiscard]] std::vector<std::string> soak_programs(std::uint64_t seed, Duration length);

}  // namespace vcplay::soak
