// The Channel's way through the main gateway, up to the two dispatches that open the voice gateway.
#include <array>
#include <ctime>

#include "base/text.hpp"
#include "channel/channel_impl.hpp"
#include "resources/permissions.hpp"

namespace vcplay::channel {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return {text.data(), length};
}

void Channel::Impl::on_gateway_open() {
  if (phase == Phase::opening_gateway) enter(Phase::identifying);
}

void Channel::Impl::on_gateway(gateway::Action action) {
  actions.add(std::move(action));
  act();
}

/// Others of this bot's runs have their turn before: nobody's fault.
void Channel::Impl::on_wait_for_turn(Duration wait) {
  if (!join_deadline || is_ending()) return;
  *join_deadline += wait;
  phase_timer.start_at(*join_deadline);
}

void Channel::Impl::gateway_is_ready(const gateway::Ready& ready) {
  user = ready.user;
  if (is_ending()) return;
  if (!knows_guild) return enter(Phase::waiting_for_guild);
  rejoin_is_due = true;
}

void Channel::Impl::gateway_is_resumed() {
  if (phase == Phase::leaving) {
    if (farewell == Farewell::none) say_leave();  // what waited for its turn goes out by itself
    return;
  }
  act(call.gateway_resumed(loop.now()));
}

void Channel::Impl::gateway_is_lost(const gateway::Reconnect& again) {
  question_waits_no_more();
  call.gateway_lost();
  if (phase == Phase::leaving) {
    // One more try, and only for a session that could still be told and was not.
    if (farewell == Farewell::sent || !shard()->can_resume()) close();
    return;
  }
  tell_retry(Recovery::gateway, again.reason, again.after, again.attempt);
}

// ── op 4: Discord bears so many a minute, and all channels of the shard share them ──

/// That time is nobody's fault: neither the join's deadline nor the call's runs.
void Channel::Impl::question_waits() {
  if (is_ending()) return;
  call.question_waits(loop.now());
  if (!waits_since) waits_since = loop.now();
  if (join_deadline) phase_timer.cancel();
}

void Channel::Impl::question_is_sent() {
  has_asked = true;
  if (farewell == Farewell::wanted) farewell = Farewell::sent;
  question_waits_no_more();
  act();  // the call's time runs again
}

void Channel::Impl::question_waits_no_more() {
  if (!waits_since) return;
  const TimePoint now = loop.now();
  const Duration waited = now - *std::exchange(waits_since, std::nullopt);
  call.question_is_sent(now);
  if (!join_deadline || is_ending()) return;
  *join_deadline += waited;
  phase_timer.start_at(*join_deadline);
}

/// No voice without a gateway session: it could not even be left.
void Channel::Impl::gateway_has_failed(Error reason) {
  owes_leave = false;
  if (phase == Phase::leaving) return close();
  fail(std::move(reason));
}

void Channel::Impl::guild_arrived() {
  if (is_ending() || guild() == nullptr) return;
  const bool is_first = !std::exchange(knows_guild, true);
  if (!is_first && !rejoin_is_due) return;  // an outage is over
  rejoin_is_due = false;
  if (is_first) {
    if (!may_play_there()) return;
    owes_leave = true;
  }
  seat.asked_to_speak = false;
  act(call.join(loop.now()));
}

std::optional<std::uint64_t> Channel::Impl::permissions_in(const resources::Channel* channel) const {
  if (channel == nullptr) return std::nullopt;
  return resources::permissions_in(*guild(), *channel, user, utc_now());
}

/// Says why not, and ends it, where the first join would go unanswered.
bool Channel::Impl::may_play_there() {
  const resources::Channel* const channel = channel_there(config.channel);
  if (channel == nullptr) {
    explain_unknown_channel();
    return false;
  }
  const std::string why = resources::why_not_play(*guild(), config.channel, user, utc_now());
  if (!why.empty()) {
    fail(Error(Cause::not_permitted, why));
    return false;
  }
  if ((config.speaking_flags & voice::kPriority) != 0) {
    const auto permissions = permissions_in(channel);
    if (permissions && (*permissions & resources::kPrioritySpeaker) == 0) {
      logger.warning(
          "the bot lacks the permission Priority Speaker in this channel; it speaks as an ordinary member");
      config.speaking_flags = voice::kMicrophone;
    }
  }
  tell_channel(*channel);
  return true;
}

/// Discord never says why a join stays unanswered; REST knows whether the id exists at all and where.
void Channel::Impl::explain_unknown_channel() {
  const auto give_up = [this](std::string_view reason, Hint hint) {
    fail(Error(Cause::not_permitted, fmt::format("Channel {} {}.", config.channel.str(), reason), hint));
  };
  const std::string not_here = "is not in guild " + config.guild.str();
  if (bot.api() == nullptr) return give_up(not_here, Hint::check_guild_and_channel);
  const auto told = [this, give_up, not_here](const rest::Result<resources::Channel>& result) {
    if (is_ending()) return;
    if (const auto* failure = std::get_if<rest::Failure>(&result)) {
      if (failure->status == 404) return give_up("does not exist", Hint::check_channel);
      if (failure->status == 403)
        return give_up("cannot be seen by the bot; it needs the permission View Channel", Hint::none);
      return give_up(not_here, Hint::check_guild_and_channel);
    }
    const auto& channel = std::get<resources::Channel>(result);
    if (channel.guild.value != 0 && channel.guild != config.guild) {
      return give_up("is in guild " + channel.guild.str() + ", not in " + config.guild.str(),
                     Hint::check_guild);
    }
    give_up(not_here, Hint::check_guild_and_channel);
  };
  bot.api()->channel(config.channel, lifetime.bound(told));
}

void Channel::Impl::channel_updated(const resources::Channel& channel) {
  if (!knows_guild || is_ending()) return;
  if (channel.id == call.channel()) tell_channel(channel);
}

void Channel::Impl::tell_channel(const resources::Channel& channel) {
  listener.on_channel({.guild = config.guild,
                       .channel = channel.id,
                       .guild_name = guild() == nullptr ? "" : guild()->name,
                       .channel_name = channel.name,
                       .bitrate = channel.bitrate,
                       .stage = channel.type == resources::kGuildStageVoice});
}

}  // namespace vcplay::channel
