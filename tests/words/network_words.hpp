// Real networks for one test: the test's process stands in one network namespace, the player in another, and
// what lies between the two is the test's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "words/subprocess.hpp"

namespace vcplay::testing {

// An address on either side; both are in the same /24.
inline const std::string kDiscordAddress = "10.77.0.1";
inline const std::string kPlayerAddress = "10.77.0.2";
inline const std::string kOtherPlayerAddress = "10.77.0.3";
inline const std::string kNameServerAddress = "10.77.0.53";

/// Closes a file descriptor in the end.
class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) noexcept : fd_(fd) {}
  ~OwnedFd();
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// Two network namespaces, Discord's side and the player's, joined by one virtual cable. The constructing
/// thread and the threads that it starts move to Discord's side; the player's side also has a mount namespace
/// of its own.
class Networks {
 public:
  /// Throws std::runtime_error when the system does not let us.
  Networks();

  /// Runs `work` on the player's side.
  void there(const std::function<void()>& work) const;
  /// Starts a program on the player's side.
  [[nodiscard]] std::unique_ptr<Subprocess> start(const Command& command) const;
  /// `ip WORDS` on either side. Throws std::runtime_error when it fails.
  void ip_here(const std::string& words) const;
  void ip_there(const std::string& words) const;
  /// What the player sees at `path` is `file` from now on.
  void cover_there(const std::string& file, const std::string& path) const;
  [[nodiscard]] int player_network() const noexcept { return network_.get(); }

 private:
  OwnedFd network_;
  OwnedFd mounts_;
};

/// A cable between the two sides.
class Cable {
 public:
  explicit Cable(const Networks& networks);
  /// The player's interface is switched off, and on again.
  void cut();
  void mend();
  /// The player's interface gets another address, as from another network's DHCP.
  void change_address();

 private:
  const Networks& networks_;
};

/// How a road treats what travels on it.
struct RoadManners {
  double loss = 0;    // of 1, each direction
  Duration delay{};   // each direction
  Duration jitter{};  // more or less than `delay`; what is overtaken comes out of order
  std::uint32_t seed = 1;
};

/// A road between the two sides that carries IP packets by hand.
class Road {
 public:
  Road(const Networks& networks, RoadManners manners);
  ~Road();
  Road(const Road&) = delete;
  Road& operator=(const Road&) = delete;

 private:
  class Carrier;
  std::unique_ptr<Carrier> carrier_;
  std::thread thread_;
};

/// Resets established TCP connections of Discord's: those of the server at `port`, or all others.
enum class Which : std::uint8_t { at_port, at_other_ports };
void reset_connections(Which which, const std::string& port);

/// A name server at kNameServerAddress that takes every question and answers none.
class SilentNameServer {
 public:
  explicit SilentNameServer(const Networks& networks);

 private:
  OwnedFd socket_;
};

}  // namespace vcplay::testing
