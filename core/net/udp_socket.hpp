// A connected, non-blocking UDP socket.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/packet.hpp"

namespace vcplay::net {

/// What became of the datagrams of one socket.
struct UdpCounts {
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;      // ICMP: nobody listens there; it answers a datagram that counted as sent
  std::uint64_t unreachable = 0;  // no route, or the socket's own address is gone
  std::uint64_t congested = 0;    // a buffer was full
  std::uint64_t other = 0;        // any other error of the system's
  [[nodiscard]] std::uint64_t failed() const noexcept { return refused + unreachable + congested + other; }
};

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
  /// One datagram into `buffer`: its size, or nothing when none waits. Errors (ICMP unreachable)
  /// count and are skipped.
  [[nodiscard]] std::optional<std::size_t> receive(ByteSpan buffer) noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] int last_error() const noexcept {
    return last_error_.load(std::memory_order_relaxed);
  }                                                              // any thread
  [[nodiscard]] UdpCounts counts() const noexcept;               // any thread
  [[nodiscard]] std::uint64_t receive_errors() const noexcept {  // any thread
    return receive_errors_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::string local_address() const;
  [[nodiscard]] std::uint16_t local_port() const;

 private:
  explicit UdpSocket(int fd) noexcept : fd_(fd) {}
  void take_over(const UdpSocket& other) noexcept;
  void note(int error) noexcept;
  int fd_ = -1;
  std::atomic<int> last_error_{0};
  std::atomic<std::uint64_t> receive_errors_{0};
  // Written by send() alone.
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> unreachable_{0};
  std::atomic<std::uint64_t> congested_{0};
  std::atomic<std::uint64_t> other_{0};
};

}  // namespace vcplay::net
