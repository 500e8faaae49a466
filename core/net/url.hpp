// The few parts of a URL that a client needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vcplay::net {

/// An absolute https or wss URL.
struct Url {
  std::string scheme;  // "https" or "wss", lower case
  std::string host;    // name or address, IPv6 without brackets
  std::uint16_t port = 443;
  std::string path = "/";  // path and query, starts with '/'

  /// Nothing unless `text` is https:// or wss:// with a host, a sane port and no user info, space or control
  /// character, and at most 1500 bytes of path and query.
  [[nodiscard]] static std::optional<Url> parse(std::string_view text);
  /// `host[:port]` as Discord names a voice server: any scheme is stripped, a legacy :80 becomes 443.
  [[nodiscard]] static std::optional<Url> from_voice_endpoint(std::string_view endpoint);
  [[nodiscard]] std::string host_and_port() const;  // "host:port", IPv6 in brackets
};

}  // namespace vcplay::net
