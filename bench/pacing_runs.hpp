// The two loops that are compared: vcplay's sender, and the least that could send at all.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::bench {

/// What one loop did in one run.
struct Run {
  std::vector<double> late_us;  // from each packet's deadline to its send() call, in order
  std::uint64_t stalls = 0;     // lateness of more than three packets: the sender's rebases
  std::uint64_t lost = 0;       // not taken by the socket
  bool real_time = false;       // the thread got SCHED_FIFO
};

/// The real thread, clock, cipher and socket; every frame already waits in the queue.
[[nodiscard]] Run run_sender(int packets);

/// clock_nanosleep to an absolute deadline, then one send of as many bytes, with the same
/// timer slack and policy.
[[nodiscard]] Run run_bare_loop(int packets);

}  // namespace vcplay::bench
