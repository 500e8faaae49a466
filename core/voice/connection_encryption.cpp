// What end-to-end encryption and an empty channel mean for the sender.
#include <utility>

#include "base/text.hpp"
#include "dave/displayable_code.hpp"
#include "dave/frame_encryptor.hpp"
#include "voice/connection_impl.hpp"

namespace vcplay::voice {
namespace {

// The server names who is there a moment after it has described the session, and people who lose their
// connection are back as soon.
constexpr Duration kAloneGrace = 1s;

std::string_view words(LineState line) {
  switch (line) {
    case LineState::encrypted:
      return "audio is encrypted";
    case LineState::plain:
      return "audio is not encrypted";
    case LineState::alone:
      return "nobody else is in the call";
    case LineState::audience:
      return "the bot is in the audience";
    case LineState::waiting:
      return "audio waits for the key";
    case LineState::not_encrypted:
      return "audio is held, because the server wants it without";
  }
  return "";
}

LineState line_of(dave::Hold why) {
  switch (why) {
    case dave::Hold::alone:
      return LineState::alone;
    case dave::Hold::waiting:
      return LineState::waiting;
    case dave::Hold::not_encrypted:
      return LineState::not_encrypted;
  }
  return LineState::waiting;
}

}  // namespace

std::string_view name(LineState line) noexcept {
  switch (line) {
    case LineState::encrypted:
      return "encrypted";
    case LineState::plain:
      return "plain";
    case LineState::alone:
      return "alone";
    case LineState::audience:
      return "audience";
    case LineState::waiting:
      return "waiting";
    case LineState::not_encrypted:
      return "not-encrypted";
  }
  return "waiting";
}

void Connection::Impl::handle(dave::UseEncryptor& use) {
  was_encrypted = true;
  command(SwapTransform{std::move(use.encryptor)});
  line_is(LineState::encrypted);
}

void Connection::Impl::handle(dave::SendPlain& /*plain*/) {
  const bool may_speak = !is_suppressed || !is_on_stage();
  line_is(may_speak ? LineState::plain : LineState::audience);
  let_sender_speak();
  mention_plain_audio();
}

/// A stage is told of once in a run, anything else each time.
void Connection::Impl::mention_plain_audio() {
  if (!config.allow_plaintext) {
    if (std::exchange(stage_was_mentioned, true)) return;
    return log::warning(
        "Stage channels have no end-to-end encryption: audio is sent without; --allow-plaintext says that "
        "you "
        "know.");
  }
  if (is_on_stage()) return;
  log::warning("Audio is sent without end-to-end encryption, as --allow-plaintext permits.");
}

void Connection::Impl::handle(dave::HoldAudio& hold) {
  line_is(line_of(hold.why));
  if (hold.why == dave::Hold::alone) return be_alone();
  command(HoldAudio{std::move(hold.gate), Hold::pause});
}

void Connection::Impl::handle(dave::NewEpoch& epoch) {
  log::info("End-to-end encryption: epoch {}, {} members, voice privacy code {}.", epoch.epoch,
            epoch.members.size(), dave::in_groups(epoch.privacy_code));
  encryption.epoch = epoch.epoch;
  encryption.privacy_code = std::move(epoch.privacy_code);
  encryption.members = std::move(epoch.members);
  listener.on_encryption(encryption);
}

/// Stage channels are not encrypted from end to end (DAVE, "Protocol Availability").
bool Connection::Impl::is_on_stage() const {
  const resources::Channel* const channel = guild->channel(call.channel());
  return channel != nullptr && channel->type == resources::kGuildStageVoice;
}

void Connection::Impl::line_is(LineState line) {
  alone_timer.cancel();
  alone = line == LineState::alone;
  encryption.line = line;
  if (line == LineState::plain) encryption.version = 0;
  if (line == LineState::encrypted) encryption.version = dave::kMaxVersion;
  if (voice && !voice->has_group()) {
    encryption.epoch.reset();
    encryption.privacy_code.clear();
    encryption.members.clear();
  }
  log::info("End-to-end encryption: {}.", words(line));
  listener.on_encryption(encryption);
}

// ── an empty channel ──

void Connection::Impl::be_alone() {
  const bool is_radio = config.when_alone == WhenAlone::play && alone_is_sure;
  hold_sender(is_radio ? Hold::run_on : Hold::pause);
  if (!is_radio && config.when_alone != WhenAlone::wait) alone_timer.start_at(loop.now() + kAloneGrace);
}

void Connection::Impl::nobody_came() {
  if (!alone || ending()) return;
  alone_is_sure = true;
  if (config.when_alone == WhenAlone::play) return hold_sender(Hold::run_on);
  fail(Error(Cause::nobody_there, "Nobody is in the channel to listen; --when-alone play would play on."));
}

/// Without end-to-end encryption an empty channel stops nobody from playing: only who asked for it waits.
void Connection::Impl::look_who_is_there() {
  if (encryption.line != LineState::plain || config.when_alone == WhenAlone::play || !stream_is_started)
    return;
  const bool alone_now = voice->is_alone();
  if (alone_now == alone) return;
  alone = alone_now;
  alone_timer.cancel();
  if (alone) return be_alone();
  let_sender_speak();
}

/// On a line without end-to-end encryption; not while the bot is in the audience of a stage.
void Connection::Impl::let_sender_speak() {
  if (!stream_is_started) return;
  if (encryption.line == LineState::audience) return hold_sender(Hold::pause);
  if (encryption.line == LineState::plain) command(SwapTransform{});
}

void Connection::Impl::hold_sender(Hold hold) {
  command(HoldAudio{std::make_unique<dave::SilenceOnly>(), hold});
}

void Connection::Impl::command(SenderCommand&& order) {
  orders.post(std::move(order), loop.now());
  if (const auto next = orders.deadline()) orders_timer.start_at(*next);
}

void Connection::Impl::post_waiting_orders() {
  orders.flush(loop.now());
  if (orders.are_ignored(loop.now())) {
    return fail(Error(Cause::unexpected, "The sender thread does not read its commands."));
  }
  if (const auto next = orders.deadline()) orders_timer.start_at(*next);
}

}  // namespace vcplay::voice
