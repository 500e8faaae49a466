// A websocket client connection over verified TLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

namespace vcplay::net {

/// How far a connection came before it ended.
enum class CloseKind {
  resolve_failed,       // the name has no address, or the resolver did not answer in time
  connect_failed,       // no TCP connection
  certificate_refused,  // TLS: wrong host, unknown authority, expired …
  tls_failed,           // TLS: anything else
  http_refused,         // the server answered the upgrade with an HTTP status
  timed_out,            // no answer in time
  lost,                 // ended without a close frame, or after TLS without an answer
  closed_by_peer,       // a close frame came
  closed_by_us,         // after close()
};

struct CloseInfo {
  CloseKind kind = CloseKind::lost;
  std::optional<std::uint16_t> code;  // the peer's close code
  std::string detail;                 // close reason, TLS or system error; text from outside
  int http_status = 0;                // with http_refused
};

/// The end of a sentence about whoever was called: "it takes no connection (Connection refused)". Harmless.
[[nodiscard]] std::string in_words(const CloseInfo& info);

/// What the owner of a WebSocket hears, on the loop's thread. The owner may destroy the WebSocket from inside
/// any of them.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  virtual void on_open() = 0;
  virtual void on_text(std::string_view text) = 0;
  virtual void on_binary(ByteView bytes) = 0;
  virtual void on_close(const CloseInfo& info) = 0;  // exactly once, also when the connection never opened
};

/// What a peer can make a WebSocket keep, in bytes.
struct WebSocketLimits {
  std::size_t incoming = 16 * 1024 * 1024;  // of one message; a longer one is refused with 1009 as it comes
  std::size_t outgoing =
      16 * 1024 * 1024;  // of all that waits because the peer does not read; then it is lost
};

/// One websocket from connect to close. Destroying it drops the connection silently.
class WebSocket {
 public:
  /// Starts at once: resolves on a helper thread, tries each address, verifies the certificate against
  /// url.host. `timeout` covers everything until on_open().
  WebSocket(EventLoop& loop, const TlsTrust& trust, WebSocketHandler& handler, const Url& url,
            Duration timeout, WebSocketLimits limits = {});
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  void send_text(std::string_view text);
  void send_binary(ByteView bytes);
  /// Sends what is queued, then a close frame; on_close follows within 2 s whatever the peer does.
  void close(std::uint16_t code, std::string_view reason);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vcplay::net
