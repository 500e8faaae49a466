#include "net/hosts.hpp"

#include <algorithm>
#include <array>

namespace vcplay::net {
namespace {

constexpr std::array<std::string_view, 3> kDomains = {"discord.com", "discord.gg", "discord.media"};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal(std::string_view name, std::string_view lower_name) noexcept {
  return std::equal(name.begin(), name.end(), lower_name.begin(), lower_name.end(),
                    [](char given, char wanted) { return lower(given) == wanted; });
}

/// Labels are what is compared, not letters: "notdiscord.gg" is not below "discord.gg".
bool is_within(std::string_view host, std::string_view domain) noexcept {
  if (host.size() < domain.size()) return false;
  const std::string_view before = host.substr(0, host.size() - domain.size());
  if (!equal(host.substr(before.size()), domain)) return false;
  return before.empty() || (before.size() > 1 && before.back() == '.' && before[before.size() - 2] != '.');
}

bool has_empty_label(std::string_view host) noexcept {
  return host.starts_with('.') || host.find("..") != std::string_view::npos;
}

bool has_only_letters_of_names(std::string_view host) noexcept {
  return std::all_of(host.begin(), host.end(), [](char c) {
    const char letter = lower(c);
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
           letter == '.';
  });
}

}  // namespace

bool is_discords(std::string_view host) noexcept {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);  // RFC 1034 s3.1: the root's empty label
  if (!has_only_letters_of_names(host) || has_empty_label(host)) return false;
  return std::any_of(kDomains.begin(), kDomains.end(),
                     [host](std::string_view domain) { return is_within(host, domain); });
}

}  // namespace vcplay::net
