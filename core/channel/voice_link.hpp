// One channel's way to its voice gateway: a voice session and the websocket that it has at the moment.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "bot/bot.hpp"
#include "bot/link.hpp"
#include "net/url.hpp"
#include "voice/session.hpp"

namespace vcplay::channel {

/// What the owner of a VoiceLink hears, on the network thread. Must not destroy it from inside.
class VoiceLinkOwner {
 public:
  virtual ~VoiceLinkOwner() = default;
  /// A websocket is open.
  virtual void on_voice_open() = 0;
  /// What the session wants to be done, in order; void once there is another session.
  virtual void on_voice(voice::Actions actions) = 0;
  /// The very first websocket of this session did not open. True: the owner has ended the attempt; false: the
  /// session decides how it goes on.
  [[nodiscard]] virtual bool on_voice_unreachable(Error reason) = 0;
  /// No websocket is left, neither the session's nor one that was parted with.
  virtual void on_voice_gone() = 0;
};

/// Lives on the network thread.
class VoiceLink final : bot::LinkOwner {
 public:
  VoiceLink(bot::Bot& bot, VoiceLinkOwner& owner);

  /// A new session, in the place of the present one.
  void begin(net::Url url, voice::Config config);
  /// The session is void, and its websocket closes politely.
  void end();
  /// Nothing of the session's own accord any more; its websocket stays.
  void stop();
  [[nodiscard]] voice::Session* session() noexcept { return session_ ? &*session_ : nullptr; }
  /// Another number for each session.
  [[nodiscard]] unsigned generation() const noexcept { return generation_; }
  [[nodiscard]] const net::Url& url() const noexcept { return url_; }

  // What the session wants.
  void carry_out(const voice::SendText& send) { link_.send_text(send.text); }
  void carry_out(const voice::SendBinary& send) { link_.send_binary(send.bytes); }
  void carry_out(const voice::CloseSocket& close) { link_.close(close.code, close.reason); }
  void carry_out(const voice::Reconnect& again);
  /// Its socket is closing already; it is not heard any more.
  void part() { link_.part(0); }
  /// Calls the session when its time has come.
  void settle();

  /// Nothing is heard on this socket any more, whatever it says of itself.
  void drop_socket() { link_.drop(); }
  /// The same, and the session is told why. Nothing where no socket is open.
  void lose_socket(std::string_view why);

  [[nodiscard]] bool is_gone() const noexcept { return link_.is_gone(); }
  void forget_parted() { link_.forget_parted(); }

 private:
  void on_link_open() override;
  void on_link_text(std::string_view text) override;
  void on_link_binary(ByteView bytes) override;
  void on_link_closed(const net::CloseInfo& info) override;
  void on_links_gone() override { owner_.on_voice_gone(); }

  net::EventLoop& loop_;
  VoiceLinkOwner& owner_;
  net::Url url_;
  std::optional<voice::Session> session_;
  unsigned generation_ = 0;
  bool was_open_ = false;  // a websocket of this session
  bot::Link link_;
  net::Timer session_timer_{loop_, [this] { owner_.on_voice(session_->on_time(loop_.now())); }};
  net::Timer retry_timer_{loop_, [this] { link_.open(url_); }};
};

}  // namespace vcplay::channel
