// Who is in which voice channel, as the main gateway is asked (opcode 4) and tells it.
#include "rehearsal/guild_server.hpp"

#include <nlohmann/json.hpp>

#include "rehearsal/gateway_server.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

// Discord, "Gateway", "List of Intents".
constexpr std::uint64_t kGuilds = 1ULL << 0;
constexpr std::uint64_t kGuildVoiceStates = 1ULL << 7;

}  // namespace

// ── sessions ──

bool GuildServer::is_seen_by(const GatewaySession& session) const {
  return session.shard.holds(id()) && world_.is_in_guild(session.person->user);
}

void GuildServer::introduce(GatewaySession& session, TimePoint now) {
  if (!world_.is_available() || !is_seen_by(session) || !session.is_subscribed_to(kGuilds)) return;
  gateway_->dispatch(session, "GUILD_CREATE", guild_create_object(world_, *session.person), now);
}

GatewaySession* GuildServer::owner(Snowflake user) const {
  const auto joined = joined_through_.find(user);
  return joined == joined_through_.end() ? nullptr : gateway_->find_session(joined->second);
}

void GuildServer::on_session_over(const GatewaySession& session, TimePoint now) {
  const Snowflake user = session.person->user;
  const auto joined = joined_through_.find(user);
  if (joined == joined_through_.end() || joined->second != session.id) return;

  joined_through_.erase(joined);
  Ledger& account = books_.of(user);
  // The end of its session takes the account out of every channel. That is enough where it may
  // send no more messages.
  if (!account.excused && !session.had_no_room) {
    account.breach(Rule::left_without_leave,
                   "the gateway session ended while the bot was in the channel: op 4 with channel_id null "
                   "is missing");
  }
  const std::string stay = world_.voice_state(user)->session_id;
  world_.retire_credentials(user, now);
  world_.leave(user);
  announce_voice_state(user, stay, now);
  on_voice_session_over({user, account.excused ? VoiceEnd::taken : VoiceEnd::left}, now);
}

/// Those who subscribed and see the guild.
void GuildServer::tell(std::uint64_t intent, const char* name, const json& data, TimePoint now) {
  if (!world_.is_available()) return;
  gateway_->for_each_session([&](GatewaySession& session) {
    if (session.is_subscribed_to(intent) && is_seen_by(session)) gateway_->dispatch(session, name, data, now);
  });
}

// ── voice states ──

void GuildServer::update(GatewaySession& session, const VoiceStateWish& wish, TimePoint now) {
  if (!session.shard.holds(id())) return;
  if (!wish.channel) return leave(session, now);
  // Discord answers an impossible join with silence.
  if (world_.options().ignores_join || !world_.may_join(session.person->user, *wish.channel)) return;
  join(session, wish, now);
}

void GuildServer::join(GatewaySession& session, const VoiceStateWish& wish, TimePoint now) {
  const Snowflake user = session.person->user;
  const Snowflake channel = *wish.channel;
  const VoiceState* const before = world_.voice_state(user);
  const bool elsewhere = before != nullptr && before->channel != channel;
  const bool replaced = before != nullptr && joined_through_[user] != session.id;
  const bool flags_only = before != nullptr && !elsewhere && !replaced &&
                          (before->self_mute != wish.self_mute || before->self_deaf != wish.self_deaf);
  if (elsewhere || replaced) give_way({user, VoiceEnd::taken}, now);
  if (before != nullptr && !flags_only) on_renewal(user);
  if (before == nullptr || elsewhere) on_coming(user, channel, now);
  if (replaced) world_.leave(user);  // a new stay has a new session id

  VoiceState& state = world_.join(user, channel);
  state.self_mute = wish.self_mute;
  state.self_deaf = wish.self_deaf;
  joined_through_[user] = session.id;
  Ledger& account = books_.of(user);
  account.excused = false;
  account.facts.left_cleanly = account.facts.was_removed = false;
  const bool server_first = world_.options().server_update_first;
  if (!flags_only && server_first) send_voice_server(session, now);
  announce_voice_state(user, now);
  if (!flags_only && !server_first) send_voice_server(session, now);
}

void GuildServer::leave(GatewaySession& session, TimePoint now) {
  const Snowflake user = session.person->user;
  const VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  const std::string stay = state->session_id;
  books_.of(user).facts.left_cleanly = true;
  world_.retire_credentials(user, now);
  world_.leave(user);
  joined_through_.erase(user);
  announce_voice_state(user, stay, now);
  on_voice_session_over({user, VoiceEnd::left}, now);
}

void GuildServer::send_voice_server(GatewaySession& session, TimePoint now) {
  const Snowflake user = session.person->user;
  world_.retire_credentials(user, now);
  VoiceState& state = *world_.voice_state(user);
  state.voice_token = random_hex(8);
  ++state.servers;
  gateway_->dispatch(
      session, "VOICE_SERVER_UPDATE",
      {{"token", state.voice_token}, {"guild_id", id().str()}, {"endpoint", gateway_->voice_endpoint()}},
      now);
}

/// The voice session that there is makes room; its credentials are good no longer.
void GuildServer::give_way(const VoiceOver& over, TimePoint now) {
  world_.retire_credentials(over.user, now);
  on_voice_session_over(over, now);
}

void GuildServer::announce_voice_state(Snowflake user, TimePoint now) {
  announce_voice_state(user, world_.voice_state(user)->session_id, now);
}

void GuildServer::announce_voice_state(Snowflake user, const std::string& last_session_id, TimePoint now) {
  const Person* const person = world_.person(user);
  if (person == nullptr) return;
  // Without GUILD_VOICE_STATES not even the bot's own state is told.
  tell(kGuildVoiceStates, "VOICE_STATE_UPDATE",
       voice_state_object(world_, *person, world_.voice_state(user), last_session_id), now);
}

void GuildServer::announce_voice_status(TimePoint now) {
  const json status = world_.voice_status.empty() ? json(nullptr) : json(world_.voice_status);
  tell(kGuilds, "VOICE_CHANNEL_STATUS_UPDATE",
       {{"id", world_.options().channel.str()}, {"guild_id", id().str()}, {"status", status}}, now);
}

void GuildServer::announce_channel(Snowflake channel, TimePoint now) {
  tell(kGuilds, "CHANNEL_UPDATE", channel_object(world_, channel), now);
}

}  // namespace vcplay::rehearsal
