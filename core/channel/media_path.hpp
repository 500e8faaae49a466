// The way that a channel's voice packets take: a UDP socket, its address as others see it, and a look
// at it every second.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/logger.hpp"
#include "base/packet.hpp"
#include "channel/path_watch.hpp"
#include "net/event_loop.hpp"
#include "net/udp_socket.hpp"
#include "voice/ip_discovery.hpp"

namespace vcplay::channel {

/// What the owner of a MediaPath hears, on the network thread. Must not destroy it from inside.
class MediaPathOwner {
 public:
  virtual ~MediaPathOwner() = default;
  /// Our address, as the media server sees it.
  virtual void on_address(const voice::IpDiscovery::Address& address) = 0;
  /// No packet of the server's comes back.
  virtual void on_path_never_opened(Error reason) = 0;
  /// No packet of ours gets through any more.
  virtual void on_path_lost(std::string_view why) = 0;
  /// This machine has another address towards the server; what was connected from the old one hears nothing
  /// more. The path is lost with it, and that is told next.
  virtual void on_address_changed(std::string_view why) = 0;
  /// There is a network again, after so long without that TCP would wait for half a minute.
  virtual void on_network_back(std::string_view why) = 0;
};

/// Lives on the network thread.
class MediaPath {
 public:
  MediaPath(net::EventLoop& loop, const log::Logger& logger, MediaPathOwner& owner)
      : loop_(loop), logger_(logger), owner_(owner) {}

  /// Opens a socket to the media server and asks it for our address.
  void open(std::string address, std::uint16_t port, std::uint32_t ssrc);
  [[nodiscard]] bool has_socket() const noexcept { return socket_ != nullptr; }
  /// Somewhere to send to: any thread may, as long as this socket is there.
  [[nodiscard]] std::unique_ptr<PacketSink> sink() const;
  /// Audio flows: looks every second whether it gets through.
  void watch();
  /// The socket goes. Whether there is a network is looked at all the same.
  void close();
  /// Nothing is looked at any more.
  void stop_looking();

 private:
  void discover();
  void drain();
  [[nodiscard]] std::optional<std::string> route() const;
  void look();
  void look_for_network(bool there_is_one);
  void judge(const std::optional<std::string>& route);

  net::EventLoop& loop_;
  const log::Logger& logger_;
  MediaPathOwner& owner_;
  std::string address_;
  std::uint16_t port_ = 0;
  std::shared_ptr<net::UdpSocket> socket_;
  std::optional<net::FdWatch> readable_;
  std::optional<voice::IpDiscovery> discovery_;  // until it is answered
  std::optional<PathWatch> watch_;
  std::optional<TimePoint> no_network_since_;
  net::Timer discovery_timer_{loop_, [this] { discover(); }};
  net::Timer look_timer_{loop_, [this] { look(); }};
};

}  // namespace vcplay::channel
