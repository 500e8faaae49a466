// Discord's 64-bit ids.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vcplay {

/// A Discord id (guild, channel, user): unsigned 64 bits, written in decimal, as a string in JSON.
struct Snowflake {
  std::uint64_t value = 0;

  /// The id that `text` spells: 15 to 20 decimal digits within 64 bits, or nothing.
  [[nodiscard]] static std::optional<Snowflake> parse(std::string_view text);
  [[nodiscard]] std::string str() const { return std::to_string(value); }
  friend auto operator<=>(const Snowflake&, const Snowflake&) = default;
};

}  // namespace vcplay
