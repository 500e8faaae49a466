// Carries out what the Call decides, and what the bot's own voice state means for the sender.
#include "base/text.hpp"
#include "resources/permissions.hpp"
#include "voice/connection_impl.hpp"

namespace vcplay::voice {

void Connection::Impl::run(call::Actions actions) {
  for (call::Action& action : actions) {
    if (ending()) return;
    handle(action);
  }
  if (ending()) return;
  if (const auto next = call.deadline()) {
    call_timer.start_at(*next);
  } else {
    call_timer.cancel();
  }
}

void Connection::Impl::handle(call::Action& action) {
  std::visit(
      Overloaded{
          [&](call::Ask& ask) { ask_for(ask.channel); },
          [&](call::CloseVoice&) { close_voice(); },
          [&](call::OpenVoice& order) { open_voice(order); },
          [&](call::Moved& moved) { moved_to(moved.channel); },
          [&](call::Retry& retry) { tell_retry(Recovery::call, retry.reason, retry.after, retry.attempt); },
          [&](call::Ended& ended) {
            joined = joined && ended.there;
            fail(std::move(ended.reason));
          },
      },
      action);
}

void Connection::Impl::ask_for(std::optional<Snowflake> channel) {
  if (channel) enter(ConnectionPhase::joining_channel);
  run(gateway->update_voice_state(channel, false, true));
}

void Connection::Impl::open_voice(call::OpenVoice& order) {
  close_voice();
  const auto url = net::Url::from_voice_endpoint(order.endpoint);
  if (!url) {
    return fail(Error(Cause::network, "Discord named a voice server that is no host name: " +
                                          display_safe(order.endpoint, 100)));
  }
  if (!may_speak_to(*url)) {
    return fail(Error(Cause::network, "Discord named a voice server that is not Discord's: " +
                                          display_safe(order.endpoint, 100)));
  }
  enter(ConnectionPhase::opening_voice);
  voice_url = *url;
  voice_url.path = fmt::format("/?v={}", kGatewayVersion);
  const auto plaintext = config.allow_plaintext ? dave::Plaintext::allowed
                         : is_on_stage()        ? dave::Plaintext::on_stage
                                                : dave::Plaintext::refused;
  voice.emplace(Config{.server = config.guild,
                       .user = user,
                       .session_id = std::move(order.session_id),
                       .token = SecretString(order.token),
                       .channel = order.channel,
                       .signature_key = signature_key.duplicate(),
                       .plaintext = plaintext,
                       .was_encrypted = was_encrypted,
                       .random = random_fraction});
  open_voice_link();
}

/// Everything of the voice session goes; the queue keeps its place.
void Connection::Impl::close_voice() {
  ++voice_generation;
  for (net::Timer* const timer :
       {&voice_timer, &voice_retry_timer, &discovery_timer, &speaking_timer, &alone_timer}) {
    timer->cancel();
  }
  part_with(voice_link, 1000);
  voice.reset();
  if (std::exchange(stream_is_started, false)) command(DropStream{});
  speaking_is_wanted = false;
  discovery.reset();
  path.reset();
  udp_watch.reset();
  udp.reset();
  alone = alone_is_sure = false;
  encryption = {};
}

void Connection::Impl::moved_to(Snowflake channel) {
  asked_to_speak = false;
  const resources::Channel* const there = guild->channel(channel);
  if (there == nullptr) return log::warning("The bot was moved to a channel that it cannot see.");
  log::info("The bot was moved to {}.", display_safe(there->name, 100));
  if (channel == guild->afk_channel) {
    log::warning("The bot was moved to the AFK channel of the guild, where nobody hears it.");
  } else if (const std::string why = resources::why_not_play(*guild, channel, user, utc_now());
             !why.empty()) {
    log::warning("{}", why);
  }
  tell_channel(*there);
}

void Connection::Impl::own_voice_state(const gateway::OwnVoiceState& state) {
  if (phase == ConnectionPhase::leaving && !state.channel) return close_sockets();
  if (ending()) return;
  run(call.own_voice_state(state, loop.now()));
  if (ending() || state.channel != call.channel()) return;
  mute_changed(state.mute);
  suppression_changed(state.suppress);
}

void Connection::Impl::mute_changed(bool muted) {
  if (muted == is_muted) return;
  is_muted = muted;
  if (muted) {
    log::warning("The bot is muted by the server: nobody hears it until a moderator unmutes it.");
  } else {
    log::info("The bot is no longer muted by the server.");
  }
}

// ── stages ──

void Connection::Impl::suppression_changed(bool suppressed) {
  if (suppressed == is_suppressed) return;
  is_suppressed = suppressed;
  if (!is_on_stage()) {
    if (suppressed) log::warning("The bot lost the permission to speak in this channel: nobody hears it.");
    return;
  }
  if (!suppressed) log::info("The bot speaks on the stage.");
  look_at_audience();
  if (suppressed && voice && voice->has_session()) seek_permission_to_speak();
}

/// Only a line without end-to-end encryption has an audience; what else a line lets out is for DAVE to say.
void Connection::Impl::look_at_audience() {
  const bool is_audience = is_suppressed && is_on_stage();
  if (encryption.line != (is_audience ? LineState::plain : LineState::audience)) return;
  line_is(is_audience ? LineState::audience : LineState::plain);
  let_sender_speak();
  look_who_is_there();
}

/// Once for each join: whoever is sent back into the audience is not to argue.
void Connection::Impl::seek_permission_to_speak() {
  if (!is_suppressed || !is_on_stage()) return;
  if (std::exchange(asked_to_speak, true)) return stays_suppressed("a moderator moved it there");
  if (!api) return stays_suppressed("without --api-url it cannot ask to speak");
  const resources::Channel* const stage = guild->channel(call.channel());
  const auto permissions = resources::permissions_in(*guild, *stage, user, utc_now());
  if (permissions && (*permissions & resources::kMuteMembers) == 0) return raise_hand();
  api->become_speaker(config.guild, call.channel(), [this](const rest::Result<std::monostate>& result) {
    if (!ending() && std::holds_alternative<rest::Failure>(result)) raise_hand();
  });
}

void Connection::Impl::raise_hand() {
  if (config.on_suppressed == OnSuppressed::exit) {
    return stays_suppressed("it lacks the permission Mute Members, with which it could become a speaker");
  }
  api->request_to_speak(config.guild, call.channel(), utc_now(),
                        [this](const rest::Result<std::monostate>& result) {
                          if (ending() || !is_suppressed) return;
                          const bool raised = !std::holds_alternative<rest::Failure>(result);
                          stays_suppressed(raised ? "it has raised its hand"
                                                  : "it may neither become a speaker nor raise its hand");
                        });
}

void Connection::Impl::stays_suppressed(std::string_view why) {
  if (config.on_suppressed == OnSuppressed::exit) {
    return fail(
        Error(Cause::not_permitted,
              fmt::format("The bot is in the audience of this stage and nobody would hear it: {}.", why)));
  }
  log::warning("The bot is in the audience of this stage and waits to be invited to speak: {}.", why);
}

}  // namespace vcplay::voice
