// What end-to-end encryption, the stage and an empty channel mean for the sender.
#include <utility>

#include "channel/channel_impl.hpp"
#include "dave/displayable_code.hpp"

namespace vcplay::channel {
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

// ── what end-to-end encryption says ──

void Channel::Impl::use_encryptor(dave::UseEncryptor& use) {
  was_encrypted = true;
  sender.command(send::SwapTransform{std::move(use.encryptor)});
  line_is(LineState::encrypted);
}

void Channel::Impl::send_plain() {
  change_permit([&] { permit.audience_is(seat.is_suppressed && is_on_stage()); });
  line_is(LineState::plain);
  mention_plain_audio();
}

/// A stage is told of once in a run, anything else each time.
void Channel::Impl::mention_plain_audio() {
  if (!config.allow_plaintext) {
    if (std::exchange(stage_was_mentioned, true)) return;
    return listener.on_notice({log::Level::warning,
                               "Stage channels have no end-to-end encryption: audio is sent without.",
                               Hint::acknowledge_plaintext});
  }
  if (is_on_stage()) return;
  listener.on_notice(
      {log::Level::warning, "Audio is sent without end-to-end encryption.", Hint::plaintext_is_allowed});
}

void Channel::Impl::hold_audio(dave::HoldAudio& hold) {
  const LineState line = line_of(hold.why);
  if (line != LineState::alone) sender.command(send::HoldAudio{std::move(hold.gate), send::Hold::pause});
  line_is(line);
}

void Channel::Impl::epoch_began(dave::NewEpoch& epoch) {
  logger.info("End-to-end encryption: epoch {}, {} members, voice privacy code {}.", epoch.epoch,
              epoch.members.size(), dave::in_groups(epoch.privacy_code));
  encryption.epoch = epoch.epoch;
  encryption.privacy_code = std::move(epoch.privacy_code);
  encryption.members = std::move(epoch.members);
  listener.on_encryption(encryption);
}

void Channel::Impl::line_is(LineState line) {
  change_permit([&] { permit.line_is(line); });
  tell_line();
}

void Channel::Impl::tell_line() {
  encryption.line = permit.line();
  if (encryption.line == LineState::plain) encryption.version = 0;
  if (encryption.line == LineState::encrypted) encryption.version = dave::kMaxVersion;
  if (voice.session() != nullptr && !voice.session()->has_group()) {
    encryption.epoch.reset();
    encryption.privacy_code.clear();
    encryption.members.clear();
  }
  logger.info("End-to-end encryption: {}.", words(encryption.line));
  listener.on_encryption(encryption);
}

// ── what the sender does about it ──

void Channel::Impl::permit_changed() {
  alone_timer.cancel();
  switch (permit.permit()) {
    case Permit::encrypted:
    case Permit::waiting:
    case Permit::not_encrypted:
      return;  // end-to-end encryption has given the sender what it may send
    case Permit::plain:
      return sender.command(send::SwapTransform{});
    case Permit::audience:
      return sender.hold(send::Hold::pause);
    case Permit::unheard:
      return sender.hold(send::Hold::run_on);
    case Permit::alone:
      sender.hold(send::Hold::pause);
      if (config.when_alone != WhenAlone::wait) alone_timer.start_at(loop.now() + kAloneGrace);
      return;
  }
}

void Channel::Impl::look_who_is_there() {
  if (voice.session() == nullptr || !sender.has_stream()) return;
  change_permit([&] { permit.deserted_is(voice.session()->is_alone()); });
}

void Channel::Impl::nobody_came() {
  if (permit.permit() != Permit::alone || is_ending()) return;
  change_permit([&] { permit.nobody_came(); });
  if (config.when_alone == WhenAlone::play) return;
  fail(Error(Cause::nobody_there, "Nobody is in the channel to listen.", Hint::play_alone));
}

}  // namespace vcplay::channel
