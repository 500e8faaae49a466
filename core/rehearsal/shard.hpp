// Which guilds a gateway session is told of.
#pragma once

#include <cstdint>

#include "base/snowflake.hpp"

namespace vcplay::rehearsal {

/// What IDENTIFY names: Discord, "Gateway", "Sharding".
struct Shard {
  std::uint64_t id = 0;
  std::uint64_t count = 1;

  [[nodiscard]] bool holds(Snowflake guild) const noexcept { return (guild.value >> 22) % count == id; }
};

}  // namespace vcplay::rehearsal
