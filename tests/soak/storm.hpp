// A storm of faults that can all be survived, drawn from one seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "rehearsal/fault.hpp"
#include "rehearsal/options.hpp"
#include "soak/excuses.hpp"

namespace vcplay::soak {

/// The faults with their times and places, and the gaps in the sound that they excuse.
struct Storm {
  rehearsal::FaultScript script;               // in order of time
  std::vector<std::vector<Excuse>> excuses{};  // of each place: in order of time, none touches the next
  std::vector<rehearsal::RestFault> rest{};    // what the first calls get instead of their answers
};

/// The same for the same `seed` and number of places everywhere. What strikes a call strikes one of the
/// places, and is no excuse in the others; what strikes the bot's one gateway, or the host, strikes them all.
/// The last fault comes kCalm before `length` is over.
[[nodiscard]] Storm make_storm(std::uint64_t seed, Duration length,
                               const std::vector<rehearsal::Place>& places = {{}});
inline constexpr Duration kCalm = std::chrono::seconds(15);

/// For `vcplay rehearse --script`.
[[nodiscard]] std::string to_text(const Storm& storm);

}  // namespace vcplay::soak
