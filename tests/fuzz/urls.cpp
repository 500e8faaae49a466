// Addresses as Discord or an option gives them: what is taken can be called, and is the same when read again.
#include "net/url.hpp"

#include <algorithm>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using net::Url;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

void look_at(const Url& url) {
  must_hold(url.scheme == "https" || url.scheme == "wss", "a scheme is one of ours");
  must_hold(!url.host.empty() && url.host.size() <= 253, "a host has a name as DNS knows them");
  must_hold(url.host.find_first_of("/@?#[]\\ %") == std::string::npos, "a host is no more than a host");
  must_hold(std::none_of(url.host.begin(), url.host.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
            "a host is in lower case");
  must_hold(url.port != 0, "a port can be connected to");
  must_hold(!url.path.empty() && url.path.front() == '/', "a path begins with a slash");
  must_hold(url.path.size() <= 1501, "a path fits a request line");
  must_hold(url.path.find('#') == std::string::npos, "a fragment is not sent");
  // Else a request line or a header could be ended by it.
  must_hold(is_printable(url.scheme) && is_printable(url.host) && is_printable(url.path),
            "no part ends a line");
  const auto again = Url::parse(url.scheme + "://" + url.host_and_port() + url.path);
  must_hold(again && again->scheme == url.scheme && again->host == url.host && again->port == url.port &&
                again->path == url.path,
            "what is written is read as the same");
}

void look_at_endpoint(std::string_view text) {
  const auto url = Url::from_voice_endpoint(text);
  if (!url) return;
  look_at(*url);
  must_hold(url->scheme == "wss" && url->path == "/", "a voice server is called by its host alone");
  must_hold(url->port != 80, "a voice server speaks TLS");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const std::string_view text :
       {"https://discord.com/api/v10", "wss://gateway.discord.gg/?v=10&encoding=json#x",
        "wss://[2001:db8::1]:8443/", "HTTPS://Example.ORG:443?a=b", "https://user:password@example.org/",
        "https://a..b/", "http://a/", "us-east1234.discord.media:443", "a.discord.media:80",
        "wss://a.discord.gg/", "[::1]", "127.0.0.1:50001", "https://a:0/", "https://a:65536/",
        "https://[fe80::1%25eth0]/", "wss://[::ffff:1.2.3.4]:1"}) {
    all.push_back({"url_" + std::to_string(all.size()), Bytes(text.begin(), text.end())});
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  const std::string_view text = as_text({data, size});
  if (const auto url = net::Url::parse(text)) fuzz::look_at(*url);
  fuzz::look_at_endpoint(text);
  return 0;
}
