// What clients ask of the main gateway: to be let in, and to join, move and leave.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "rehearsal/fields.hpp"
#include "rehearsal/gateway_server.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

// Discord, "Gateway", "List of Intents".
constexpr std::uint64_t kGuilds = 1ULL << 0;
constexpr std::uint64_t kGuildVoiceStates = 1ULL << 7;
constexpr std::uint64_t kPrivileged = (1ULL << 1) | (1ULL << 8) | (1ULL << 15);
constexpr std::uint64_t kKnownIntents =
    ((1ULL << 17) - 1) | (1ULL << 20) | (1ULL << 21) | (1ULL << 24) | (1ULL << 25);

}  // namespace

void GatewayServer::identify(Connection& connection, const json& data, TimePoint now) {
  if (connection.person != nullptr) {
    return refuse(connection, Rule::gateway_identified_twice, 4005, "Already authenticated.",
                  "a second IDENTIFY came on one gateway connection");
  }
  if (world_.options().identify_close_code) {
    return close(connection, *world_.options().identify_close_code, "As it was rehearsed.");
  }
  if (!accept_identity(connection, data, now) || !accept_shard(connection, data) ||
      !accept_intents(connection, data)) {
    return;
  }
  const json* const shard = field(data, "shard");
  dispatch(connection, "READY",
           ready_object(world_, *connection.person, random_hex(16), own_url_,
                        shard == nullptr ? json(nullptr) : *shard),
           now);
  ledger(connection).first("ready-sent", now);
  for (const std::string& text : world_.options().extra_gateway_texts) connection.socket->send_text(text);
  if ((connection.intents & kGuilds) != 0) {
    dispatch(connection, "GUILD_CREATE", guild_create_object(world_, *connection.person), now);
  }
}

bool GatewayServer::accept_identity(Connection& connection, const json& data, TimePoint now) {
  const std::optional<std::string> token = text_in(data, "token");
  const json* const properties = field(data, "properties");
  if (!token || properties == nullptr || !properties->is_object()) {
    refuse(connection, Rule::gateway_identify_fields, 4002, "Error while decoding payload.",
           "IDENTIFY lacks the token or the properties");
    return false;
  }
  const Person* const person = world_.by_token(*token);
  if (person == nullptr) {
    refuse(connection, Rule::gateway_token, 4004, "Authentication failed.",
           "IDENTIFY carried a token of nobody");
    return false;
  }
  connection.person = person;
  Ledger& account = ledger(connection);
  account.first("gateway-connected", connection.opened);
  account.first("identify", now);
  account.says("gateway-identify");
  return true;
}

bool GatewayServer::accept_shard(Connection& connection, const json& data) {
  const json* const shard = field(data, "shard");
  const std::optional<int> demanded = world_.options().demanded_shards;
  if (shard == nullptr) {
    if (!demanded || *demanded <= 1) return true;
    refuse(connection, Rule::gateway_shard, 4011, "Sharding required.", "IDENTIFY named no shard");
    return false;
  }
  const bool is_pair = shard->is_array() && shard->size() == 2;
  const std::optional<std::int64_t> id = is_pair ? integer_of((*shard)[0]) : std::nullopt;
  const std::optional<std::int64_t> count = is_pair ? integer_of((*shard)[1]) : std::nullopt;
  if (!id || !count || *id < 0 || *id >= *count) {
    refuse(connection, Rule::gateway_shard, 4010, "Invalid shard.", "IDENTIFY named an impossible shard");
    return false;
  }
  if (!demanded) return true;
  if (*count < *demanded) {
    refuse(connection, Rule::gateway_shard, 4011, "Sharding required.",
           fmt::format("IDENTIFY named {} shards where {} are demanded", *count, *demanded));
    return false;
  }
  // Discord, "Gateway", "Sharding": shard_id = (guild_id >> 22) % num_shards
  const auto right =
      static_cast<std::int64_t>((world_.options().guild.value >> 22) % static_cast<std::uint64_t>(*demanded));
  if (*count == *demanded && *id == right) return true;
  refuse(
      connection, Rule::gateway_shard, 4010, "Invalid shard.",
      fmt::format("IDENTIFY named shard {} of {}, the guild is on {} of {}", *id, *count, right, *demanded));
  return false;
}

bool GatewayServer::accept_intents(Connection& connection, const json& data) {
  const std::optional<std::int64_t> intents = integer_in(data, "intents");
  if (!intents || *intents < 0 || (static_cast<std::uint64_t>(*intents) & ~kKnownIntents) != 0) {
    refuse(connection, Rule::gateway_intents, 4013, "Invalid intents.",
           "IDENTIFY carried impossible intents or none");
    return false;
  }
  connection.intents = static_cast<std::uint64_t>(*intents);
  if ((connection.intents & kPrivileged) == 0) return true;
  refuse(connection, Rule::gateway_intents, 4014, "Disallowed intents.",
         "IDENTIFY asked for privileged intents that are not enabled for this bot");
  return false;
}

void GatewayServer::update_voice_state(Connection& connection, const json& data, TimePoint now) {
  const std::optional<Snowflake> guild = id_in(data, "guild_id");
  const std::optional<Snowflake> channel = id_in(data, "channel_id");
  const json* const channel_field = field(data, "channel_id");
  const std::optional<bool> self_mute = flag_in(data, "self_mute");
  const std::optional<bool> self_deaf = flag_in(data, "self_deaf");
  const bool channel_readable = channel_field != nullptr && (channel_field->is_null() || channel);
  if (!guild || !channel_readable || !self_mute || !self_deaf) {
    return refuse(connection, Rule::gateway_voice_state_fields, 4002, "Error while decoding payload.",
                  "op 4 lacks guild_id, channel_id, self_mute or self_deaf, or has one of the wrong type");
  }
  ledger(connection).says(channel ? "voice-state" : "voice-state-null");
  if (channel) {
    ledger(connection).first("join-request", now);
  } else {
    ledger(connection).latest("leave-request", now);
  }
  if (*guild != world_.options().guild) return;
  if (!channel) return leave(connection, now);
  // Discord answers an impossible join with silence.
  if (world_.options().ignores_join || !world_.may_join(connection.person->user, *channel)) return;
  join(connection, *channel, *self_mute, *self_deaf, now);
}

void GatewayServer::join(Connection& connection, Snowflake channel, bool self_mute, bool self_deaf,
                         TimePoint now) {
  const Snowflake user = connection.person->user;
  const std::uint64_t id = connection.socket->id();
  const VoiceState* const before = world_.voice_state(user);
  const bool elsewhere = before != nullptr && before->channel != channel;
  const bool replaced = before != nullptr && joined_through_[user] != id;
  const bool flags_only = before != nullptr && !elsewhere && !replaced &&
                          (before->self_mute != self_mute || before->self_deaf != self_deaf);
  if (elsewhere || replaced) on_voice_session_over(user, VoiceEnd::taken, now);
  if (replaced) world_.leave(user);  // a new stay has a new session id

  VoiceState& state = world_.join(user, channel);
  state.self_mute = self_mute;
  state.self_deaf = self_deaf;
  joined_through_[user] = id;
  ledger(connection).excused = false;
  ledger(connection).facts.left_cleanly = false;
  const std::string session = state.session_id;
  const bool server_first = world_.options().server_update_first;
  if (!flags_only && server_first) send_voice_server(connection, now);
  announce_voice_state(user, session, now);
  if (!flags_only && !server_first) send_voice_server(connection, now);
}

void GatewayServer::leave(Connection& connection, TimePoint now) {
  const Snowflake user = connection.person->user;
  const VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  const std::string session = state->session_id;
  ledger(connection).facts.left_cleanly = true;
  world_.leave(user);
  joined_through_.erase(user);
  announce_voice_state(user, session, now);
  on_voice_session_over(user, VoiceEnd::left, now);
}

void GatewayServer::send_voice_server(Connection& connection, TimePoint now) {
  VoiceState* const state = world_.voice_state(connection.person->user);
  state->voice_token = random_hex(8);
  dispatch(connection, "VOICE_SERVER_UPDATE",
           {{"token", state->voice_token},
            {"guild_id", world_.options().guild.str()},
            {"endpoint", voice_endpoint_}},
           now);
}

void GatewayServer::announce_voice_state(Snowflake user, const std::string& last_session_id, TimePoint now) {
  const Person* const person = world_.person(user);
  if (person == nullptr) return;
  const json object = voice_state_object(world_, *person, world_.voice_state(user), last_session_id);
  for (auto& [id, connection] : connections_) {
    // Without GUILD_VOICE_STATES not even the bot's own state is told.
    const bool subscribed = connection.person != nullptr && (connection.intents & kGuildVoiceStates) != 0;
    if (subscribed) dispatch(connection, "VOICE_STATE_UPDATE", object, now);
  }
}

void GatewayServer::announce_voice_status(TimePoint now) {
  const json status = world_.voice_status.empty() ? json(nullptr) : json(world_.voice_status);
  const json object = {
      {"id", world_.options().channel.str()}, {"guild_id", world_.options().guild.str()}, {"status", status}};
  for (auto& [id, connection] : connections_) {
    const bool subscribed = connection.person != nullptr && (connection.intents & kGuilds) != 0;
    if (subscribed) dispatch(connection, "VOICE_CHANNEL_STATUS_UPDATE", object, now);
  }
}

void GatewayServer::remove_from_voice(Snowflake user, TimePoint now) {
  const VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  const std::string session = state->session_id;
  books_.of(user).excused = true;
  world_.leave(user);
  joined_through_.erase(user);
  announce_voice_state(user, session, now);
}

void GatewayServer::drop(Snowflake user) {
  const auto joined = joined_through_.find(user);
  Connection* const connection = joined == joined_through_.end() ? nullptr : find(joined->second);
  if (connection == nullptr) return;
  books_.of(user).excused = true;
  connection->closing = true;
  connection->socket->drop();
}

}  // namespace vcplay::rehearsal
