// What Discord dispatches to the main gateway's session, and what the owner hears of it.
#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "gateway/session_impl.hpp"

namespace vcplay::gateway {
namespace {

/// The ids in READY's list of guilds.
std::vector<Snowflake> guild_ids(const nlohmann::json& ready) {
  std::vector<Snowflake> ids;
  for (const nlohmann::json& guild : json::list(ready, "guilds")) {
    if (const auto id = json::id(guild, "id")) ids.push_back(*id);
  }
  return ids;
}

}  // namespace

Error not_in_ready(Snowflake guild, int shard_id, int shard_count) {
  const int owner = shard_of(guild, shard_count);
  if (owner != shard_id) {
    return {Cause::not_permitted,
            fmt::format("Guild {0} belongs to shard {1}/{3}, not to {2}/{3}.", guild.str(), owner, shard_id,
                        shard_count),
            Hint::use_shard,
            {owner, shard_count}};
  }
  return {Cause::not_permitted, fmt::format("The bot is not in guild {}: invite it with the link that the "
                                            "developer portal makes, or check the id.",
                                            guild.str())};
}

Actions Session::on_dispatch(const nlohmann::json& message, TimePoint now) {
  using Handler = Actions (Session::*)(const nlohmann::json&);
  static constexpr std::pair<std::string_view, Handler> kHandlers[] = {
      {"GUILD_CREATE", &Session::on_guild_create},
      {"GUILD_DELETE", &Session::on_guild_delete},
      {"CHANNEL_CREATE", &Session::on_channel_update},
      {"CHANNEL_UPDATE", &Session::on_channel_update},
      {"CHANNEL_DELETE", &Session::on_channel_delete},
      {"VOICE_STATE_UPDATE", &Session::on_voice_state_update},
      {"VOICE_SERVER_UPDATE", &Session::on_voice_server_update},
  };
  const bool has_session = state_ == State::ready || state_ == State::waiting_for_resumed;
  if (!has_session && state_ != State::waiting_for_ready) return ignore("a dispatch before IDENTIFY");
  if (const auto sequence = json::integer(message, "s")) sequence_ = sequence;
  const std::string name = json::text(message, "t").value_or("");
  const nlohmann::json& data = json::field(message, "d");
  if (name == "READY") return on_ready(data, now);
  if (name == "RESUMED") return on_resumed(now);
  if (!has_session) return ignore("a dispatch before READY");
  for (const auto& [known, handler] : kHandlers) {
    if (known == name) return (this->*handler)(data);
  }
  return {};  // Discord, Gateway topic: there are many more, and new ones may come
}

Actions Session::on_ready(const nlohmann::json& data, TimePoint now) {
  if (state_ != State::waiting_for_ready) return ignore("a READY out of place");
  const auto user = json::id(json::field(data, "user"), "id");
  const auto session_id = json::text(data, "session_id");
  if (!user || !session_id || !json::field(data, "guilds").is_array()) {
    return hang_up(
        end(Error(Cause::network, "Discord's gateway said READY without a user, a session id or guilds.")));
  }
  user_ = *user;
  session_id_ = *session_id;
  resume_url_ = json::text(data, "resume_gateway_url").value_or("");
  identifies_ = 0;
  succeed(now);
  std::vector<Snowflake> guilds = guild_ids(data);
  const std::vector<Snowflake> missing = guilds_.begin(guilds);
  Actions actions = one(Ready{user_, session_id_, resume_url_, std::move(guilds)});
  for (const Snowflake guild : missing) actions.emplace_back(GuildMissing{why_missing(guild).value(), guild});
  return actions;
}

std::optional<Error> Session::why_missing(Snowflake guild) const {
  if (!user() || guilds_.is_joined(guild)) return std::nullopt;
  if (guilds_.was_joined(guild)) return Error(Cause::removed, "The bot was removed from the guild.");
  return not_in_ready(guild, config_.shard_id, config_.shard_count);
}

Actions Session::on_resumed(TimePoint now) {
  if (state_ != State::waiting_for_resumed) return ignore("a RESUMED out of place");
  succeed(now);
  Actions actions = one(Resumed{});
  send_waiting(now, actions);
  return actions;
}

Actions Session::on_guild_create(const nlohmann::json& data) {
  if (const auto any = json::id(data, "id")) guilds_.joined(*any);
  const auto guild = our_guild(data, "id");
  if (!guild) return {};
  guilds_.describe(resources::guild_from(data).value());
  return one(GuildCreated{*guild});
}

Actions Session::on_guild_delete(const nlohmann::json& data) {
  const auto any = json::id(data, "id");
  if (!any) return {};
  const bool unavailable = json::flag(data, "unavailable").value_or(false);
  guilds_.deleted(*any, unavailable);
  if (!guilds_.has(*any)) return {};
  return one(GuildDeleted{unavailable, *any});
}

Actions Session::on_channel_update(const nlohmann::json& data) {
  const auto guild = our_guild(data, "guild_id");
  if (!guild) return {};
  auto channel = resources::channel_from(data);
  if (!channel) return ignore("a CHANNEL_UPDATE without an id");
  guilds_.channel_updated(*guild, *channel);
  return one(ChannelUpdated{std::move(*channel), *guild});
}

Actions Session::on_channel_delete(const nlohmann::json& data) {
  const auto guild = our_guild(data, "guild_id");
  if (!guild) return {};
  const auto channel = json::id(data, "id");
  if (!channel) return ignore("a CHANNEL_DELETE without an id");
  guilds_.channel_deleted(*guild, *channel);
  return one(ChannelDeleted{*channel, *guild});
}

Actions Session::on_voice_state_update(const nlohmann::json& data) {
  const auto guild = our_guild(data, "guild_id");
  const auto user = json::id(data, "user_id");
  if (!guild || !user) return {};
  const auto channel = json::id(data, "channel_id");
  // A channel that is there but unreadable must not pass for "left the channel".
  const bool is_readable = channel || json::field(data, "channel_id").is_null();
  if (is_readable) guilds_.is_in(*guild, *user, channel);
  // Other members' states carry their session ids; with one of those the voice server answers 4006.
  if (*user != user_) return {};
  const auto session_id = json::text(data, "session_id");
  if (!session_id || !is_readable) return ignore("a VOICE_STATE_UPDATE with wrong fields");
  return one(OwnVoiceState{channel, *session_id, json::flag(data, "mute").value_or(false),
                           json::flag(data, "suppress").value_or(false),
                           !json::field(data, "request_to_speak_timestamp").is_null(), *guild});
}

Actions Session::on_voice_server_update(const nlohmann::json& data) {
  const auto guild = our_guild(data, "guild_id");
  if (!guild) return {};
  auto token = json::text(data, "token");
  auto endpoint = json::text(data, "endpoint");
  if (!token || (!endpoint && !json::field(data, "endpoint").is_null())) {
    return ignore("a VOICE_SERVER_UPDATE with wrong fields");
  }
  return one(VoiceServer{std::move(*token), std::move(endpoint), *guild});
}

std::optional<Snowflake> Session::our_guild(const nlohmann::json& data, const char* field) const {
  const auto guild = json::id(data, field);
  return guild && guilds_.has(*guild) ? guild : std::nullopt;
}

}  // namespace vcplay::gateway
