// How the texts of options are taken apart, and refused.
#pragma once

#include <fmt/core.h>
#include <strings.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace vcplay::cli {

template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Cause::usage, fmt::format(format, std::forward<Args>(args)...));
}

/// What was typed, in quotation marks and not too much of it.
inline std::string shown(std::string_view text) {
  constexpr std::size_t kShownColumns = 40;
  return fmt::format("'{}'", display_safe(text, kShownColumns));
}

inline bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         ::strncasecmp(text.data() + text.size() - end.size(), end.data(), end.size()) == 0;
}

inline bool take_end(std::string_view& text, std::string_view end) {
  if (!ends_with(text, end)) return false;
  text.remove_suffix(end.size());
  return true;
}

inline bool take_start(std::string_view& text, std::string_view start) {
  if (text.size() < start.size() || ::strncasecmp(text.data(), start.data(), start.size()) != 0) return false;
  text.remove_prefix(start.size());
  return true;
}

/// The finite number that all of `text` spells. The locale has no say in it.
template <typename Number>
std::optional<Number> read_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

}  // namespace vcplay::cli
