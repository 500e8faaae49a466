// The real program in floods, whose errors are read late or never.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::soak {

/// Shorter than this there is no flood.
inline constexpr Duration kShortestReaders = std::chrono::seconds(30);

// Each plays for so long while both gateways flood the player, which tells everything that it does, and
// prints how that went. Returns the expectations that did not hold.
/// Nobody reads standard error.
[[nodiscard]] std::vector<std::string> drown(std::uint64_t seed, Duration length);
/// Its reader stops and reads again at times that come from `seed`.
[[nodiscard]] std::vector<std::string> read_now_and_then(std::uint64_t seed, Duration length);
/// Both at once.
[[nodiscard]] std::vector<std::string> soak_readers(std::uint64_t seed, Duration length);

}  // namespace vcplay::soak
