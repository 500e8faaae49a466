#include "net/url.hpp"

#include <algorithm>
#include <charconv>

#include "net/resolver.hpp"

namespace vcplay::net {
namespace {

constexpr std::size_t kMaxPathBytes = 1500;  // libwebsockets cuts longer request lines silently
constexpr std::uint16_t kHttpsPort = 443;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

// RFC 3986 s2: a URL is printable ASCII; the rest comes percent-encoded.
bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

// A DNS name in letters, digits, '-', '_' and '.', without empty labels; or an IPv4 address.
bool sane_name(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') return false;
  if (host.find("..") != std::string_view::npos) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

/// RFC 3986 s3.2 without user info: `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
bool parse_authority(std::string_view text, Url& url) {
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    url.host = lower(text.substr(1, end - 1));
    if (url.host.find(':') == std::string::npos || !is_numeric_address(url.host)) return false;
    port = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    url.host = lower(text.substr(0, colon));
    if (!sane_name(url.host)) return false;
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (port.empty()) return true;
  const std::optional<std::uint16_t> number = port.front() == ':' ? parse_port(port.substr(1)) : std::nullopt;
  if (!number) return false;
  url.port = *number;
  return true;
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  if (!printable(text)) return std::nullopt;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  Url url;
  url.scheme = lower(text.substr(0, scheme_end));
  if (url.scheme != "https" && url.scheme != "wss") return std::nullopt;

  text.remove_prefix(scheme_end + 3);
  text = text.substr(0, text.find('#'));  // RFC 9110 s4.2.5: a fragment is never sent
  const std::size_t path_start = std::min(text.find_first_of("/?"), text.size());
  if (!parse_authority(text.substr(0, path_start), url)) return std::nullopt;
  const std::string_view path = text.substr(path_start);
  url.path = path.empty() || path.front() == '?' ? "/" + std::string(path) : std::string(path);
  if (url.path.size() > kMaxPathBytes) return std::nullopt;
  return url;
}

std::optional<Url> Url::from_voice_endpoint(std::string_view endpoint) {
  if (!printable(endpoint)) return std::nullopt;
  const std::size_t scheme_end = endpoint.find("://");
  if (scheme_end != std::string_view::npos) endpoint.remove_prefix(scheme_end + 3);
  if (!endpoint.empty() && endpoint.back() == '/') endpoint.remove_suffix(1);
  Url url;
  url.scheme = "wss";
  if (!parse_authority(endpoint, url)) return std::nullopt;
  if (url.port == 80) url.port = kHttpsPort;  // what the endpoint said before TLS
  return url;
}

std::string Url::host_and_port() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace vcplay::net
