#include "base/snowflake.hpp"

#include <charconv>

namespace vcplay {

std::optional<Snowflake> Snowflake::parse(std::string_view text) {
  // Discord's epoch puts 15 digits at 2015; 20 is where 64 bits end.
  if (text.size() < 15 || text.size() > 20 || text.front() == '0') return std::nullopt;
  Snowflake id;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, id.value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return id;
}

}  // namespace vcplay
