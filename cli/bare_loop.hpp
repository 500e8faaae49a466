// What this machine can do at best: the yardstick for the sender's pacing.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace vcplay::cli {

/// Sleeps from one absolute 20 ms deadline to the next on a thread with the sender's own scheduling, and
/// notes how late it wakes: everything that a perfect sender would still suffer here.
class BareLoop {
 public:
  BareLoop();
  ~BareLoop();
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  /// Ends the loop. Lateness of each wake-up in µs, of the last hour at the most.
  [[nodiscard]] std::vector<double> stop();

 private:
  std::atomic<bool> quit_{false};
  std::vector<double> late_us_;  // the thread's until it is joined
  std::thread thread_;
};

}  // namespace vcplay::cli
