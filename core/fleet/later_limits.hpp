// What the channels bear whose turn has not come yet.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/snowflake.hpp"
#include "resources/guild.hpp"

namespace vcplay::fleet {

/// The least bitrate of the targets that are not begun: one encoding is for them, too. A target that has
/// begun says itself what it bears. No clock, no socket.
class LaterLimits {
 public:
  void add(std::size_t target, Snowflake guild, Snowflake channel);
  void begun(std::size_t target, Snowflake guild);
  /// As Discord describes it; null: the bot is not in it. True where that changes one of the answers below.
  bool describe(Snowflake id, const resources::Guild* guild);

  /// bit/s, of those that were described before they began; nothing: there was none.
  [[nodiscard]] std::optional<int> least() const noexcept { return least_; }
  /// Discord has said what it has to say of every guild in which a target waits.
  [[nodiscard]] bool are_known() const noexcept { return undescribed_.empty(); }

 private:
  std::map<Snowflake, std::map<std::size_t, Snowflake>> waiting_;  // channels, by guild and target
  std::set<Snowflake> undescribed_;
  std::optional<int> least_;
};

}  // namespace vcplay::fleet
