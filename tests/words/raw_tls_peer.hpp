// A TLS server whose every byte the test writes: the independent witness for our clients.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "net/tls.hpp"

namespace vcplay::net::test {

/// A certificate for `name` that signed itself, valid for those days around now.
[[nodiscard]] ServerIdentity self_signed(const std::string& name, int from_day = -1, int to_day = 1);

/// One accepted connection, blocking, with a deadline on every read.
class Conversation {
 public:
  explicit Conversation(SSL* ssl) : ssl_(ssl) {}
  /// Everything up to and including `end`; less when the client hangs up.
  std::string read_until(std::string_view end);
  std::string read(std::size_t size);
  void write(std::string_view bytes);
  /// Writes `bytes` again and again, ten times a second, until `over` or until the client hangs up.
  void trickle(std::string_view bytes, const std::atomic<bool>& over);
  /// Reads until the client hangs up.
  void wait_for_end();

  /// What the client called us in its TLS hello; empty when it did not.
  [[nodiscard]] std::string server_name() const;

  /// Reads an upgrade request and accepts it. Returns the request.
  std::string accept_websocket();
  /// Reads one masked frame of up to 125 bytes: its first byte, then its payload.
  std::string read_frame();

 private:
  SSL* ssl_;
};

/// Listens on a loopback address and runs `script` on a thread of its own with each connection in turn.
class RawTlsPeer {
 public:
  using Script = std::function<void(Conversation&)>;
  RawTlsPeer(const ServerIdentity& identity, Script script, const std::string& address = "127.0.0.1");
  ~RawTlsPeer();
  RawTlsPeer(const RawTlsPeer&) = delete;
  RawTlsPeer& operator=(const RawTlsPeer&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  void serve();

  struct Free {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// A TCP socket that listens on 127.0.0.1 and never says a word.
class SilentPort {
 public:
  SilentPort();
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

/// A TCP server on 127.0.0.1 that answers whatever comes with the same text, without TLS.
class PlainPeer {
 public:
  explicit PlainPeer(std::string text);
  ~PlainPeer();
  PlainPeer(const PlainPeer&) = delete;
  PlainPeer& operator=(const PlainPeer&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// True when this machine has ::1.
[[nodiscard]] bool has_ipv6_loopback();

/// A port of 127.0.0.1 on which nobody listens.
[[nodiscard]] std::uint16_t closed_port();

}  // namespace vcplay::net::test
