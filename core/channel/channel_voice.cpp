// The Channel's way through the voice gateway to the sender thread.
#include "channel/channel_impl.hpp"

namespace vcplay::channel {
namespace {

// SPEAKING goes by TCP and audio by UDP: the first gets a head start, or listeners drop the first packets.
constexpr Duration kSpeakingHeadStart = 5ms;
// Listeners buffer some tens of milliseconds, bad networks a few hundred: leaving earlier would
// cut the last word.
constexpr Duration kLinger = 400ms;
// Discovery is worth so many renewals in a row, so far apart: whoever blocks UDP seldom thinks better of it.
constexpr int kMostPathRenewals = 3;
constexpr Duration kPathPause = 1s;

}  // namespace

// ── the voice session ──

void Channel::Impl::on_voice_open() {
  if (phase == Phase::opening_voice) enter(Phase::identifying_voice);
}

bool Channel::Impl::on_voice_unreachable(Error reason) {
  if (is_ending()) return true;
  if (!join_deadline || phase != Phase::opening_voice) return false;
  fail(std::move(reason));
  return true;
}

void Channel::Impl::voice_is_lost(const voice::Reconnect& again) {
  voice.carry_out(again);
  tell_retry(Recovery::voice, again.reason, again.after, again.attempt);
}

void Channel::Impl::voice_is_over(voice::Over& over) {
  voice.part();
  act(call.voice_is_over(std::move(over), loop.now()));
  close_voice();  // the call may have known already
}

void Channel::Impl::session_is_ready(voice::SessionReady& session) {
  try {
    bot.transport_keys().take(session.key.view(), keys);
  } catch (Error& refused) {
    return give_up(std::move(refused));
  }
  auto cipher = std::make_unique<rtp::TransportCipher>(session.mode, std::move(session.key));
  if (sender.has_stream()) return sender.command(send::SwapCipher{std::move(cipher)});
  sender.start_stream(path.sink(), std::move(cipher), ssrc);
  path.watch();
  phase_timer.cancel();
  join_deadline.reset();
  was_encrypted = was_encrypted || session.dave_version > 0;
  encryption.version = session.dave_version;
  listener.on_session({.user = user, .mode = session.mode, .dave_version = session.dave_version});
  enter(Phase::ready);
  act(call.voice_is_live(loop.now()));
  sender.join_thread();
  seek_permission_to_speak();
  status.enter(call.channel());
  put_status();
}

// ── the media path ──

void Channel::Impl::find_address(const voice::MediaServer& server) {
  if (path.has_socket()) return;
  enter(Phase::discovering_address);
  ssrc = server.ssrc;
  path.open(server.address, server.port, ssrc);
}

void Channel::Impl::on_address(const voice::IpDiscovery::Address& address) {
  if (phase != Phase::discovering_address) return;
  enter(Phase::selecting_protocol);
  act(voice.session()->select_protocol(address.address, address.port));
}

/// The first join is over with it; a call that was live is renewed.
void Channel::Impl::on_path_never_opened(Error reason) {
  if (join_deadline) return fail(std::move(reason));
  act(call.voice_is_over({.then = voice::After::renew,
                          .pause = kPathPause,
                          .most_renewals = kMostPathRenewals,
                          .code = {},
                          .reason = std::move(reason)},
                         loop.now()));
}

void Channel::Impl::on_path_lost(std::string_view why) {
  if (is_ending()) return;
  act(call.path_is_lost(Error(Cause::network, fmt::format("No voice packet gets through: {}.", why)),
                        loop.now()));
}

void Channel::Impl::on_address_changed(std::string_view why) {
  voice.drop_socket();
  shard()->reopen(config.guild, why);
}

void Channel::Impl::on_network_back(std::string_view why) {
  shard()->reopen(config.guild, why);
  voice.lose_socket(why);
}

// ── the sender ──

void Channel::Impl::on_report(send::SenderReport report) {
  if (is_ending()) return;
  switch (report) {
    case send::SenderReport::wants_speaking:
      speaking_is_wanted = sender.has_stream();
      return act();
    case send::SenderReport::went_quiet:
      has_gone_quiet();
      return listener.on_underrun(true);
    case send::SenderReport::held:
      return has_gone_quiet();
    case send::SenderReport::finished:
      return has_finished();
  }
}

void Channel::Impl::on_sender_stuck() {
  fail(Error(Cause::unexpected, "The sender thread does not read its commands."));
}

void Channel::Impl::has_gone_quiet() {
  speaking_is_wanted = false;
  if (voice.session() != nullptr) act(voice.session()->speaking(voice::kNotSpeaking));
}

void Channel::Impl::has_finished() {
  has_gone_quiet();
  if (is_ending()) return;
  // Without a call nothing is under way to anybody.
  if (is_stopping || !call.is_live()) return leave();
  enter(Phase::lingering);
  clear_status();
  phase_timer.start_at(loop.now() + kLinger);
}

/// SPEAKING goes ahead of the audio; where it cannot be said, audio waits.
void Channel::Impl::say_speaking() {
  if (!speaking_is_wanted || voice.session() == nullptr || !voice.session()->is_live()) return;
  speaking_is_wanted = false;
  act(voice.session()->speaking(config.speaking_flags));
  speaking_timer.start_at(loop.now() + kSpeakingHeadStart);
}

void Channel::Impl::speaking_is_on() {
  sender.command(send::SpeakingIsOn{});
  listener.on_underrun(false);
}

}  // namespace vcplay::channel
