#include "host/bot_key.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/bytes.hpp"
#include "base/snowflake.hpp"
#include "crypto/hash.hpp"

namespace vcplay::host {
namespace {

constexpr std::size_t kLongestServer = 100;  // a file name has room for 255 bytes

bool is_or_is_under(std::string_view host, std::string_view domain) {
  if (!host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

std::string digest_of(std::string_view text) {
  const crypto::Digest digest = crypto::sha256(as_bytes(text));
  return to_hex(ByteView(digest).first(16));
}

/// RFC 4648 s5, with or without padding.
std::optional<std::string> from_base64url(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string decoded;
  unsigned held = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    held = (held << 6) | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    decoded += static_cast<char>((held >> bits) & 0xFF);
  }
  return decoded;
}

}  // namespace

std::string server_name(std::string_view host, std::uint16_t port) {
  for (const std::string_view own : {"discord.com", "discordapp.com", "discord.gg"}) {
    if (is_or_is_under(host, own)) return "discord.com";
  }
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  std::string name = is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
  const bool fits = name.size() <= kLongestServer && name.find('/') == std::string::npos && name[0] != '.';
  return fits ? name : digest_of(name);
}

bool is_loopback(std::string_view server) noexcept {
  return server.starts_with("127.") || server.starts_with("localhost:") || server.starts_with("[::1]:");
}

std::string bot_name(std::string_view token) {
  const std::string_view first = token.substr(0, token.find('.'));
  if (const auto text = from_base64url(first)) {
    if (const auto id = Snowflake::parse(*text)) return id->str();
  }
  return digest_of(first);
}

}  // namespace vcplay::host
