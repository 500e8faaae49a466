// What Discord's answers mean for a play that has not begun: pure functions, no socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "cli/finding.hpp"
#include "resources/guild.hpp"
#include "rest/api.hpp"

namespace vcplay::cli {

/// Everything that Discord tells without an IDENTIFY.
struct DiscordFacts {
  /// Nothing: it was not asked, because what it stands on is missing.
  template <typename T>
  using Answer = std::optional<rest::Result<T>>;

  Answer<resources::User> me;
  Answer<rest::GatewayBot> gateway_bot;
  std::size_t identifies_here = 0;  // of this bot by this user's runs within 24 hours
  Answer<resources::Guild> guild;
  Answer<resources::Member> member;  // the bot itself
  Answer<resources::Channel> channel;
  std::optional<Duration> clock_ahead;                            // of Discord's; nothing: it told no time
  std::optional<std::variant<std::string, Error>> gateway_hello;  // where HELLO came from, or why not
  std::optional<std::variant<std::string, Error>> udp_route;  // our own address on it, or why there is none
};

/// What is to be played where.
struct Wanted {
  Snowflake guild;
  Snowflake channel;
  std::optional<int> bitrate = {};  // of --bitrate, bit/s
  bool priority = false;            // --speaking priority
  bool channel_status = false;      // --set-status
};

/// One finding per question, in the order in which a play would meet them.
[[nodiscard]] std::vector<Finding> judge(const DiscordFacts& facts, const Wanted& wanted,
                                         std::string_view now_iso8601);

/// Whether whoever joins this stage can be heard: at once, once invited, or never.
[[nodiscard]] Finding judge_stage(std::uint64_t permissions);
/// Discord silences everybody in a guild's AFK channel.
[[nodiscard]] Finding judge_afk(const resources::Guild& guild, const resources::Channel& channel);

/// Now, in UTC, as resources::permissions_in() wants it.
[[nodiscard]] std::string utc_now();

}  // namespace vcplay::cli
