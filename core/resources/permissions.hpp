// What the bot may do in a channel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/snowflake.hpp"
#include "resources/guild.hpp"

namespace vcplay::resources {

/// Discord, Permissions topic, "Bitwise Permission Flags".
enum Permission : std::uint64_t {
  kAdministrator = 1ULL << 3,
  kManageChannels = 1ULL << 4,
  kPrioritySpeaker = 1ULL << 8,
  kViewChannel = 1ULL << 10,
  kReadMessageHistory = 1ULL << 16,
  kConnect = 1ULL << 20,
  kSpeak = 1ULL << 21,
  kMuteMembers = 1ULL << 22,
  kMoveMembers = 1ULL << 24,
  kRequestToSpeak = 1ULL << 32,
  kSetVoiceChannelStatus = 1ULL << 48,
};

/// The permissions of `user` in `channel` by Discord's rules: owner, roles, overwrites, time-out.
/// `now_iso8601` (UTC, "2026-11-21T12:00:00") decides whether a time-out still runs. Nothing when the guild
/// object does not hold the member.
[[nodiscard]] std::optional<std::uint64_t> permissions_in(const Guild& guild, const Channel& channel,
                                                          Snowflake user, std::string_view now_iso8601);

/// "a voice channel", "a stage channel", "a text channel", …
[[nodiscard]] std::string_view type_in_words(int channel_type) noexcept;

/// One sentence that says why `user` lacks `permission` (VIEW_CHANNEL, CONNECT or SPEAK) in `channel`, and
/// what to do; empty when it has it. Looks at nothing else. `permissions` are those of permissions_in().
[[nodiscard]] std::string why_not_permitted(const Guild& guild, const Channel& channel, Snowflake user,
                                            Permission permission, std::uint64_t permissions,
                                            std::string_view now_iso8601);

/// One sentence that says why `user` cannot play in `channel`, and what to do; empty when it can.
/// Looks at the channel's type, VIEW_CHANNEL, CONNECT, SPEAK (not on a stage) and the user limit.
/// Of permissions it says nothing when the guild object does not hold the member.
[[nodiscard]] std::string why_not_play(const Guild& guild, Snowflake channel, Snowflake user,
                                       std::string_view now_iso8601);

}  // namespace vcplay::resources
