// The Connection's way through the main gateway, up to the two dispatches that open the voice gateway.
#include <algorithm>
#include <array>
#include <ctime>
#include <random>

#include "base/milliseconds.hpp"
#include "base/text.hpp"
#include "net/hosts.hpp"
#include "resources/permissions.hpp"
#include "voice/connection_impl.hpp"

namespace vcplay::voice {
namespace {

// TCP and TLS to a gateway; the join has its own, shorter or longer, deadline.
constexpr Duration kOpenTimeout = 10s;

/// The path of the main gateway: exactly one '/' before the query.
net::Url with_gateway_query(net::Url url) {
  const auto query = url.path.find('?');
  if (query != std::string::npos) url.path.resize(query);
  if (url.path.empty() || url.path.back() != '/') url.path += '/';
  url.path += "?v=10&encoding=json";
  return url;
}

}  // namespace

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

bool Connection::Impl::may_speak_to(const net::Url& url) const {
  const auto is_elsewhere = [](const std::optional<net::Url>& named) {
    return named && !net::is_discords(named->host);
  };
  return net::is_discords(url.host) || is_elsewhere(config.api_url) || is_elsewhere(config.gateway_url);
}

void Connection::Impl::open_found_gateway(const rest::GatewayBot& found) {
  if (!may_speak_to(found.url)) {
    return fail(
        Error(Cause::network,
              fmt::format("Discord's API named {} as its gateway, which is no server of Discord's: the token "
                          "does not go there. --gateway-url names another one.",
                          display_safe(found.url.host, 100))));
  }
  const int own = gateway::shard_of(config.guild, found.shards);
  const auto [shard_id, shard_count] = config.shard.value_or(std::pair{own, found.shards});
  open_gateway(found.url, shard_id, shard_count);
}

/// Nothing: the first URL will have to do.
std::optional<net::Url> Connection::Impl::resume_url(const std::string& text) const {
  if (text.empty()) return std::nullopt;
  auto url = net::Url::parse(text);
  if (!url || url->scheme != "wss") return std::nullopt;
  if (may_speak_to(*url)) return url;
  log::warning(
      "Discord's gateway named {} for a resume, which is no server of Discord's: it is asked again itself.",
      display_safe(url->host, 100));
  return std::nullopt;
}

void Connection::Impl::open_gateway(const net::Url& url, int shard_id, int shard_count) {
  enter(ConnectionPhase::opening_gateway);
  first_gateway_url = gateway_url = with_gateway_query(url);
  gateway.emplace(gateway::Config{.token = config.token.duplicate(),
                                  .guild = config.guild,
                                  .shard_id = shard_id,
                                  .shard_count = shard_count,
                                  .random = random_fraction});
  open_gateway_link();
}

void Connection::Impl::open_gateway_link() {
  gateway_link.emplace_back(*this, Link::To::gateway, gateway_url, kOpenTimeout);
}

void Connection::Impl::gateway_opened() {
  if (phase == ConnectionPhase::opening_gateway) enter(ConnectionPhase::identifying);
  run(gateway->on_open(loop.now()));
}

void Connection::Impl::gateway_closed(const net::CloseInfo& info) {
  gateway_timer.cancel();
  if (phase == ConnectionPhase::leaving && leave_is_said) return close_sockets();
  if (phase == ConnectionPhase::opening_gateway) {
    return fail(connection_error("Discord's gateway", gateway_url, info));
  }
  run(gateway->on_close(info.code, info.detail, loop.now()));
}

void Connection::Impl::run(gateway::Actions actions) {
  for (gateway::Action& action : actions) {
    if (phase >= ConnectionPhase::closing) return;
    handle(action);
  }
  if (phase >= ConnectionPhase::closing) return;
  if (const auto next = gateway->deadline()) {
    gateway_timer.start_at(*next);
  } else {
    gateway_timer.cancel();
  }
}

void Connection::Impl::handle(gateway::Action& action) {
  std::visit(
      Overloaded{
          [&](gateway::SendText& send) {
            if (!gateway_link.empty()) gateway_link.front().socket.send_text(send.text);
          },
          [&](gateway::CloseSocket& close) {
            if (!gateway_link.empty()) gateway_link.front().socket.close(close.code, close.reason);
          },
          [&](gateway::Ready& ready) { gateway_is_ready(ready); },
          [&](gateway::GuildCreated& created) { guild_arrived(std::move(created.guild)); },
          [&](gateway::GuildDeleted& deleted) { run(call.guild_deleted(deleted.unavailable, loop.now())); },
          [&](gateway::ChannelUpdated& update) { channel_updated(update.channel); },
          [&](gateway::ChannelDeleted& deleted) { run(call.channel_deleted(deleted.channel)); },
          [&](gateway::OwnVoiceState& state) { own_voice_state(state); },
          [&](gateway::VoiceServer& server) {
            log::hide(server.token);
            if (!ending()) run(call.voice_server(server, loop.now()));
          },
          [&](gateway::WantsIdentify&) { ask_to_identify(); },
          [&](gateway::Resumed&) { gateway_is_resumed(); },
          [&](gateway::Reconnect& again) { gateway_is_lost(again); },
          [&](gateway::Failed& failed) {
            // No voice without a gateway session: it could not even be left.
            joined = false;
            if (phase == ConnectionPhase::leaving) return close_sockets();
            fail(std::move(failed.error));
          },
      },
      action);
}

/// The budget of a day is shared with other runs of this bot: it may say "not yet", or never.
void Connection::Impl::ask_to_identify() {
  if (ending()) return close_sockets();
  try {
    const Duration wait = config.may_identify ? config.may_identify() : Duration::zero();
    if (wait <= Duration::zero()) return run(gateway->identify(loop.now()));
    if (wait >= 1s) log::info("Waiting {:.1f} s for this bot's turn to identify.", seconds(wait));
    identify_timer.start_at(loop.now() + wait);
    if (!joining()) return;
    join_deadline += wait;  // nobody's fault
    phase_timer.start_at(join_deadline);
  } catch (Error& refused) {
    fail(std::move(refused));
  }
}

void Connection::Impl::gateway_is_ready(const gateway::Ready& ready) {
  user = ready.user;
  if (ending()) return;
  if (!guild) return enter(ConnectionPhase::waiting_for_guild);
  log::info("Discord's gateway: a new session.");
  rejoin_is_due = true;
}

void Connection::Impl::gateway_is_resumed() {
  log::info("Discord's gateway: the session is resumed.");
  if (phase == ConnectionPhase::leaving) return say_leave();
  run(call.gateway_resumed(loop.now()));
}

void Connection::Impl::gateway_is_lost(gateway::Reconnect& again) {
  call.gateway_lost();
  identify_timer.cancel();
  part_with(gateway_link, 0);
  const std::optional<net::Url> url = resume_url(again.url);
  gateway_url = url ? with_gateway_query(*url) : first_gateway_url;
  if (phase == ConnectionPhase::leaving) {
    // One more try, and only for a session that could still be told.
    if (!gateway->can_resume()) return close_sockets();
  } else {
    tell_retry(Recovery::gateway, again.reason, again.after, again.attempt);
  }
  gateway_retry_timer.start_at(loop.now() + again.after);
}

void Connection::Impl::guild_arrived(resources::Guild created) {
  if (ending()) return;
  const bool is_first = !guild;
  guild = std::move(created);
  if (!is_first && !rejoin_is_due) return;  // an outage is over
  rejoin_is_due = false;
  if (is_first) {
    if (!may_play_there()) return;
    joined = true;
  }
  asked_to_speak = false;
  run(call.join(loop.now()));
}

/// Says why not, and ends it, where the first join would go unanswered.
bool Connection::Impl::may_play_there() {
  const resources::Channel* const channel = guild->channel(config.channel);
  if (channel == nullptr) {
    explain_unknown_channel();
    return false;
  }
  const std::string why = resources::why_not_play(*guild, config.channel, user, utc_now());
  if (!why.empty()) {
    fail(Error(Cause::not_permitted, why));
    return false;
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
  return true;
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

void Connection::Impl::channel_updated(const resources::Channel& channel) {
  if (!guild || ending()) return;
  const auto known = std::find_if(guild->channels.begin(), guild->channels.end(),
                                  [&](const resources::Channel& other) { return other.id == channel.id; });
  if (known != guild->channels.end()) *known = channel;
  if (channel.id == call.channel()) tell_channel(channel);
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
