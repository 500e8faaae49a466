// The world as Discord's documented JSON objects, complete enough for any client library.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/snowflake.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

/// User resource, "User Object".
[[nodiscard]] nlohmann::json user_object(const Person& person);
/// User resource, as GET /users/@me gives it.
[[nodiscard]] nlohmann::json own_user_object(const Person& person);
/// Guild resource, "Guild Member Object".
[[nodiscard]] nlohmann::json member_object(const Person& person);
/// Channel resource, "Channel Object"; `channel` is one of the world's.
[[nodiscard]] nlohmann::json channel_object(const World& world, Snowflake channel);
/// All channels of the guild, each as channel_object().
[[nodiscard]] nlohmann::json channel_objects(const World& world);
/// User resource, as GET /users/@me/guilds lists it for `viewer`.
[[nodiscard]] nlohmann::json partial_guild_object(const World& world, const Person& viewer);
/// Guild resource, "Guild Object", as GET /guilds/{id} gives it.
[[nodiscard]] nlohmann::json guild_object(const World& world);
/// Gateway events, "Guild Create", as `viewer` sees it without privileged intents.
[[nodiscard]] nlohmann::json guild_create_object(const World& world, const Person& viewer);
/// Voice resource, "Voice State Object"; `state` is null for somebody who has just left.
[[nodiscard]] nlohmann::json voice_state_object(const World& world, const Person& person,
                                                const VoiceState* state, const std::string& last_session_id);
/// Gateway events, "Ready". `shard` is null when IDENTIFY named none.
[[nodiscard]] nlohmann::json ready_object(const Person& person, const std::vector<Snowflake>& of_guilds,
                                          const std::string& session_id, const std::string& resume_url,
                                          const nlohmann::json& shard);
/// Text of the wire. What is not UTF-8 in a configured name is replaced.
[[nodiscard]] std::string wire_text(const nlohmann::json& message);

}  // namespace vcplay::rehearsal
