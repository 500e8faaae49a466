// What happens by order to datagrams on their way.
#pragma once

#include <cstdint>
#include <map>
#include <random>

#include "base/clock.hpp"
#include "base/snowflake.hpp"

namespace vcplay::rehearsal {

/// Draws which of an account's datagrams, in either direction, do not arrive. The same seed, orders and
/// datagrams give the same draws.
class UdpFaults {
 public:
  explicit UdpFaults(std::uint32_t seed) : random_(seed) {}

  /// So many per cent until then; replaces what was ordered before.
  void lose(Snowflake user, std::uint64_t percent, TimePoint until) {
    Path& path = paths_[user];
    path.percent = percent;
    path.lossy_until = until;
  }
  void block(Snowflake user, TimePoint until) { paths_[user].blocked_until = until; }

  /// True for a datagram that is lost.
  [[nodiscard]] bool takes(Snowflake user, TimePoint now) {
    const auto found = paths_.find(user);
    if (found == paths_.end()) return false;
    const Path& path = found->second;
    if (now < path.blocked_until) return true;
    return now < path.lossy_until && random_() % 100 < path.percent;
  }

 private:
  struct Path {
    std::uint64_t percent = 0;
    TimePoint lossy_until = TimePoint::min();
    TimePoint blocked_until = TimePoint::min();
  };

  std::mt19937 random_;
  std::map<Snowflake, Path> paths_;
};

}  // namespace vcplay::rehearsal
