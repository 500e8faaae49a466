// One websocket at a time to one of Discord's gateways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"
#include "net/websocket.hpp"

namespace vcplay::bot {

/// How many bytes of ours may wait until a gateway reads them: we send little, and seldom.
inline constexpr std::size_t kMostWaiting = 1024 * 1024;
/// For TCP and TLS to a gateway; a join has its own, shorter or longer, deadline.
inline constexpr Duration kOpenTimeout = 10s;

/// What the owner of a Link hears, of its present websocket alone. Must not destroy the Link from inside.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  virtual void on_link_open() = 0;
  virtual void on_link_text(std::string_view text) = 0;
  virtual void on_link_binary(ByteView bytes) = 0;
  virtual void on_link_closed(const net::CloseInfo& info) = 0;
  /// No websocket is left, neither the present one nor one that was parted with.
  virtual void on_links_gone() = 0;
};

/// A websocket that is exchanged for another one whenever it is lost. What an earlier one still says is not
/// heard. Lives on the loop's thread.
class Link {
 public:
  Link(net::EventLoop& loop, const net::TlsTrust& trust, net::WebSocketLimits limits, LinkOwner& owner)
      : loop_(loop), trust_(trust), limits_(limits), owner_(owner) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Another one in the place of the present one.
  void open(const net::Url& url);
  [[nodiscard]] bool is_open() const noexcept { return !present_.empty() && present_.front().is_open; }
  /// Neither does anything without a websocket.
  void send_text(std::string_view text);
  void send_binary(ByteView bytes);
  /// on_link_closed() follows.
  void close(std::uint16_t code, std::string_view reason);
  /// Closes it politely where it is open, and hears no more of it. `code` 0: it is closing already.
  void part(std::uint16_t code);
  /// Drops it at once, without a word to anybody.
  void drop() { present_.clear(); }
  /// Drops those that were parted with.
  void forget_parted() { parted_.clear(); }
  [[nodiscard]] bool is_gone() const noexcept { return present_.empty() && parted_.empty(); }

 private:
  struct Socket final : net::WebSocketHandler {
    Socket(Link& link, const net::Url& url)
        : self(link), socket(link.loop_, link.trust_, *this, url, kOpenTimeout, link.limits_) {}
    void on_open() override;
    void on_text(std::string_view text) override;
    void on_binary(ByteView bytes) override;
    void on_close(const net::CloseInfo& info) override { self.closed(*this, info); }
    Link& self;
    bool is_present = true;
    bool is_open = false;
    net::WebSocket socket;
  };
  void closed(const Socket& socket, const net::CloseInfo& info);

  net::EventLoop& loop_;
  const net::TlsTrust& trust_;
  net::WebSocketLimits limits_;
  LinkOwner& owner_;
  std::list<Socket> present_;  // one or none
  std::list<Socket> parted_;   // closing, and not to be heard any more
};

/// What a person needs to know of a connection to `what` that did not come about or was lost.
[[nodiscard]] Error link_error(std::string_view what, const net::Url& url, const net::CloseInfo& info);
/// What follows when one that was lost is tried again: "Trying again in 1.5 s (attempt 2)."
[[nodiscard]] std::string retry_words(Duration after, int attempt);

}  // namespace vcplay::bot
