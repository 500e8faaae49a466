// Which transport keys the voice server gives to whom.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>

#include "base/snowflake.hpp"
#include "rtp/transport_cipher.hpp"

namespace vcplay::rehearsal {

/// What a SESSION_DESCRIPTION brings: a new key, the one that its user had last, the first that its user ever
/// had there, or the one that is the same in all guilds.
enum class Rekeying : std::uint8_t { anew, same, first, shared };

/// Makes the keys, and remembers them for faults that give one again. Lives on one thread.
class KeyGiver {
 public:
  using Key = std::array<std::uint8_t, rtp::kTransportKeyBytes>;

  explicit KeyGiver(const Key& shared) : shared_(shared) {}

  /// For a new session. A user who was given the first key again keeps it in all sessions.
  [[nodiscard]] Key give(Snowflake user);
  /// For the session that there is.
  [[nodiscard]] Key give(Snowflake user, Rekeying how);

 private:
  const Key shared_;
  std::map<Snowflake, Key> first_;
  std::map<Snowflake, Key> last_;
  std::set<Snowflake> keep_first_;
};

}  // namespace vcplay::rehearsal
