// The Connection's eye on the way that voice packets take.
#include <cstring>

#include "voice/connection_impl.hpp"

namespace vcplay::voice {
namespace {

constexpr Duration kLookInterval = 1s;
// After so long without a network TCP waits half a minute and more before it tries again.
constexpr Duration kLongOutage = 10s;

/// Discovery is worth so many renewals in a row, so far apart: whoever blocks UDP seldom thinks better of it.
constexpr int kMostPathRenewals = 3;
constexpr Duration kPathPause = 1s;

}  // namespace

void Connection::Impl::watch_path() {
  path.emplace(udp->local_address());
  path_timer.start_at(loop.now() + kLookInterval);
}

/// The local address of a new socket to the media server; nothing when there is no way there.
std::optional<std::string> Connection::Impl::route_to_media() const {
  try {
    return net::UdpSocket::connect_to(media_address, media_port).local_address();
  } catch (const Error&) {
    return std::nullopt;
  }
}

void Connection::Impl::look_at_path() {
  path_timer.start_at(loop.now() + kLookInterval);
  const std::optional<std::string> route = route_to_media();
  look_for_network(route.has_value());
  if (path && !ending()) judge_path(route);
}

void Connection::Impl::look_for_network(bool there_is_one) {
  if (!there_is_one) {
    if (!no_network_since) no_network_since = loop.now();
    return;
  }
  if (!no_network_since) return;
  const Duration outage = loop.now() - *std::exchange(no_network_since, std::nullopt);
  if (outage < kLongOutage) return;
  reopen_gateway("the network was down");
  if (!voice || voice_link.empty() || !voice_link.front().is_open) return;
  voice_link.clear();
  voice_closed({.kind = net::CloseKind::lost, .code = {}, .detail = "the network was down"});
}

void Connection::Impl::judge_path(const std::optional<std::string>& route) {
  const std::string reason = std::strerror(udp->last_error());
  switch (path->look({.counts = udp->counts(), .route = route}, loop.now())) {
    case PathWatch::Finding::nothing_new:
      return;
    case PathWatch::Finding::trouble_began:
      return log::info("Voice packets do not get through: {}.", route ? reason : "there is no network");
    case PathWatch::Finding::trouble_ended:
      return log::info("Voice packets get through again; {} failed.", path->failures());
    case PathWatch::Finding::address_changed:
      log::info("The address of this machine is now {}.", *route);
      voice_link.clear();  // connected from the old address, as is the gateway: neither hears anything more
      reopen_gateway("the address of this machine changed");
      return path_is_lost("the address of this machine changed");
    case PathWatch::Finding::gets_nowhere:
      return path_is_lost(reason);
  }
}

void Connection::Impl::path_is_lost(std::string_view why) {
  if (ending()) return;
  run(call.path_is_lost(Error(Cause::network, fmt::format("No voice packet gets through: {}.", why)),
                        loop.now()));
}

/// Its connection would be silent for a minute before anybody noticed; to resume costs a round trip or two.
void Connection::Impl::reopen_gateway(std::string_view why) {
  if (gateway_link.empty() || !gateway_link.front().is_open) return run(gateway->hurry(loop.now()));
  gateway_link.clear();
  gateway_closed({.kind = net::CloseKind::lost, .code = {}, .detail = std::string(why)});
}

/// The first join is over with it; a call that was live is renewed.
void Connection::Impl::path_never_opened(Error reason) {
  if (join_deadline != TimePoint{}) return fail(std::move(reason));
  run(call.voice_is_over({.then = After::renew,
                          .pause = kPathPause,
                          .most_renewals = kMostPathRenewals,
                          .code = {},
                          .reason = std::move(reason)},
                         loop.now()));
}

}  // namespace vcplay::voice
