#include "channel/media_path.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace vcplay::channel {
namespace {

constexpr Duration kLookInterval = 1s;
// After so long without a network TCP waits half a minute and more before it tries again.
constexpr Duration kLongOutage = 10s;

/// Lets the sender thread send on a socket that the network thread goes on receiving from.
class SocketSink final : public PacketSink {
 public:
  explicit SocketSink(std::shared_ptr<net::UdpSocket> socket) noexcept : socket_(std::move(socket)) {}
  [[nodiscard]] SendResult send(ByteView packet) noexcept override { return socket_->send(packet); }

 private:
  std::shared_ptr<net::UdpSocket> socket_;
};

}  // namespace

void MediaPath::open(std::string address, std::uint16_t port, std::uint32_t ssrc) {
  address_ = std::move(address);
  port_ = port;
  try {
    socket_ = std::make_shared<net::UdpSocket>(net::UdpSocket::connect_to(address_, port_));
    readable_.emplace(loop_, socket_->fd(), [this] { drain(); });
  } catch (Error& reason) {
    return owner_.on_path_never_opened(std::move(reason));
  }
  discovery_.emplace(ssrc);
  discover();
}

std::unique_ptr<PacketSink> MediaPath::sink() const { return std::make_unique<SocketSink>(socket_); }

void MediaPath::close() {
  discovery_timer_.cancel();
  discovery_.reset();
  watch_.reset();
  readable_.reset();
  socket_.reset();
}

void MediaPath::stop_looking() {
  discovery_timer_.cancel();
  look_timer_.cancel();
}

// ── our address ──

void MediaPath::discover() {
  const TimePoint now = loop_.now();
  if (discovery_->exhausted(now)) {
    return owner_.on_path_never_opened(Error(
        Cause::network,
        "No UDP packet came back from the voice server: UDP is blocked on the way, by a firewall perhaps."));
  }
  if (discovery_->due(now)) static_cast<void>(socket_->send(discovery_->request()));
  discovery_timer_.start_at(discovery_->deadline());
}

/// The socket is always drained: discovery answers, keepalive replies, RTCP, strays.
void MediaPath::drain() {
  std::array<std::uint8_t, 2048> buffer{};
  const std::shared_ptr<net::UdpSocket> socket = socket_;  // the owner may close the path
  while (const auto size = socket->receive(buffer)) {
    if (!discovery_) continue;
    const auto address = discovery_->answer(ByteView(buffer).first(*size));
    if (!address) continue;
    discovery_timer_.cancel();
    discovery_.reset();
    owner_.on_address(*address);
  }
}

// ── a look every second ──

void MediaPath::watch() {
  watch_.emplace(socket_->local_address());
  look_timer_.start_at(loop_.now() + kLookInterval);
}

/// The local address of a new socket to the media server; nothing when there is no way there.
std::optional<std::string> MediaPath::route() const {
  try {
    return net::UdpSocket::connect_to(address_, port_).local_address();
  } catch (const Error&) {
    return std::nullopt;
  }
}

void MediaPath::look() {
  look_timer_.start_at(loop_.now() + kLookInterval);
  const std::optional<std::string> way = route();
  look_for_network(way.has_value());
  if (watch_) judge(way);
}

void MediaPath::look_for_network(bool there_is_one) {
  if (!there_is_one) {
    if (!no_network_since_) no_network_since_ = loop_.now();
    return;
  }
  if (!no_network_since_) return;
  const Duration outage = loop_.now() - *std::exchange(no_network_since_, std::nullopt);
  if (outage >= kLongOutage) owner_.on_network_back("the network was down");
}

void MediaPath::judge(const std::optional<std::string>& route) {
  const std::string reason = std::strerror(socket_->last_error());
  switch (watch_->look({.counts = socket_->counts(), .route = route}, loop_.now())) {
    case PathWatch::Finding::nothing_new:
      return;
    case PathWatch::Finding::trouble_began:
      return logger_.info("Voice packets do not get through: {}.", route ? reason : "there is no network");
    case PathWatch::Finding::trouble_ended:
      return logger_.info("Voice packets get through again; {} failed.", watch_->failures());
    case PathWatch::Finding::address_changed:
      logger_.info("The address of this machine is now {}.", *route);
      owner_.on_address_changed("the address of this machine changed");
      return owner_.on_path_lost("the address of this machine changed");
    case PathWatch::Finding::gets_nowhere:
      return owner_.on_path_lost(reason);
  }
}

}  // namespace vcplay::channel
