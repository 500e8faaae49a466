// What happens to an account's voice state and to the guild by order.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "rehearsal/gateway_server.hpp"
#include "rehearsal/guild_server.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr std::uint64_t kGuilds = 1ULL << 0;  // Discord, "Gateway", "List of Intents"
// Discord, "Voice Close Event Codes".
constexpr std::uint16_t kInvalidSession = 4006;
constexpr std::uint16_t kCallTerminated = 4022;

}  // namespace

// ── its voice state ──

void GuildServer::remove_from_voice(Snowflake user, TimePoint now) {
  const VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  const std::string stay = state->session_id;
  books_.of(user).excused = books_.of(user).facts.was_removed = true;
  world_.retire_credentials(user, now);
  world_.leave(user);
  joined_through_.erase(user);
  announce_voice_state(user, stay, now);
}

void GuildServer::move(Snowflake user, Snowflake channel, TimePoint now) {
  GatewaySession* const session = owner(user);
  if (session == nullptr || world_.voice_state(user)->channel == channel) return;
  give_way({user, VoiceEnd::taken}, now);
  world_.join(user, channel);
  const bool server_first = world_.options().server_update_first;
  if (server_first) send_voice_server(*session, now);
  announce_voice_state(user, now);
  if (!server_first) send_voice_server(*session, now);
}

void GuildServer::migrate(Snowflake user, std::optional<Duration> after, TimePoint now) {
  GatewaySession* const session = owner(user);
  if (session == nullptr) return;
  if (!after) {
    send_voice_server(*session, now);
  } else {
    gateway_->dispatch(*session, "VOICE_SERVER_UPDATE",
                       {{"token", random_hex(8)}, {"guild_id", id().str()}, {"endpoint", nullptr}}, now);
    const std::uint64_t servers = world_.voice_state(user)->servers;
    gateway_->do_later(now + *after,
                       [this, user, servers](TimePoint then) { replace_voice_server(user, servers, then); });
    world_.retire_credentials(user, now);
  }
  on_voice_session_over({user, VoiceEnd::taken}, now);
}

/// Unless it has been told of another meanwhile, or is gone.
void GuildServer::replace_voice_server(Snowflake user, std::uint64_t servers, TimePoint now) {
  GatewaySession* const session = owner(user);
  if (session == nullptr || world_.voice_state(user)->servers != servers) return;
  send_voice_server(*session, now);
}

void GuildServer::take_over(Snowflake user, TimePoint now) {
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

void GuildServer::mute(Snowflake user, bool muted, TimePoint now) {
  VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  state->mute = muted;
  announce_voice_state(user, now);
}

void GuildServer::suppress(Snowflake user, bool suppressed, TimePoint now) {
  VoiceState* const state = world_.voice_state(user);
  if (state == nullptr) return;
  state->suppress = suppressed;
  state->request_to_speak.clear();
  announce_voice_state(user, now);
}

// ── the guild ──

void GuildServer::delete_channel(Snowflake channel, TimePoint now) {
  if (!world_.has_channel(channel)) return;
  const json object = channel_object(world_, channel);
  world_.delete_channel(channel);
  tell(kGuilds, "CHANNEL_DELETE", object, now);
  std::vector<Snowflake> there;
  for (const auto& [user, state] : world_.voice_states()) {
    if (state.channel == channel) there.push_back(user);
  }
  for (const Snowflake user : there) {
    remove_from_voice(user, now);
    on_voice_session_over({user, VoiceEnd::taken, kCallTerminated}, now);
  }
}

void GuildServer::remove_from_guild(Snowflake user, TimePoint now) {
  gateway_->for_each_session([&](GatewaySession& session) {
    const bool hears = session.person->user == user && session.is_subscribed_to(kGuilds);
    if (hears && session.shard.holds(id()))
      gateway_->dispatch(session, "GUILD_DELETE", {{"id", id().str()}}, now);
  });
  world_.remove_from_guild(user);
  if (world_.voice_state(user) == nullptr) return;
  remove_from_voice(user, now);
  on_voice_session_over({user, VoiceEnd::taken}, now);
}

void GuildServer::black_out(Duration span, TimePoint now) {
  tell(kGuilds, "GUILD_DELETE", {{"id", id().str()}, {"unavailable", true}}, now);
  world_.set_available(false);
  outage_until_ = std::max(outage_until_, now + span);
  gateway_->do_later(now + span, [this](TimePoint then) { end_outage(then); });
}

void GuildServer::end_outage(TimePoint now) {
  if (now < outage_until_ || world_.is_available()) return;
  world_.set_available(true);
  gateway_->for_each_session([&](GatewaySession& session) { introduce(session, now); });
}

}  // namespace vcplay::rehearsal
