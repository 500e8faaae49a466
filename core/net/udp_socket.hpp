// A connected, non-blocking UDP socket.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/packet.hpp"

namespace vcplay::net {

/// Sends to and receives from one peer only. send() is the sender thread's, receive() the network thread's;
/// the kernel lets both at once.
class UdpSocket final : public PacketSink {
 public:
  /// `address` is a numeric IPv4 or IPv6 address. Throws Error{network} with the system's reason.
  static UdpSocket connect_to(const std::string& address, std::uint16_t port);
  ~UdpSocket() override;
  UdpSocket(UdpSocket&& other) noexcept;
  UdpSocket& operator=(UdpSocket&& other) noexcept;

  /// One non-blocking send. The system's last error is kept in last_error().
  [[nodiscard]] SendResult send(ByteView packet) noexcept override;
  /// One datagram into `buffer`: its size, or nothing when none waits. Errors (ICMP unreachable) count and
  /// are skipped.
  [[nodiscard]] std::optional<std::size_t> receive(ByteSpan buffer) noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] int last_error() const noexcept {
    return last_error_.load(std::memory_order_relaxed);
  }                                                              // any thread
  [[nodiscard]] std::uint64_t receive_errors() const noexcept {  // any thread
    return receive_errors_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::string local_address() const;
  [[nodiscard]] std::uint16_t local_port() const;

 private:
  explicit UdpSocket(int fd) noexcept : fd_(fd) {}
  int fd_ = -1;
  std::atomic<int> last_error_{0};
  std::atomic<std::uint64_t> receive_errors_{0};
};

}  // namespace vcplay::net
