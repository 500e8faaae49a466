// The one place where a Channel does what its gateway, its call and its voice session want.
#include "channel/channel_impl.hpp"

namespace vcplay::channel {

void Channel::Impl::act(voice::Actions wanted) {
  for (voice::Action& action : wanted) actions.add(FromVoice{voice.generation(), std::move(action)});
  act();
}

void Channel::Impl::act() {
  actions.drain([this](Action& action) { carry_out(action); }, [this] { settle(); });
}

/// Nothing is left to be done for now.
void Channel::Impl::settle() {
  if (is_ending()) return;
  look_who_is_there();
  say_speaking();
  voice.settle();
  if (const auto next = call.deadline()) {
    call_timer.start_at(*next);
  } else {
    call_timer.cancel();
  }
}

void Channel::Impl::carry_out(Action& action) {
  std::visit(Overloaded{
                 [&](gateway::Action& event) {
                   if (phase < Phase::closing) carry_out(event);
                 },
                 [&](call::Action& order) {
                   if (!is_ending()) carry_out(order);
                 },
                 [&](FromVoice& order) {
                   if (!is_ending() && order.generation == voice.generation()) carry_out(order.action);
                 },
                 [&](Seated& seated) {
                   if (!is_ending()) take_seat(seated.state);
                 },
             },
             action);
}

void Channel::Impl::carry_out(gateway::Action& action) {
  std::visit(
      Overloaded{
          [&](gateway::Ready& ready) { gateway_is_ready(ready); },
          [&](gateway::GuildMissing& missing) { gateway_has_failed(std::move(missing.reason)); },
          [&](gateway::GuildCreated&) { guild_arrived(); },
          [&](gateway::GuildDeleted& deleted) { act(call.guild_deleted(deleted.unavailable, loop.now())); },
          [&](gateway::ChannelUpdated& update) { channel_updated(update.channel); },
          [&](gateway::ChannelDeleted& deleted) { act(call.channel_deleted(deleted.channel)); },
          [&](gateway::OwnVoiceState& state) { own_voice_state(state); },
          [&](gateway::VoiceServer& server) {
            log::hide(server.token);
            if (!is_ending()) act(call.voice_server(server, loop.now()));
          },
          [&](gateway::VoiceStateWaits&) { question_waits(); },
          [&](gateway::VoiceStateSent&) { question_is_sent(); },
          [&](gateway::Resumed&) { gateway_is_resumed(); },
          [&](gateway::Reconnect& again) { gateway_is_lost(again); },
          [&](gateway::Failed& failed) { gateway_has_failed(std::move(failed.error)); },
          // The shard does these.
          [](gateway::SendText&) {},
          [](gateway::CloseSocket&) {},
          [](gateway::WantsIdentify&) {},
      },
      action);
}

void Channel::Impl::carry_out(call::Action& action) {
  // All is sent, or nothing more is to be: what is lost now is not worth another join.
  const bool is_done = phase == Phase::lingering || is_stopping;
  if (is_done && !std::holds_alternative<call::Ended>(action)) return leave();
  std::visit(
      Overloaded{
          [&](call::Ask& ask) { ask_for(ask.channel); },
          [&](call::CloseVoice&) { close_voice(); },
          [&](call::OpenVoice& order) { open_voice(order); },
          [&](call::Moved& moved) { moved_to(moved.channel); },
          [&](call::Retry& retry) { tell_retry(Recovery::call, retry.reason, retry.after, retry.attempt); },
          [&](call::Ended& ended) {
            owes_leave = owes_leave && ended.there;
            fail(std::move(ended.reason));
          },
      },
      action);
}

void Channel::Impl::carry_out(voice::Action& action) {
  std::visit(Overloaded{
                 [&](voice::SendText& send) { voice.carry_out(send); },
                 [&](voice::SendBinary& send) { voice.carry_out(send); },
                 [&](voice::CloseSocket& close) { voice.carry_out(close); },
                 [&](voice::Reconnect& again) { voice_is_lost(again); },
                 [&](voice::Resumed&) { logger.info("The voice gateway: the session is resumed."); },
                 [&](voice::Over& over) { voice_is_over(over); },
                 [&](voice::MediaServer& server) { find_address(server); },
                 [&](voice::SessionReady& session) { session_is_ready(session); },
                 [&](dave::UseEncryptor& use) { use_encryptor(use); },
                 [&](dave::SendPlain&) { send_plain(); },
                 [&](dave::HoldAudio& hold) { hold_audio(hold); },
                 [&](dave::NewEpoch& epoch) { epoch_began(epoch); },
             },
             action);
}

}  // namespace vcplay::channel
