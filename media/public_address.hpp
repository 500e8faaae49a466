// Which addresses belong to everybody's internet.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace vcplay::media {

/// True for a unicast address that is reachable in the whole internet, by IANA's registries of special
/// addresses (RFC 6890): not for this host, a private or local network, carriers' shared space,
/// documentation, measuring, multicast or what is reserved; nor for IPv6 that wraps IPv4 (mapped, 6to4,
/// Teredo), but for NAT64's well-known prefix around a public IPv4 address (RFC 6052).
[[nodiscard]] bool is_public(const sockaddr& address) noexcept;

/// 0 for what is neither IPv4 nor IPv6.
[[nodiscard]] std::uint16_t port_of(const sockaddr& address) noexcept;

/// "192.0.2.1:80" or "[2001:db8::1]:80"; "an unknown kind of address" for others.
[[nodiscard]] std::string address_text(const sockaddr& address);

}  // namespace vcplay::media
