#include "channel/voice_link.hpp"

#include <string>
#include <utility>

#include "voice/messages.hpp"

namespace vcplay::channel {
namespace {

constexpr net::WebSocketLimits kLimits{.incoming = voice::kMostMessageBytes, .outgoing = bot::kMostWaiting};

}  // namespace

VoiceLink::VoiceLink(bot::Bot& bot, VoiceLinkOwner& owner)
    : loop_(bot.loop()), owner_(owner), link_(bot.loop(), bot.trust(), kLimits, *this) {}

void VoiceLink::begin(net::Url url, voice::Config config) {
  end();
  url_ = std::move(url);
  was_open_ = false;
  session_.emplace(std::move(config));
  link_.open(url_);
}

void VoiceLink::end() {
  ++generation_;
  stop();
  link_.part(1000);
  session_.reset();
}

void VoiceLink::stop() {
  session_timer_.cancel();
  retry_timer_.cancel();
}

/// UDP knows nothing of the websocket: audio flows on.
void VoiceLink::carry_out(const voice::Reconnect& again) {
  link_.part(0);
  retry_timer_.start_at(loop_.now() + again.after);
}

void VoiceLink::settle() {
  const auto next = session_ ? session_->deadline() : std::nullopt;
  if (next) {
    session_timer_.start_at(*next);
  } else {
    session_timer_.cancel();
  }
}

void VoiceLink::lose_socket(std::string_view why) {
  if (!session_ || !link_.is_open()) return;
  link_.drop();
  on_link_closed({.kind = net::CloseKind::lost, .code = {}, .detail = std::string(why)});
}

void VoiceLink::on_link_open() {
  was_open_ = true;
  owner_.on_voice_open();
  if (session_) owner_.on_voice(session_->on_open(loop_.now()));
}

void VoiceLink::on_link_text(std::string_view text) {
  if (session_) owner_.on_voice(session_->on_text(text, loop_.now()));
}

void VoiceLink::on_link_binary(ByteView bytes) {
  if (session_) owner_.on_voice(session_->on_binary(bytes, loop_.now()));
}

void VoiceLink::on_link_closed(const net::CloseInfo& info) {
  if (!session_) return;
  session_timer_.cancel();
  if (!was_open_ && owner_.on_voice_unreachable(bot::link_error("The voice server", url_, info))) return;
  owner_.on_voice(session_->on_close(info.code, info.detail, loop_.now()));
}

}  // namespace vcplay::channel
