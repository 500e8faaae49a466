// Where a token may go: only names that end in one of Discord's, label by label.
#include "net/hosts.hpp"

#include <algorithm>

#include "net/url.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using net::is_discords;

std::string lower(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// The last two labels; the root's empty one behind them does not count.
std::string domain_of(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  const std::size_t last = name.rfind('.');
  if (last == std::string::npos || last == 0) return name;
  const std::size_t before = name.rfind('.', last - 1);
  return before == std::string::npos ? name : name.substr(before + 1);
}

void look_at(std::string_view host) {
  const std::string name = lower(host);
  const bool is_theirs = is_discords(host);
  must_hold(is_theirs == is_discords(name), "large letters are small ones");
  must_hold(!is_discords(name + ".example.org"), "what is in front of somebody else's domain says nothing");
  must_hold(!is_discords(name + '@' + "evil.example"), "a host is no address");
  if (!is_theirs) return;
  const std::string domain = domain_of(name);
  must_hold(domain == "discord.com" || domain == "discord.gg" || domain == "discord.media",
            "it ends in a domain of theirs");
  must_hold(name.find("..") == std::string::npos && name.front() != '.', "no label is empty");
  must_hold(name.find_first_of(std::string_view("/:@#?%\\ \0", 9)) == std::string::npos,
            "it is nothing but a name");
  must_hold(is_discords("a." + name), "what is below it is theirs, too");
  if (name == domain) must_hold(!is_discords("not" + name), "but not what it is only the end of");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const std::string_view text :
       {"discord.com", "gateway.discord.gg", "us-east1234.discord.media", "Discord.COM.", "notdiscord.gg",
        "discord.gg.evil.example", ".discord.gg", "a..discord.gg", "127.0.0.1", "[::1]",
        "discord.com@evil.example", "wss://gateway.discord.gg/?v=10", "xn--discord-.com"}) {
    all.push_back({"host_" + std::to_string(all.size()), Bytes(text.begin(), text.end())});
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  const std::string_view text = as_text({data, size});
  fuzz::look_at(text);
  if (const auto url = net::Url::parse(text)) fuzz::look_at(url->host);
  return 0;
}
