#include "voice/ip_discovery.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace vcplay::voice {
namespace {

// Discord, "Voice Connections", "IP Discovery": every number in network byte order.
constexpr std::size_t kTypeAt = 0;
constexpr std::size_t kLengthAt = 2;
constexpr std::size_t kSsrcAt = 4;
constexpr std::size_t kAddressAt = 8;
constexpr std::size_t kAddressBytes = 64;
constexpr std::size_t kPortAt = 72;
constexpr std::uint16_t kRequest = 1;
constexpr std::uint16_t kResponse = 2;
constexpr std::uint16_t kLength = kDiscoveryBytes - kSsrcAt;  // what follows type and length

}  // namespace

bool is_numeric_address(const std::string& address) noexcept {
  in6_addr parsed{};  // room for either family
  return inet_pton(AF_INET, address.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

std::array<std::uint8_t, kDiscoveryBytes> IpDiscovery::request() const noexcept {
  std::array<std::uint8_t, kDiscoveryBytes> datagram{};
  const ByteSpan bytes(datagram);
  store_be16(bytes.subspan(kTypeAt), kRequest);
  store_be16(bytes.subspan(kLengthAt), kLength);
  store_be32(bytes.subspan(kSsrcAt), ssrc_);
  return datagram;
}

bool IpDiscovery::due(TimePoint now) noexcept {
  if (tries_ == kDiscoveryTries || now < deadline()) return false;
  ++tries_;
  last_try_ = now;
  return true;
}

TimePoint IpDiscovery::deadline() const noexcept {
  return tries_ == 0 ? TimePoint::min() : last_try_ + kDiscoveryInterval;
}

bool IpDiscovery::exhausted(TimePoint now) const noexcept {
  return tries_ == kDiscoveryTries && now >= deadline();
}

std::optional<IpDiscovery::Address> IpDiscovery::answer(ByteView datagram) const {
  if (datagram.size() < kDiscoveryBytes) return std::nullopt;
  if (load_be16(datagram.subspan(kTypeAt)) != kResponse) return std::nullopt;
  if (load_be32(datagram.subspan(kSsrcAt)) != ssrc_) return std::nullopt;
  const std::string_view field = as_text(datagram.subspan(kAddressAt, kAddressBytes));
  const std::size_t end = field.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  Address address{std::string(field.substr(0, end)), load_be16(datagram.subspan(kPortAt))};
  if (address.port == 0 || !is_numeric_address(address.address)) return std::nullopt;
  return address;
}

}  // namespace vcplay::voice
