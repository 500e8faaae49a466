#include "cli/channel_list.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "cli/checks.hpp"
#include "cli/hints.hpp"
#include "resources/permissions.hpp"

namespace vcplay::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNameColumns = 32;
constexpr std::size_t kReasonColumns = 400;

std::string shown(std::string_view text, std::size_t columns, Style style) {
  const std::string safe = display_safe(text, columns);
  return style.utf8 ? safe : ascii_only(safe);
}

std::string padded(std::string text, std::size_t columns) {
  const std::size_t width = display_width(text);
  return width < columns ? text + std::string(columns - width, ' ') : text;
}

std::string_view type_of(const resources::Channel& channel) noexcept {
  return channel.type == resources::kGuildStageVoice ? "stage" : "voice";
}

/// One channel in columns.
struct Row {
  Prospect prospect;
  std::string id;
  std::string type;
  std::string bitrate;
  std::string limit;
  std::string name;
};

Row row_of(const SurveyedGuild& place, const resources::Channel& channel, Snowflake bot, std::string_view now,
           Style style) {
  return {prospect_of(place.guild, channel, bot, now),
          channel.id.str(),
          std::string(type_of(channel)),
          fmt::format("{} kb/s", channel.bitrate / 1000),
          channel.user_limit == 0 ? "" : fmt::format("limit {}", channel.user_limit),
          shown(channel.name, kNameColumns, style)};
}

std::size_t widest(const std::vector<Row>& rows, std::string Row::*column) {
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, display_width(row.*column));
  return width;
}

std::string to_text(const std::vector<Row>& rows, Style style) {
  const std::size_t id = widest(rows, &Row::id);
  const std::size_t bitrate = widest(rows, &Row::bitrate);
  const std::size_t limit = widest(rows, &Row::limit);
  const std::size_t name = widest(rows, &Row::name);
  std::string text;
  for (const Row& row : rows) {
    std::string line = fmt::format("  {} {:>{}}  {}  {:>{}}  ", sign(row.prospect.mark, style), row.id, id,
                                   row.type, row.bitrate, bitrate);
    if (limit > 0) line += fmt::format("{:<{}}  ", row.limit, limit);
    const bool has_more = !row.prospect.why.empty();
    line +=
        has_more ? padded(row.name, name) + "  " + shown(row.prospect.why, kReasonColumns, style) : row.name;
    text += line + '\n';
  }
  return text;
}

std::vector<const resources::Channel*> voices_of(const resources::Guild& guild) {
  std::vector<const resources::Channel*> voices;
  for (const resources::Channel& channel : guild.channels) {
    if (channel.has_voice()) voices.push_back(&channel);
  }
  return voices;
}

std::string block_of(const SurveyedGuild& place, Snowflake bot, std::string_view now, Style style) {
  constexpr std::size_t kGuildColumns = 60;
  std::string block =
      fmt::format("{}  {}\n", place.guild.id.str(), shown(place.guild.name, kGuildColumns, style));
  if (place.error) {
    return block + fmt::format("  {} {}\n", sign(Mark::failed, style),
                               shown(with_hint(*place.error), kReasonColumns, style));
  }
  std::vector<Row> rows;
  for (const auto* const channel : voices_of(place.guild)) {
    rows.push_back(row_of(place, *channel, bot, now, style));
  }
  if (rows.empty()) return block + "  no voice channel that the bot may see\n";
  return block + to_text(rows, style);
}

Json safe(std::string_view text) {
  constexpr std::size_t kColumns = 1000;
  return display_safe(text, kColumns);
}

Json to_json(const SurveyedGuild& place, Snowflake bot, std::string_view now) {
  Json object = {{"id", place.guild.id.str()},
                 {"name", safe(place.guild.name)},
                 {"error", place.error ? safe(with_hint(*place.error)) : Json(nullptr)},
                 {"channels", Json::array()}};
  if (place.error) return object;
  for (const auto* const channel : voices_of(place.guild)) {
    const Prospect prospect = prospect_of(place.guild, *channel, bot, now);
    object["channels"].push_back({{"id", channel->id.str()},
                                  {"name", safe(channel->name)},
                                  {"type", type_of(*channel)},
                                  {"bitrate", channel->bitrate},
                                  {"user_limit", channel->user_limit},
                                  {"may_play", prospect.mark != Mark::failed},
                                  {"note", prospect.why.empty() ? Json(nullptr) : Json(prospect.why)}});
  }
  return object;
}

}  // namespace

Prospect prospect_of(const resources::Guild& guild, const resources::Channel& channel, Snowflake bot,
                     std::string_view now_iso8601) {
  std::string why = resources::why_not_play(guild, channel.id, bot, now_iso8601);
  if (!why.empty()) return {Mark::failed, std::move(why)};
  const bool stage = channel.type == resources::kGuildStageVoice;
  const auto permissions = resources::permissions_in(guild, channel, bot, now_iso8601).value_or(0);
  const Finding on_stage = stage ? judge_stage(permissions) : Finding{};
  if (on_stage.mark != Mark::good) return {on_stage.mark, on_stage.sentence};
  const Finding afk = judge_afk(guild, channel);
  return afk.mark == Mark::good ? Prospect{} : Prospect{afk.mark, afk.sentence};
}

std::string to_table(const std::vector<SurveyedGuild>& guilds, Snowflake bot, std::string_view now_iso8601,
                     Style style) {
  std::string text;
  for (const SurveyedGuild& place : guilds) {
    if (!text.empty()) text += '\n';
    text += block_of(place, bot, now_iso8601, style);
  }
  return text;
}

std::string to_json_line(const std::vector<SurveyedGuild>& guilds, const resources::User& bot,
                         std::string_view now_iso8601) {
  Json object = {{"bot", {{"id", bot.id.str()}, {"name", safe(bot.name)}}}, {"guilds", Json::array()}};
  for (const SurveyedGuild& place : guilds) object["guilds"].push_back(to_json(place, bot.id, now_iso8601));
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vcplay::cli
