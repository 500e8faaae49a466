// Time as several processes, and a reboot, agree on it.
#pragma once

#include <chrono>

namespace vcplay::host {

/// CLOCK_REALTIME. It may step: nothing that is computed from two of these may be trusted to be positive.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] inline WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace vcplay::host
