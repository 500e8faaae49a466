#include "resources/guild.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace vcplay::resources {
namespace {

constexpr json::Field kOverwriteFields[] = {{"id"}, {"type"}, {"allow"}, {"deny"}};
constexpr json::Field kChannelFields[] = {
    {"id"},   {"guild_id"}, {"type"},       {"flags"},
    {"name"}, {"bitrate"},  {"user_limit"}, json::objects("permission_overwrites", kOverwriteFields)};
constexpr json::Field kUserFields[] = {{"id"}, {"username"}, {"bot"}};
constexpr json::Field kMemberFields[] = {
    json::objects("user", kUserFields), json::plain_list("roles"), {"communication_disabled_until"}};
constexpr json::Field kRoleFields[] = {{"id"}, {"permissions"}};
constexpr json::Field kPresenceFields[] = {{"user_id"}, {"channel_id"}};
constexpr json::Field kGuildFields[] = {{"id"},
                                        {"name"},
                                        {"owner_id"},
                                        {"afk_channel_id"},
                                        json::objects("roles", kRoleFields),
                                        json::objects("channels", kChannelFields),
                                        json::objects("members", kMemberFields),
                                        json::objects("voice_states", kPresenceFields)};

/// Discord, Permissions topic: 64 bits, written in decimal, as a string; older objects had a number.
std::uint64_t permission_bits(const nlohmann::json& object, const char* name) {
  const nlohmann::json& value = json::field(object, name);
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  const auto* const digits = value.get_ptr<const std::string*>();
  if (digits == nullptr) return 0;
  std::uint64_t bits = 0;
  const char* const end = digits->data() + digits->size();
  const auto [stop, error] = std::from_chars(digits->data(), end, bits);
  return error == std::errc{} && stop == end ? bits : 0;
}

std::optional<Overwrite> overwrite_from(const nlohmann::json& object) {
  const auto id = json::id(object, "id");
  if (!id) return std::nullopt;
  return Overwrite{*id, json::integer(object, "type") == 1, permission_bits(object, "allow"),
                   permission_bits(object, "deny")};
}

std::optional<Role> role_from(const nlohmann::json& object) {
  const auto id = json::id(object, "id");
  if (!id) return std::nullopt;
  return Role{*id, permission_bits(object, "permissions")};
}

std::optional<VoicePresence> presence_from(const nlohmann::json& object) {
  const auto user = json::id(object, "user_id");
  const auto channel = json::id(object, "channel_id");
  if (!user || !channel) return std::nullopt;
  return VoicePresence{*user, *channel};
}

/// Every element of the list that `read` understands.
template <typename T>
std::vector<T> all_of(const nlohmann::json& object, const char* name,
                      std::optional<T> (*read)(const nlohmann::json&)) {
  std::vector<T> items;
  for (const nlohmann::json& element : json::list(object, name)) {
    if (auto item = read(element)) items.push_back(std::move(*item));
  }
  return items;
}

}  // namespace

const Channel* Guild::channel(Snowflake wanted) const noexcept {
  const auto found =
      std::find_if(channels.begin(), channels.end(), [&](const Channel& each) { return each.id == wanted; });
  return found == channels.end() ? nullptr : &*found;
}

const Member* Guild::member(Snowflake user) const noexcept {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.user == user; });
  return found == members.end() ? nullptr : &*found;
}

std::span<const json::Field> channel_fields() noexcept { return kChannelFields; }
std::span<const json::Field> user_fields() noexcept { return kUserFields; }
std::span<const json::Field> member_fields() noexcept { return kMemberFields; }
std::span<const json::Field> guild_fields() noexcept { return kGuildFields; }

std::optional<Snowflake> id_from(const nlohmann::json& object, const char* field) {
  return json::id(object, field);
}

std::optional<Channel> channel_from(const nlohmann::json& object) {
  const auto id = json::id(object, "id");
  if (!id) return std::nullopt;
  Channel channel;
  channel.id = *id;
  channel.guild = json::id(object, "guild_id").value_or(Snowflake{});
  channel.type = static_cast<int>(json::integer_in(object, "type", 0, 1'000).value_or(0));
  // Discord, Channel resource, "Obfuscated Channels": the name of a channel that may not be viewed is none.
  constexpr std::int64_t kObfuscated = 1 << 17;
  const bool obfuscated = (json::integer(object, "flags").value_or(0) & kObfuscated) != 0;
  if (!obfuscated) channel.name = json::text(object, "name").value_or("");
  channel.bitrate =
      static_cast<int>(json::integer_in(object, "bitrate", 1, 10'000'000).value_or(channel.bitrate));
  channel.user_limit = static_cast<int>(json::integer_in(object, "user_limit", 0, 1'000'000).value_or(0));
  channel.overwrites = all_of<Overwrite>(object, "permission_overwrites", overwrite_from);
  return channel;
}

std::optional<User> user_from(const nlohmann::json& object) {
  const auto id = json::id(object, "id");
  if (!id) return std::nullopt;
  return User{*id, json::text(object, "username").value_or(""), json::flag(object, "bot").value_or(false)};
}

std::optional<Member> member_from(const nlohmann::json& object) {
  const auto user = json::id(json::field(object, "user"), "id");
  if (!user) return std::nullopt;
  Member member{*user, {}, json::text(object, "communication_disabled_until").value_or("")};
  for (const nlohmann::json& role : json::list(object, "roles")) {
    if (const auto id = json::as_id(role)) member.roles.push_back(*id);
  }
  return member;
}

std::optional<Guild> guild_from(const nlohmann::json& object) {
  const auto id = json::id(object, "id");
  if (!id) return std::nullopt;
  Guild guild;
  guild.id = *id;
  guild.name = json::text(object, "name").value_or("");
  guild.owner = json::id(object, "owner_id").value_or(Snowflake{});
  guild.afk_channel = json::id(object, "afk_channel_id").value_or(Snowflake{});
  guild.roles = all_of<Role>(object, "roles", role_from);
  guild.channels = all_of<Channel>(object, "channels", channel_from);
  guild.members = all_of<Member>(object, "members", member_from);
  guild.voice = all_of<VoicePresence>(object, "voice_states", presence_from);
  return guild;
}

}  // namespace vcplay::resources
