#include "media/public_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace vcplay::media {
namespace {

using Bytes = std::span<const std::uint8_t>;

struct Block {
  std::array<std::uint8_t, 16> prefix;
  int bits;
};

/// IANA's IPv4 Special-Purpose Address Registry, multicast (RFC 5771) and what is reserved (RFC 1112 s4).
constexpr auto kNotPublic4 = std::to_array<Block>({
    {{0}, 8},              // this network
    {{10}, 8},             // private (RFC 1918)
    {{100, 64}, 10},       // carriers' NAT (RFC 6598)
    {{127}, 8},            // loopback
    {{169, 254}, 16},      // link-local, and where clouds keep their secrets
    {{172, 16}, 12},       // private
    {{192, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2}, 24},     // documentation
    {{192, 88, 99}, 24},   // 6to4 relays
    {{192, 168}, 16},      // private
    {{198, 18}, 15},       // measuring
    {{198, 51, 100}, 24},  // documentation
    {{203, 0, 113}, 24},   // documentation
    {{224}, 4},            // multicast
    {{240}, 4},            // reserved, and broadcast
});

/// Of the one block that IPv6 gives to everybody (RFC 4291 s2.4: 2000::/3), those that are special.
constexpr auto kNotPublic6 = std::to_array<Block>({
    {{0x20, 0x01}, 23},              // protocol assignments: Teredo, ORCHID, measuring
    {{0x20, 0x01, 0x0D, 0xB8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4: an IPv4 address
    {{0x3F, 0xFF}, 20},              // documentation
});
constexpr Block kEverybodys6 = {{0x20}, 3};
constexpr Block kNat64 = {{0, 0x64, 0xFF, 0x9B}, 96};

bool lies_in(Bytes address, const Block& block) {
  for (int bit = 0; bit < block.bits; bit += 8) {
    const int counts = std::min(8, block.bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - counts));
    const auto at = static_cast<std::size_t>(bit / 8);
    if (((address[at] ^ block.prefix[at]) & mask) != 0) return false;
  }
  return true;
}

template <typename Blocks>
bool lies_in_any(Bytes address, const Blocks& blocks) {
  return std::any_of(blocks.begin(), blocks.end(),
                     [address](const Block& block) { return lies_in(address, block); });
}

bool is_public_4(Bytes address) { return !lies_in_any(address, kNotPublic4); }

bool is_public_6(Bytes address) {
  if (lies_in(address, kNat64)) return is_public_4(address.subspan(12));
  return lies_in(address, kEverybodys6) && !lies_in_any(address, kNotPublic6);
}

/// The caller's bytes may lie at any address.
template <typename Address>
Address copy_of(const sockaddr& address) {
  Address copy{};
  std::memcpy(&copy, &address, sizeof copy);
  return copy;
}

}  // namespace

bool is_public(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    const auto four = copy_of<sockaddr_in>(address);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &four.sin_addr, bytes.size());
    return is_public_4(bytes);
  }
  if (address.sa_family == AF_INET6) {
    const auto six = copy_of<sockaddr_in6>(address);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
    return is_public_6(bytes);
  }
  return false;
}

std::uint16_t port_of(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) return ntohs(copy_of<sockaddr_in>(address).sin_port);
  if (address.sa_family == AF_INET6) return ntohs(copy_of<sockaddr_in6>(address).sin6_port);
  return 0;
}

std::string address_text(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const std::string port = ':' + std::to_string(port_of(address));
  if (address.sa_family == AF_INET) {
    const auto four = copy_of<sockaddr_in>(address);
    return ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size()) + port;
  }
  if (address.sa_family == AF_INET6) {
    const auto six = copy_of<sockaddr_in6>(address);
    return std::string("[") + ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size()) + ']' + port;
  }
  return "an unknown kind of address";
}

}  // namespace vcplay::media
