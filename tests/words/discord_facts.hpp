// A Discord on which everything is right for a play, to be spoilt by a test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/checks.hpp"
#include "cli/finding.hpp"
#include "resources/permissions.hpp"

namespace vcplay::cli::test {

inline constexpr Snowflake kGuild{81384788765712384};
inline constexpr Snowflake kRoom{381870553235193857};
inline constexpr Snowflake kBot{1121110987654321000};
inline constexpr std::string_view kNow = "2026-11-21T12:00:00";
inline constexpr std::uint64_t kV = resources::kViewChannel;
inline constexpr std::uint64_t kC = resources::kConnect;
inline constexpr std::uint64_t kS = resources::kSpeak;

inline constexpr Wanted kWanted = {.guild = kGuild, .channel = kRoom};
inline constexpr Style kAscii = {.utf8 = false, .color = false};

/// A Discord on which everything is right for a play.
inline DiscordFacts all_well() {
  DiscordFacts facts;
  facts.me = resources::User{kBot, "jukebox", true};
  rest::GatewayBot gateway;
  gateway.identifies_left = 999;
  gateway.reset_after = 4h;
  facts.gateway_bot = gateway;
  resources::Guild guild;
  guild.id = kGuild;
  guild.name = "Den";
  guild.roles = {{kGuild, kV | kC | kS}};
  facts.guild = guild;
  facts.member = resources::Member{kBot, {}, ""};
  resources::Channel room;
  room.id = kRoom;
  room.guild = kGuild;
  room.type = resources::kGuildVoice;
  room.name = "Lounge";
  facts.channel = room;
  facts.clock_ahead = 2s;
  facts.gateway_hello = "gateway.discord.gg:443";
  facts.udp_route = "192.168.1.5";
  return facts;
}

inline resources::Guild& guild_of(DiscordFacts& facts) { return std::get<resources::Guild>(*facts.guild); }
inline resources::Member& member_of(DiscordFacts& facts) {
  return std::get<resources::Member>(*facts.member);
}
inline resources::Channel& room_of(DiscordFacts& facts) {
  return std::get<resources::Channel>(*facts.channel);
}
inline rest::GatewayBot& gateway_of(DiscordFacts& facts) {
  return std::get<rest::GatewayBot>(*facts.gateway_bot);
}
inline void permit(DiscordFacts& facts, std::uint64_t permissions) {
  guild_of(facts).roles.front().permissions = permissions;
}
inline rest::Failure refusal(int status, Cause cause, const char* sentence) {
  return {status, 0, Error(cause, sentence)};
}

/// "token ok", "speak failed", …
inline std::vector<std::string> marks(const std::vector<Finding>& findings) {
  std::vector<std::string> words;
  words.reserve(findings.size());
  for (const Finding& finding : findings) {
    words.push_back(finding.check + " " + std::string(word(finding.mark)));
  }
  return words;
}

}  // namespace vcplay::cli::test
