// Carries out what the Call decides, and what the bot's own voice state means for the sender.
#include "base/text.hpp"
#include "channel/channel_impl.hpp"
#include "resources/permissions.hpp"

namespace vcplay::channel {

void Channel::Impl::ask_for(std::optional<Snowflake> channel) {
  if (channel) enter(Phase::joining_channel);
  shard()->update_voice_state(config.guild, channel);
}

void Channel::Impl::open_voice(call::OpenVoice& order) {
  close_voice();
  auto url = net::Url::from_voice_endpoint(order.endpoint);
  if (!url) {
    return fail(Error(Cause::network, "Discord named a voice server that is no host name: " +
                                          display_safe(order.endpoint, 100)));
  }
  if (!bot.may_speak_to(*url)) {
    return fail(Error(Cause::network, "Discord named a voice server that is not Discord's: " +
                                          display_safe(order.endpoint, 100)));
  }
  enter(Phase::opening_voice);
  url->path = fmt::format("/?v={}", voice::kGatewayVersion);
  const auto plaintext = config.allow_plaintext ? dave::Plaintext::allowed
                         : is_on_stage()        ? dave::Plaintext::on_stage
                                                : dave::Plaintext::refused;
  voice.begin(std::move(*url), {.server = config.guild,
                                .user = user,
                                .session_id = std::move(order.session_id),
                                .token = SecretString(order.token),
                                .channel = order.channel,
                                .signature_key = bot.signature_key().duplicate(),
                                .plaintext = plaintext,
                                .was_encrypted = was_encrypted,
                                .random = bot::random_fraction,
                                .logger = logger});
}

/// Everything of the voice session goes; the sender keeps its place among the frames.
void Channel::Impl::close_voice() {
  for (net::Timer* const timer : {&speaking_timer, &alone_timer}) timer->cancel();
  voice.end();
  sender.drop_stream();
  speaking_is_wanted = false;
  path.close();
  permit.begin();
  encryption = {};
}

void Channel::Impl::moved_to(Snowflake channel) {
  seat.asked_to_speak = false;
  const resources::Channel* const there = channel_there(channel);
  if (there == nullptr) return logger.warning("The bot was moved to a channel that it cannot see.");
  logger.info("The bot was moved to {}.", display_safe(there->name, 100));
  if (channel == guild()->afk_channel) {
    logger.warning("The bot was moved to the AFK channel of the guild, where nobody hears it.");
  } else if (const std::string why = resources::why_not_play(*guild(), channel, user, utc_now());
             !why.empty()) {
    logger.warning("{}", why);
  }
  tell_channel(*there);
}

// ── the bot's seat ──

void Channel::Impl::own_voice_state(const gateway::OwnVoiceState& state) {
  if (phase == Phase::leaving && !state.channel) return close();
  if (is_ending()) return;
  act(call.own_voice_state(state, loop.now()));
  actions.add(Seated{state});  // once that is done
}

void Channel::Impl::take_seat(const gateway::OwnVoiceState& state) {
  if (state.channel != call.channel()) return;
  mute_changed(state.mute);
  suppression_changed(state.suppress);
}

void Channel::Impl::mute_changed(bool muted) {
  if (muted == seat.is_muted) return;
  seat.is_muted = muted;
  if (muted) {
    logger.warning("The bot is muted by the server: nobody hears it until a moderator unmutes it.");
  } else {
    logger.info("The bot is no longer muted by the server.");
  }
}

/// Stage channels are not encrypted from end to end (DAVE, "Protocol Availability").
bool Channel::Impl::is_on_stage() const {
  const resources::Channel* const channel = channel_there(call.channel());
  return channel != nullptr && channel->type == resources::kGuildStageVoice;
}

void Channel::Impl::suppression_changed(bool suppressed) {
  if (suppressed == seat.is_suppressed) return;
  seat.is_suppressed = suppressed;
  if (!is_on_stage()) {
    if (suppressed) logger.warning("The bot lost the permission to speak in this channel: nobody hears it.");
    return;
  }
  if (!suppressed) logger.info("The bot speaks on the stage.");
  const LineState before = permit.line();
  change_permit([&] { permit.audience_is(suppressed); });
  if (permit.line() != before) tell_line();
  if (suppressed && voice.session() != nullptr && voice.session()->has_session()) seek_permission_to_speak();
}

/// Once for each join: whoever is sent back into the audience is not to argue.
void Channel::Impl::seek_permission_to_speak() {
  if (!seat.is_suppressed || !is_on_stage()) return;
  if (std::exchange(seat.asked_to_speak, true)) return stays_suppressed("a moderator moved it there");
  if (bot.api() == nullptr) return stays_suppressed("there is no REST API to ask for that", Hint::name_api);
  const auto permissions = permissions_in(channel_there(call.channel()));
  if (permissions && (*permissions & resources::kMuteMembers) == 0) return raise_hand();
  const auto told = [this](const rest::Result<std::monostate>& result) {
    if (!is_ending() && std::holds_alternative<rest::Failure>(result)) raise_hand();
  };
  bot.api()->become_speaker(config.guild, call.channel(), lifetime.bound(told));
}

void Channel::Impl::raise_hand() {
  if (config.on_suppressed == OnSuppressed::exit) {
    return stays_suppressed("it lacks the permission Mute Members, with which it could become a speaker");
  }
  const auto told = [this](const rest::Result<std::monostate>& result) {
    if (is_ending() || !seat.is_suppressed) return;
    const bool raised = !std::holds_alternative<rest::Failure>(result);
    stays_suppressed(raised ? "it has raised its hand"
                            : "it may neither become a speaker nor raise its hand");
  };
  bot.api()->request_to_speak(config.guild, call.channel(), utc_now(), lifetime.bound(told));
}

void Channel::Impl::stays_suppressed(std::string_view why, Hint hint) {
  if (config.on_suppressed == OnSuppressed::exit) {
    return fail(Error(
        Cause::not_permitted,
        fmt::format("The bot is in the audience of this stage and nobody would hear it: {}.", why), hint));
  }
  listener.on_notice(
      {log::Level::warning,
       fmt::format("The bot is in the audience of this stage and waits to be invited to speak: {}.", why),
       hint});
}

}  // namespace vcplay::channel
