// Somebody who reads what is sent, in a process of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace vcplay::bench {

/// A child process with one UDP socket on the loopback interface. It takes every datagram and counts it. Made
/// before the first thread.
class CountingPeer {
 public:
  CountingPeer();  // throws std::runtime_error
  ~CountingPeer();
  CountingPeer(const CountingPeer&) = delete;
  CountingPeer& operator=(const CountingPeer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// How many datagrams have come so far.
  [[nodiscard]] std::uint64_t count() const noexcept;

 private:
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
  void* shared_ = nullptr;  // with the child: the count
};

}  // namespace vcplay::bench
