// The media server's UDP socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace vcplay::rehearsal {

/// Where a datagram came from or goes to.
struct PeerAddress {
  std::uint32_t ipv4 = 0;  // host byte order
  std::uint16_t port = 0;
  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
  [[nodiscard]] std::string host() const;  // dotted
  [[nodiscard]] std::string str() const;   // "127.0.0.1:50000"
};

/// An unconnected UDP socket with kernel arrival times. Lives on the rehearsal's thread.
class DatagramPort {
 public:
  explicit DatagramPort(const std::string& ipv4);  // throws Error{unexpected}
  ~DatagramPort();
  DatagramPort(const DatagramPort&) = delete;
  DatagramPort& operator=(const DatagramPort&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  using Receiver = std::function<void(ByteSpan datagram, PeerAddress source, TimePoint arrival)>;
  /// Hands over everything that waits.
  void drain(const Receiver& receiver);
  /// Datagrams that the kernel had no room for, since the last call.
  [[nodiscard]] std::uint32_t take_overruns() noexcept;
  void send(PeerAddress to, ByteView datagram) noexcept;

 private:
  struct Batch;
  [[nodiscard]] int receive_batch() noexcept;

  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::uint32_t overruns_ = 0;  // the kernel's running count
  std::uint32_t overruns_taken_ = 0;
  std::unique_ptr<Batch> batch_;
};

}  // namespace vcplay::rehearsal
