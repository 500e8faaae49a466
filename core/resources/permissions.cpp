#include "resources/permissions.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"

namespace vcplay::resources {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};
constexpr std::uint64_t kWhileTimedOut = kViewChannel | kReadMessageHistory;
constexpr std::uint64_t kOnlyWithConnect =
    kSpeak | kPrioritySpeaker | kMuteMembers | kMoveMembers | kRequestToSpeak | kSetVoiceChannelStatus;

bool holds_role(const Member& member, Snowflake role) {
  return std::find(member.roles.begin(), member.roles.end(), role) != member.roles.end();
}

/// Discord, Permissions topic, compute_base_permissions().
std::uint64_t base_permissions(const Guild& guild, const Member& member) {
  std::uint64_t permissions = 0;
  for (const Role& role : guild.roles) {
    // The role @everyone has the guild's own id; nobody lists it among theirs.
    if (role.id == guild.id || holds_role(member, role.id)) permissions |= role.permissions;
  }
  return (permissions & kAdministrator) != 0 ? kAll : permissions;
}

/// Discord, Permissions topic, compute_overwrites(): @everyone's first, then all roles' together,
/// then the member's own.
std::uint64_t with_overwrites(std::uint64_t permissions, const Guild& guild, const Channel& channel,
                              const Member& member) {
  std::uint64_t role_allow = 0;
  std::uint64_t role_deny = 0;
  std::uint64_t member_allow = 0;
  std::uint64_t member_deny = 0;
  for (const Overwrite& overwrite : channel.overwrites) {
    if (overwrite.is_member) {
      if (overwrite.id != member.user) continue;
      member_allow = overwrite.allow;
      member_deny = overwrite.deny;
    } else if (overwrite.id == guild.id) {
      permissions = (permissions & ~overwrite.deny) | overwrite.allow;
    } else if (holds_role(member, overwrite.id)) {
      role_allow |= overwrite.allow;
      role_deny |= overwrite.deny;
    }
  }
  permissions = (permissions & ~role_deny) | role_allow;
  return (permissions & ~member_deny) | member_allow;
}

/// Both are UTC; the first 19 characters, to the second, sort as the time does.
bool timed_out(const Member& member, std::string_view now_iso8601) {
  constexpr std::size_t kToTheSecond = 19;
  const std::string_view until = member.communication_disabled_until;
  return until.size() >= kToTheSecond && until.substr(0, kToTheSecond) > now_iso8601.substr(0, kToTheSecond);
}

/// Discord, Permissions topic, "Implicit Permissions": without VIEW_CHANNEL nothing counts,
/// without CONNECT no voice.
std::uint64_t with_implicit_denials(std::uint64_t permissions) {
  if ((permissions & kViewChannel) == 0) return 0;
  return (permissions & kConnect) == 0 ? permissions & ~kOnlyWithConnect : permissions;
}

std::string quoted(const std::string& name) {
  constexpr std::size_t kColumns = 60;
  return name.empty() ? std::string("(without a name)") : fmt::format("\"{}\"", display_safe(name, kColumns));
}

/// By its id where Discord tells no name.
std::string label(const Channel& channel) {
  return channel.name.empty() ? channel.id.str() : quoted(channel.name);
}

std::string missing_permission(const Guild& guild, const Channel& channel, Snowflake user,
                               std::uint64_t permissions, std::string_view now_iso8601) {
  for (const Permission needed : {kViewChannel, kConnect, kSpeak}) {
    // On a stage speaking is a matter of being invited, not of SPEAK.
    if (needed == kSpeak && channel.type == kGuildStageVoice) continue;
    std::string reason = why_not_permitted(guild, channel, user, needed, permissions, now_iso8601);
    if (!reason.empty()) return reason;
  }
  return {};
}

std::string no_room(const Guild& guild, const Channel& channel, Snowflake user, std::uint64_t permissions) {
  if (channel.user_limit == 0 || (permissions & kMoveMembers) != 0) return {};
  int others = 0;
  for (const VoicePresence& presence : guild.voice) {
    if (presence.channel != channel.id) continue;
    if (presence.user == user) return {};  // whoever is in already needs no place
    ++others;
  }
  if (others < channel.user_limit) return {};
  return fmt::format(
      "Channel {} is full ({} of {}): wait for a place, raise its user limit or give the bot the permission "
      "Move "
      "Members.",
      label(channel), others, channel.user_limit);
}

}  // namespace

std::optional<std::uint64_t> permissions_in(const Guild& guild, const Channel& channel, Snowflake user,
                                            std::string_view now_iso8601) {
  if (guild.owner == user) return kAll;
  const Member* const member = guild.member(user);
  if (member == nullptr) return std::nullopt;
  const std::uint64_t base = base_permissions(guild, *member);
  if ((base & kAdministrator) != 0) return kAll;
  std::uint64_t permissions = with_overwrites(base, guild, channel, *member);
  if (timed_out(*member, now_iso8601)) permissions &= kWhileTimedOut;
  return with_implicit_denials(permissions);
}

std::string_view type_in_words(int channel_type) noexcept {
  // Discord, Channel resource, "Channel Types".
  switch (channel_type) {
    case 0:
      return "a text channel";
    case kGuildVoice:
      return "a voice channel";
    case 4:
      return "a category";
    case 5:
      return "an announcement channel";
    case 10:
    case 11:
    case 12:
      return "a thread";
    case kGuildStageVoice:
      return "a stage channel";
    case 14:
      return "a directory";
    case 15:
    case 16:
      return "a forum";
    default:
      return "no voice channel";
  }
}

std::string why_not_permitted(const Guild& guild, const Channel& channel, Snowflake user,
                              Permission permission, std::uint64_t permissions,
                              std::string_view now_iso8601) {
  if ((permissions & permission) != 0) return {};
  const Member* const member = guild.member(user);
  // A time-out leaves VIEW_CHANNEL to whoever has it.
  if (member != nullptr && permission != kViewChannel && timed_out(*member, now_iso8601)) {
    return fmt::format("The bot is timed out in guild {} until {}: ask a moderator to lift the time-out.",
                       quoted(guild.name), display_safe(member->communication_disabled_until, 40));
  }
  const auto lacks = [&](std::string_view name, std::string_view to_do) {
    return fmt::format("The bot may not {} channel {}: give it the permission {} there.", to_do,
                       label(channel), name);
  };
  if (permission == kViewChannel) return lacks("View Channel", "see");
  if (permission == kConnect) return lacks("Connect", "join");
  return lacks("Speak", "speak in");
}

std::string why_not_play(const Guild& guild, Snowflake channel_id, Snowflake user,
                         std::string_view now_iso8601) {
  const Channel* const channel = guild.channel(channel_id);
  if (channel == nullptr) {
    return fmt::format("Channel {} is not in guild {} ({}): check both ids.", channel_id.str(),
                       guild.id.str(), quoted(guild.name));
  }
  if (!channel->has_voice()) {
    return fmt::format("Channel {} is {}: choose a voice channel.", label(*channel),
                       type_in_words(channel->type));
  }
  const auto permissions = permissions_in(guild, *channel, user, now_iso8601);
  if (!permissions) return {};
  std::string reason = missing_permission(guild, *channel, user, *permissions, now_iso8601);
  return reason.empty() ? no_room(guild, *channel, user, *permissions) : reason;
}

}  // namespace vcplay::resources
