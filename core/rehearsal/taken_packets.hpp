// Which of a stream's packets were taken on their way, by order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/clock.hpp"

namespace vcplay::rehearsal {

/// Remembers sequence numbers for as long as they mean one packet.
class TakenPackets {
 public:
  void add(std::uint16_t sequence, TimePoint now) {
    if (!runs_.empty() && sequence == static_cast<std::uint16_t>(runs_.back().first + runs_.back().length)) {
      ++runs_.back().length;
      runs_.back().latest = now;
      return;
    }
    if (runs_.size() == kMostRuns) runs_.pop_front();
    runs_.push_back({sequence, 1, now});
  }
  /// How many of the packets between these two were taken.
  [[nodiscard]] std::uint32_t between(std::uint16_t after, std::uint16_t before,
                                      TimePoint now) const noexcept {
    const std::uint32_t gap = static_cast<std::uint16_t>(before - after - 1);
    std::uint32_t taken = 0;
    for (const Run& run : runs_) {
      if (now - run.latest > kRound) continue;
      for (std::uint32_t i = 0; i < run.length; ++i) {
        const auto behind = static_cast<std::uint16_t>(run.first + i - after - 1);
        if (behind < gap) ++taken;
      }
    }
    return std::min(taken, gap);
  }

 private:
  /// Packets in a row.
  struct Run {
    std::uint16_t first = 0;
    std::uint32_t length = 0;
    TimePoint latest{};
  };
  static constexpr std::size_t kMostRuns = 1024;
  static constexpr Duration kRound = std::chrono::minutes(15);  // 65536 packets are almost 22

  std::deque<Run> runs_;
};

}  // namespace vcplay::rehearsal
