// The guilds and voice channels that the bot sees, as a table for a person and as an object for a program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/finding.hpp"
#include "resources/guild.hpp"

namespace vcplay::cli {

/// A guild as REST tells of it: with its channels, and the bot as its only member.
struct SurveyedGuild {
  resources::Guild guild;
  std::optional<Error> error;  // why Discord told less
};

/// What the bot may do in one channel.
struct Prospect {
  Mark mark = Mark::good;
  std::string why;  // empty when it may play; harmless text
};
[[nodiscard]] Prospect prospect_of(const resources::Guild& guild, const resources::Channel& channel,
                                   Snowflake bot, std::string_view now_iso8601);

/// One block per guild, its columns aligned by display width.
[[nodiscard]] std::string to_table(const std::vector<SurveyedGuild>& guilds, Snowflake bot,
                                   std::string_view now_iso8601, Style style);

/// One object on one line, with a newline.
[[nodiscard]] std::string to_json_line(const std::vector<SurveyedGuild>& guilds, const resources::User& bot,
                                       std::string_view now_iso8601);

}  // namespace vcplay::cli
