// Whether voice packets still find their way out of this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "net/udp_socket.hpp"

namespace vcplay::channel {

/// What the socket of a voice session has seen so far, and the way that a new socket would take.
struct PathLook {
  net::UdpCounts counts;
  std::optional<std::string> route;  // the local address of a new socket to the same peer; nothing: no route
};

/// Tells a network that is down, and will be up again, from one that this socket has no place in any more.
/// Knows neither sockets nor clocks: it is shown a look every second.
class PathWatch {
 public:
  enum class Finding : std::uint8_t {
    nothing_new,
    trouble_began,
    trouble_ended,
    address_changed,  // this machine has another address towards the peer than the socket
    gets_nowhere,     // for 5 s everything failed, although there is a route
  };

  /// `own_address` is the socket's.
  explicit PathWatch(std::string own_address) : own_address_(std::move(own_address)) {}

  [[nodiscard]] Finding look(const PathLook& look, TimePoint now);
  /// Datagrams that failed since the trouble began, or until it ended.
  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

 private:
  const std::string own_address_;
  net::UdpCounts before_;
  std::optional<std::string> route_before_;
  bool in_trouble_ = false;
  std::uint64_t failures_ = 0;
  std::optional<TimePoint> nowhere_since_;  // trouble with a route
};

}  // namespace vcplay::channel
