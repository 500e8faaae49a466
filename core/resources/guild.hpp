// Discord's guild and channel objects, as far as a player needs them: from GUILD_CREATE or from REST alike.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/snowflake.hpp"

namespace vcplay::resources {

/// Discord, Channel resource, "Channel Types": the ones that have a voice.
inline constexpr int kGuildVoice = 2;
inline constexpr int kGuildStageVoice = 13;

/// Discord, Channel resource, "Overwrite Object".
struct Overwrite {
  Snowflake id;  // a role or a user
  bool is_member = false;
  std::uint64_t allow = 0;
  std::uint64_t deny = 0;
};

struct Channel {
  Snowflake id;
  Snowflake guild;  // 0 when the object did not say (inside GUILD_CREATE)
  int type = 0;
  std::string name;      // text from outside; empty: Discord does not tell it
  int bitrate = 64'000;  // bit/s
  int user_limit = 0;    // 0: none
  std::vector<Overwrite> overwrites;
  [[nodiscard]] bool has_voice() const noexcept { return type == kGuildVoice || type == kGuildStageVoice; }
};

struct Role {
  Snowflake id;
  std::uint64_t permissions = 0;
};

/// Who somebody is, in every guild alike.
struct User {
  Snowflake id;
  std::string name;  // text from outside
  bool bot = false;
};

struct Member {
  Snowflake user;
  std::vector<Snowflake> roles;
  std::string communication_disabled_until;  // ISO 8601, empty: not timed out
};

/// Who is in which channel.
struct VoicePresence {
  Snowflake user;
  Snowflake channel;
};

struct Guild {
  Snowflake id;
  std::string name;  // text from outside
  Snowflake owner;
  Snowflake afk_channel;  // 0: none
  std::vector<Role> roles;
  std::vector<Channel> channels;
  std::vector<Member> members;  // with vcplay's intents: the bot itself and those in voice
  std::vector<VoicePresence> voice;

  [[nodiscard]] const Channel* channel(Snowflake wanted) const noexcept;
  [[nodiscard]] const Member* member(Snowflake user) const noexcept;
};

// Each reads what is there and gives nothing when the id is missing or of the wrong type;
// other fields fall back.
[[nodiscard]] std::optional<Snowflake> id_from(const nlohmann::json& object, const char* field);
[[nodiscard]] std::optional<Channel> channel_from(const nlohmann::json& object);
[[nodiscard]] std::optional<User> user_from(const nlohmann::json& object);
[[nodiscard]] std::optional<Member> member_from(const nlohmann::json& object);
[[nodiscard]] std::optional<Guild> guild_from(const nlohmann::json& object);

// All that each of them looks at, for json::parse().
[[nodiscard]] std::span<const json::Field> channel_fields() noexcept;
[[nodiscard]] std::span<const json::Field> user_fields() noexcept;
[[nodiscard]] std::span<const json::Field> member_fields() noexcept;
[[nodiscard]] std::span<const json::Field> guild_fields() noexcept;

}  // namespace vcplay::resources
