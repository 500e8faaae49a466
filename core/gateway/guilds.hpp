// The guilds that are to be played in, and what Discord says of them.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "base/snowflake.hpp"
#include "resources/guild.hpp"

namespace vcplay::gateway {

/// Knows in which guilds the bot is, and keeps the latest description of those that are to be played
/// in. Of a channel that is no voice channel it keeps only the name, so that a guild of ordinary
/// size takes some kilobytes.
class Guilds {
 public:
  /// What is said of it from now on is kept.
  void add(Snowflake guild);
  void remove(Snowflake guild) { wanted_.erase(guild); }
  [[nodiscard]] bool has(Snowflake guild) const noexcept { return wanted_.contains(guild); }

  // What Discord says.
  /// READY: the bot is in these, and nothing that was said before holds. Returns those that are to be played
  /// in and are not among them.
  [[nodiscard]] std::vector<Snowflake> begin(std::vector<Snowflake> joined);
  /// GUILD_CREATE of any guild. For a guild that is to be played in describe() follows.
  void joined(Snowflake guild);
  void describe(resources::Guild guild);
  void deleted(Snowflake guild, bool unavailable);
  void channel_updated(Snowflake guild, const resources::Channel& channel);
  void channel_deleted(Snowflake guild, Snowflake channel);
  /// VOICE_STATE_UPDATE of anybody.
  void is_in(Snowflake guild, Snowflake user, std::optional<Snowflake> channel);

  /// The bot is in it, as far as the latest READY and what followed say.
  [[nodiscard]] bool is_joined(Snowflake guild) const noexcept;
  /// It was, at any time.
  [[nodiscard]] bool was_joined(Snowflake guild) const noexcept;
  /// As it was last described; null: never, or the bot is no longer in it.
  [[nodiscard]] const resources::Guild* latest(Snowflake guild) const noexcept;
  /// It was described since READY, and there is no outage.
  [[nodiscard]] bool is_described(Snowflake guild) const noexcept;

 private:
  struct Wanted {
    bool was_joined = false;
    bool is_described = false;
    std::optional<resources::Guild> latest;
  };
  [[nodiscard]] resources::Guild* kept(Snowflake guild);

  std::map<Snowflake, Wanted> wanted_;
  std::vector<Snowflake> joined_;  // sorted
};

}  // namespace vcplay::gateway
