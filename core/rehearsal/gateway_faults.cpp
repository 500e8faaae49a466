// What the main gateway does to an account by order.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "rehearsal/gateway_server.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr std::uint64_t kGuilds = 1ULL << 0;  // Discord, "Gateway", "List of Intents"
constexpr std::size_t kManyValues = 200;      // in one message of a flood
constexpr std::size_t kDepth = 5'000;         // … and how deep another one nests
// Discord, "Voice Close Event Codes".
constexpr std::uint16_t kInvalidSession = 4006;
constexpr std::uint16_t kCallTerminated = 4022;

}  // namespace

/// Nothing when the account is not in voice, or another process's session holds its voice state.
GatewayServer::Session* GatewayServer::voice_owner(Snowflake user) {
  const auto joined = joined_through_.find(user);
  const auto found = joined == joined_through_.end() ? sessions_.end() : sessions_.find(joined->second);
  return found == sessions_.end() ? nullptr : &found->second;
}

GatewayServer::Connection* GatewayServer::victim(Snowflake user) {
  const Session* const owner = voice_owner(user);
  if (owner != nullptr && owner->connection != nullptr) return owner->connection;
  return connections_.newest(
      [&](const Connection& one) { return one.session != nullptr && one.is_of(user) && !one.closing; });
}

// ── its connection ──

void GatewayServer::drop(Snowflake user) {
  if (Connection* const connection = victim(user)) connection->drop();
}

void GatewayServer::close(Snowflake user, std::uint16_t code) {
  if (Connection* const connection = victim(user)) close(*connection, code, "As it was rehearsed.");
}

void GatewayServer::ask_to_reconnect(Snowflake user) {
  Connection* const connection = victim(user);
  if (connection == nullptr) return;
  connection->is_to_resume = true;
  connection->send({{"op", 7}, {"d", nullptr}, {"s", nullptr}, {"t", nullptr}});
}

void GatewayServer::flood(Snowflake user, std::uint64_t messages, TimePoint now) {
  Connection* const connection = victim(user);
  if (connection == nullptr || connection->session == nullptr) return;
  const json nobody = {{"user_id", Snowflake{700'000'000'000'000'000}.str()},
                       {"guild_id", world_.options().guild.str()},
                       {"channel_id", nullptr},
                       {"session_id", random_hex(16)}};
  const json many(kManyValues, json::object());
  for (std::uint64_t i = 0; i < messages; ++i) {
    if (i % 4 == 0) dispatch(*connection->session, "VOICE_STATE_UPDATE", nobody, now);
    if (i % 4 == 1) dispatch(*connection->session, "PRESENCE_UPDATE", many, now);
    if (i % 4 == 2) connection->send({{"op", 11}, {"d", nullptr}, {"s", nullptr}, {"t", nullptr}});
    if (i % 4 == 3) connection->socket->send_text(std::string(kDepth, '['));
  }
}

/// The session is lost; its connection stays, and clients may well RESUME or IDENTIFY there.
void GatewayServer::invalidate(Snowflake user, bool can_be_resumed, TimePoint now) {
  Connection* const connection = victim(user);
  if (connection == nullptr) return;
  Session& session = *connection->session;
  connection->session = nullptr;
  lose(session, now);
  if (!can_be_resumed) {
    session.is_forgotten = true;
    return declare_invalid(*connection, session.id);
  }
  owes_resume_[user] = now + world_.options().gateway_resume_window;
  connection->send({{"op", 9}, {"d", true}, {"s", nullptr}, {"t", nullptr}});
}

void GatewayServer::forget(Snowflake user) {
  for (auto& [id, session] : sessions_) {
    if (session.person->user == user) session.is_forgotten = true;
  }
  owes_resume_.erase(user);
}

// ── its voice state ──

void GatewayServer::move(Snowflake user, Snowflake channel, TimePoint now) {
  Session* const owner = voice_owner(user);
  if (owner == nullptr || world_.voice_state(user)->channel == channel) return;
  give_way({user, VoiceEnd::taken}, now);
  world_.join(user, channel);
  const bool server_first = world_.options().server_update_first;
  if (server_first) send_voice_server(*owner, now);
  announce_voice_state(user, now);
  if (!server_first) send_voice_server(*owner, now);
}

void GatewayServer::migrate(Snowflake user, std::optional<Duration> after, TimePoint now) {
  Session* const owner = voice_owner(user);
  if (owner == nullptr) return;
  if (!after) {
    send_voice_server(*owner, now);
  } else {
    dispatch(*owner, "VOICE_SERVER_UPDATE",
             {{"token", random_hex(8)}, {"guild_id", world_.options().guild.str()}, {"endpoint", nullptr}},
             now);
    const std::uint64_t servers = world_.voice_state(user)->servers;
    later_.emplace(now + *after,
                   [this, user, servers](TimePoint then) { replace_voice_server(user, servers, then); });
    world_.retire_credentials(user, now);
  }
  on_voice_session_over({user, VoiceEnd::taken}, now);
}

/// Unless it has been told of another meanwhile, or is gone.
void GatewayServer::replace_voice_server(Snowflake user, std::uint64_t servers, TimePoint now) {
  Session* const owner = voice_owner(user);
  if (owner == nullptr || world_.voice_state(user)->servers != servers) return;
  send_voice_server(*owner, now);
}

void GatewayServer::take_over(Snowflake user, TimePoint now) {
  const VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  const Snowflake channel = state->channel;
  books_.of(user).excused = true;
  give_way({user, VoiceEnd::taken, kInvalidSession}, now);
  world_.leave(user);
  world_.join(user, channel);
  joined_through_[user].clear();
  announce_voice_state(user, now);
}

void GatewayServer::mute(Snowflake user, bool muted, TimePoint now) {
  VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  state->mute = muted;
  announce_voice_state(user, now);
}

void GatewayServer::suppress(Snowflake user, bool suppressed, TimePoint now) {
  VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  state->suppress = suppressed;
  state->request_to_speak.clear();
  announce_voice_state(user, now);
}

// ── its guild ──

void GatewayServer::delete_channel(Snowflake channel, TimePoint now) {
  if (!world_.has_channel(channel)) return;
  const json object = channel_object(world_, channel);
  world_.delete_channel(channel);
  dispatch_to_all(kGuilds, "CHANNEL_DELETE", object, now);
  std::vector<Snowflake> there;
  for (const auto& [user, state] : world_.voice_states()) {
    if (state.channel == channel) there.push_back(user);
  }
  for (const Snowflake user : there) {
    remove_from_voice(user, now);
    on_voice_session_over({user, VoiceEnd::taken, kCallTerminated}, now);
  }
}

void GatewayServer::remove_from_guild(Snowflake user, TimePoint now) {
  for (auto& [id, session] : sessions_) {
    if (session.person->user != user || (session.intents & kGuilds) == 0) continue;
    dispatch(session, "GUILD_DELETE", {{"id", world_.options().guild.str()}}, now);
  }
  world_.remove_from_guild(user);
  if (world_.voice_state(user) == nullptr) return;
  remove_from_voice(user, now);
  on_voice_session_over({user, VoiceEnd::taken}, now);
}

void GatewayServer::black_out(Duration span, TimePoint now) {
  dispatch_to_all(kGuilds, "GUILD_DELETE", {{"id", world_.options().guild.str()}, {"unavailable", true}},
                  now);
  world_.set_available(false);
  outage_until_ = std::max(outage_until_, now + span);
  later_.emplace(now + span, [this](TimePoint then) { end_outage(then); });
}

void GatewayServer::end_outage(TimePoint now) {
  if (now < outage_until_ || world_.is_available()) return;
  world_.set_available(true);
  for (auto& [id, session] : sessions_) {
    const bool sees_guild = (session.intents & kGuilds) != 0 && world_.is_in_guild(session.person->user);
    if (sees_guild) dispatch(session, "GUILD_CREATE", guild_create_object(world_, *session.person), now);
  }
}

}  // namespace vcplay::rehearsal
