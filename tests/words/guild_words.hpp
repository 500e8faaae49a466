// A bot that plays in three guilds.
#pragma once

#include "words/gateway_words.hpp"

namespace vcplay::gateway {

inline constexpr const char* kJazz = "81384788765712384";
inline constexpr const char* kRock = "300000000000000001";
inline constexpr const char* kFolk = "300000000000000002";

inline Snowflake id(const char* guild) { return Snowflake::parse(guild).value(); }

inline Config three_guilds() {
  Config three = config();
  three.guilds = {id(kJazz), id(kRock), id(kFolk)};
  return three;
}

}  // namespace vcplay::gateway
