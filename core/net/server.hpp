// A TLS server for websockets and small JSON requests on one port: the rehearsal's ears.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"

namespace vcplay::net {

/// One accepted websocket. Lives on the loop's thread from on_websocket() to on_websocket_closed().
class ServerSocket {
 public:
  virtual ~ServerSocket() = default;
  virtual void send_text(std::string_view text) = 0;
  virtual void send_binary(ByteView bytes) = 0;
  /// Sends what is queued, then a close frame with `code`.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  /// Ends the TCP connection without a close frame.
  virtual void drop() = 0;
  [[nodiscard]] virtual std::uint64_t id() const noexcept = 0;  // unique in this process
};

struct ServerRequest {
  std::string method;
  std::string path;   // without query
  std::string query;  // without '?', arguments joined by '&'
  std::string authorization;
  std::string user_agent;
  std::string content_type;
  std::string body;
};

struct ServerReply {
  int status = 200;
  std::string body;  // JSON
  std::vector<std::pair<std::string, std::string>> headers;
};

/// What the owner of a Server hears, on the loop's thread.
class ServerHandler {
 public:
  virtual ~ServerHandler() = default;
  /// Path and query come percent-decoded.
  virtual ServerReply on_request(const ServerRequest& request) = 0;
  /// 101 accepts the upgrade; another status refuses it with that.
  virtual int on_upgrade(std::string_view path, std::string_view query) = 0;
  virtual void on_websocket(ServerSocket& socket, std::string_view path, std::string_view query) = 0;
  virtual void on_text(ServerSocket& socket, std::string_view text) = 0;
  virtual void on_binary(ServerSocket& socket, ByteView bytes) = 0;
  /// `code` is 0 when no close frame came, or when it met something that was still being sent.
  virtual void on_websocket_closed(ServerSocket& socket, std::uint16_t code) = 0;
};

/// Answers one request per connection; websockets last. Listens on an ephemeral port unless one is given.
/// Must be built and destroyed on the loop's thread, or while the loop does not run.
class Server {
 public:
  Server(EventLoop& loop, const ServerIdentity& identity, ServerHandler& handler, std::uint16_t port = 0,
         const std::string& ipv4 = "127.0.0.1");
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::net
