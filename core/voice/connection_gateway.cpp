// The Connection's way through the main gateway, up to the two dispatches that open the voice gateway.
#include <algorithm>
#include <array>
#include <ctime>
#include <random>

#include "resources/permissions.hpp"
#include "voice/connection_impl.hpp"

namespace vcplay::voice {
namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return {text.data(), length};
}

double random_fraction() {
  std::random_device device;
  return static_cast<double>(device()) / (static_cast<double>(std::random_device::max()) + 1.0);
}

/// The path of the main gateway: exactly one '/' before the query.
net::Url with_gateway_query(net::Url url) {
  const auto query = url.path.find('?');
  if (query != std::string::npos) url.path.resize(query);
  if (url.path.empty() || url.path.back() != '/') url.path += '/';
  url.path += "?v=10&encoding=json";
  return url;
}

}  // namespace

void Connection::Impl::open_gateway(const net::Url& url, int shard_id, int shard_count) {
  enter(ConnectionPhase::opening_gateway);
  gateway_url = with_gateway_query(url);
  gateway.emplace(gateway::Config{.token = config.token.duplicate(),
                                  .guild = config.guild,
                                  .shard_id = shard_id,
                                  .shard_count = shard_count,
                                  .random = random_fraction});
  gateway_socket =
      std::make_unique<net::WebSocket>(loop, trust, gateway_handler, gateway_url, config.join_timeout);
}

void Connection::Impl::gateway_opened() {
  if (!ending()) enter(ConnectionPhase::identifying);
  run(gateway->on_open(loop.now()));
}

void Connection::Impl::gateway_closed(const net::CloseInfo& info) {
  gateway_timer.cancel();
  gateway_socket.reset();
  if (phase == ConnectionPhase::leaving) return close_sockets();
  if (phase == ConnectionPhase::closing) return finish_if_closed();
  if (phase == ConnectionPhase::opening_gateway)
    return fail(connection_error("Discord's gateway", gateway_url, info));
  run(gateway->on_close(info.code, info.detail, loop.now()));
}

void Connection::Impl::run(gateway::Actions actions) {
  for (gateway::Action& action : actions) {
    if (phase >= ConnectionPhase::closing) return;
    handle(action);
  }
  if (phase >= ConnectionPhase::closing) return;
  if (const auto next = gateway->deadline()) gateway_timer.start_at(*next);
}

void Connection::Impl::handle(gateway::Action& action) {
  std::visit(Overloaded{
                 [&](gateway::SendText& send) {
                   if (gateway_socket) gateway_socket->send_text(send.text);
                 },
                 [&](gateway::CloseSocket& close) {
                   if (gateway_socket) gateway_socket->close(close.code, close.reason);
                 },
                 [&](gateway::Ready& ready) {
                   user = ready.user;
                   if (!ending()) enter(ConnectionPhase::waiting_for_guild);
                 },
                 [&](gateway::GuildCreated& created) { guild_arrived(std::move(created.guild)); },
                 [&](gateway::GuildDeleted& deleted) {
                   fail(deleted.unavailable
                            ? Error(Cause::network, "The guild became unavailable: Discord has an outage.")
                            : Error(Cause::removed, "The bot was removed from the guild."));
                 },
                 [&](gateway::ChannelUpdated& update) { channel_updated(update.channel); },
                 [&](gateway::ChannelDeleted& deleted) {
                   if (deleted.channel == config.channel)
                     fail(Error(Cause::removed, "The voice channel was deleted."));
                 },
                 [&](gateway::OwnVoiceState& state) { own_voice_state(state); },
                 [&](gateway::VoiceServer& server) { voice_server_update(std::move(server)); },
                 [&](gateway::WantsIdentify&) { run(gateway->identify(loop.now())); },
                 [&](gateway::Resumed&) {},
                 [&](gateway::Reconnect& again) {
                   joined = false;
                   fail(std::move(again.reason));
                 },
                 [&](gateway::Failed& failed) {
                   // No voice without a gateway session: it could not even be left.
                   joined = false;
                   fail(std::move(failed.error));
                 },
             },
             action);
}

void Connection::Impl::guild_arrived(resources::Guild created) {
  if (ending() || guild) return;
  guild = std::move(created);
  const resources::Channel* const channel = guild->channel(config.channel);
  if (channel == nullptr) return explain_unknown_channel();
  if (const std::string why = resources::why_not_play(*guild, config.channel, user, utc_now());
      !why.empty()) {
    return fail(Error(Cause::not_permitted, why));
  }
  if ((config.speaking_flags & kPriority) != 0) {
    const auto permissions = resources::permissions_in(*guild, *channel, user, utc_now());
    if (permissions && (*permissions & resources::kPrioritySpeaker) == 0) {
      log::warning(
          "the bot lacks the permission Priority Speaker in this channel; it speaks as an ordinary member");
      config.speaking_flags = kMicrophone;
    }
  }
  tell_channel(*channel);
  join();
}

/// Discord never says why a join stays unanswered; REST knows whether the id exists at all and where.
void Connection::Impl::explain_unknown_channel() {
  const auto give_up = [this](std::string_view reason) {
    fail(Error(Cause::not_permitted, fmt::format("Channel {} {}.", config.channel.str(), reason)));
  };
  const std::string not_here = "is not in guild " + config.guild.str() + "; check --guild and --channel";
  if (!api) return give_up(not_here);
  api->channel(config.channel, [this, give_up, not_here](rest::Result<resources::Channel> result) {
    if (ending()) return;
    if (const auto* failure = std::get_if<rest::Failure>(&result)) {
      if (failure->status == 404) return give_up("does not exist; check --channel");
      if (failure->status == 403)
        return give_up("can't be seen by the bot; it needs the permission View Channel");
      return give_up(not_here);
    }
    const auto& channel = std::get<resources::Channel>(result);
    if (channel.guild.value != 0 && channel.guild != config.guild) {
      return give_up("is in guild " + channel.guild.str() + ", not in " + config.guild.str() +
                     "; check --guild");
    }
    give_up(not_here);
  });
}

void Connection::Impl::join() {
  enter(ConnectionPhase::joining_channel);
  joined = true;
  run(gateway->update_voice_state(config.channel, false, true));
}

void Connection::Impl::own_voice_state(const gateway::OwnVoiceState& state) {
  if (phase == ConnectionPhase::leaving) {
    if (!state.channel) close_sockets();
    return;
  }
  if (ending() || phase < ConnectionPhase::joining_channel) return;
  if (!state.channel) {
    // Before our own join is answered this is the echo of somebody's leave, perhaps of an earlier run of
    // ours.
    if (voice_session_id) fail(Error(Cause::removed, "The bot was removed from the voice channel."));
    return;
  }
  // The session id of a voice state need not be READY's; once ours is known, another one is another process.
  if (voice_session_id && state.session_id != *voice_session_id) {
    return fail(Error(Cause::busy, "Another process plays with this bot in this guild and took over."));
  }
  if (*state.channel != config.channel) {
    if (voice_session_id) fail(Error(Cause::removed, "The bot was moved to another voice channel."));
    return;
  }
  if (state.mute)
    log::warning("The bot is muted by the server: nobody hears it until a moderator unmutes it.");
  if (state.suppress)
    log::warning("The bot is in the audience of this stage: nobody hears it until it is invited to speak.");
  if (voice_session_id) return;
  voice_session_id = state.session_id;
  open_voice_when_complete();
}

void Connection::Impl::voice_server_update(gateway::VoiceServer server) {
  if (ending() || phase < ConnectionPhase::joining_channel) return;
  if (!joining() || voice) {
    return fail(Error(Cause::network, server.endpoint ? "Discord moved the call to another voice server."
                                                      : "The voice server went away."));
  }
  if (!server.endpoint) return;  // being allocated: another one follows
  log::hide(server.token);
  voice_server = std::move(server);
  open_voice_when_complete();
}

void Connection::Impl::channel_updated(const resources::Channel& channel) {
  if (channel.id == config.channel && guild && !ending()) tell_channel(channel);
}

void Connection::Impl::tell_channel(const resources::Channel& channel) {
  listener.on_channel({.guild = config.guild,
                       .channel = channel.id,
                       .guild_name = guild->name,
                       .channel_name = channel.name,
                       .bitrate = channel.bitrate,
                       .stage = channel.type == resources::kGuildStageVoice});
}

}  // namespace vcplay::voice
