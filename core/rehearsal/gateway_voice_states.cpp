// Who is in which voice channel, as the main gateway is asked (opcode 4) and tells it.
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

}  // namespace

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
  if (!channel) return leave(*connection.session, now);
  // Discord answers an impossible join with silence.
  if (world_.options().ignores_join || !world_.may_join(connection.person->user, *channel)) return;
  join(*connection.session, *channel, *self_mute, *self_deaf, now);
}

void GatewayServer::join(Session& session, Snowflake channel, bool self_mute, bool self_deaf, TimePoint now) {
  const Snowflake user = session.person->user;
  const VoiceState* const before = world_.voice_state(user);
  const bool elsewhere = before != nullptr && before->channel != channel;
  const bool replaced = before != nullptr && joined_through_[user] != session.id;
  const bool flags_only = before != nullptr && !elsewhere && !replaced &&
                          (before->self_mute != self_mute || before->self_deaf != self_deaf);
  if (elsewhere || replaced) give_way({user, VoiceEnd::taken}, now);
  if (before != nullptr && !flags_only) on_renewal(user);
  if (replaced) world_.leave(user);  // a new stay has a new session id

  VoiceState& state = world_.join(user, channel);
  state.self_mute = self_mute;
  state.self_deaf = self_deaf;
  joined_through_[user] = session.id;
  Ledger& account = books_.of(user);
  account.excused = false;
  account.facts.left_cleanly = account.facts.was_removed = false;
  const bool server_first = world_.options().server_update_first;
  if (!flags_only && server_first) send_voice_server(session, now);
  announce_voice_state(user, now);
  if (!flags_only && !server_first) send_voice_server(session, now);
}

void GatewayServer::leave(Session& session, TimePoint now) {
  const Snowflake user = session.person->user;
  const VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  const std::string id = state->session_id;
  books_.of(user).facts.left_cleanly = true;
  world_.retire_credentials(user, now);
  world_.leave(user);
  joined_through_.erase(user);
  announce_voice_state(user, id, now);
  on_voice_session_over({user, VoiceEnd::left}, now);
}

void GatewayServer::send_voice_server(Session& session, TimePoint now) {
  const Snowflake user = session.person->user;
  world_.retire_credentials(user, now);
  VoiceState& state = *world_.voice_state(user);
  state.voice_token = random_hex(8);
  ++state.servers;
  dispatch(session, "VOICE_SERVER_UPDATE",
           {{"token", state.voice_token},
            {"guild_id", world_.options().guild.str()},
            {"endpoint", voice_endpoint_}},
           now);
}

/// The voice session that there is makes room; its credentials are good no longer.
void GatewayServer::give_way(const VoiceOver& over, TimePoint now) {
  world_.retire_credentials(over.user, now);
  on_voice_session_over(over, now);
}

void GatewayServer::announce_voice_state(Snowflake user, TimePoint now) {
  announce_voice_state(user, world_.voice_state(user)->session_id, now);
}

void GatewayServer::announce_voice_state(Snowflake user, const std::string& last_session_id, TimePoint now) {
  const Person* const person = world_.person(user);
  if (person == nullptr) return;
  // Without GUILD_VOICE_STATES not even the bot's own state is told.
  dispatch_to_all(kGuildVoiceStates, "VOICE_STATE_UPDATE",
                  voice_state_object(world_, *person, world_.voice_state(user), last_session_id), now);
}

void GatewayServer::announce_voice_status(TimePoint now) {
  const json status = world_.voice_status.empty() ? json(nullptr) : json(world_.voice_status);
  dispatch_to_all(kGuilds, "VOICE_CHANNEL_STATUS_UPDATE",
                  {{"id", world_.options().channel.str()},
                   {"guild_id", world_.options().guild.str()},
                   {"status", status}},
                  now);
}

void GatewayServer::announce_channel(Snowflake channel, TimePoint now) {
  dispatch_to_all(kGuilds, "CHANNEL_UPDATE", channel_object(world_, channel), now);
}

void GatewayServer::remove_from_voice(Snowflake user, TimePoint now) {
  const VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  const std::string session = state->session_id;
  books_.of(user).excused = books_.of(user).facts.was_removed = true;
  world_.retire_credentials(user, now);
  world_.leave(user);
  joined_through_.erase(user);
  announce_voice_state(user, session, now);
}

}  // namespace vcplay::rehearsal
