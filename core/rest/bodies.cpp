#include "rest/bodies.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "base/json.hpp"

namespace vcplay::rest {
namespace {

Failure malformed(std::string_view what) {
  return {200, 0, Error(Cause::network, fmt::format("Discord's API answered without {}.", what))};
}

// A list of channels is what may be long: 500 channels, each with its overwrites.
constexpr json::Limits kLimits{.bytes = kMostBodyBytes, .values = 400'000};

constexpr json::Field kSessionLimitFields[] = {
    {"total"}, {"remaining"}, {"reset_after"}, {"max_concurrency"}};
constexpr json::Field kGatewayBotFields[] = {
    {"url"}, {"shards"}, json::objects("session_start_limit", kSessionLimitFields)};
constexpr json::Field kGuildNameFields[] = {{"id"}, {"name"}};

using Fields = std::span<const json::Field>;

/// The object that `read` finds in the body, by its `fields`; what it lacks otherwise is `what`.
template <typename T>
Result<T> read_object(const std::string& body, Fields fields, std::optional<T> (*read)(const nlohmann::json&),
                      std::string_view what) {
  auto object = read(json::parse(body, kLimits, fields));
  if (!object) return malformed(what);
  return std::move(*object);
}

/// Every element that `read` understands.
template <typename T>
std::vector<T> read_all(const nlohmann::json& array, std::optional<T> (*read)(const nlohmann::json&)) {
  std::vector<T> items;
  for (const nlohmann::json& element : array) {
    if (auto item = read(element)) items.push_back(std::move(*item));
  }
  return items;
}

std::optional<GuildName> guild_name_from(const nlohmann::json& object) {
  const auto id = json::id(object, "id");
  if (!id) return std::nullopt;
  return GuildName{*id, json::text(object, "name").value_or("")};
}

}  // namespace

Result<GatewayBot> read_gateway_bot(const std::string& body) {
  const nlohmann::json answer = json::parse(body, kLimits, kGatewayBotFields);
  auto url = net::Url::parse(json::text(answer, "url").value_or(""));
  if (!url || url->scheme != "wss") return malformed("a wss:// address for its gateway");
  url->path.resize(std::min(url->path.find('?'), url->path.size()));
  GatewayBot gateway;
  gateway.url = std::move(*url);
  const auto at_least = [](const nlohmann::json& object, const char* name, int least, int otherwise) {
    return static_cast<int>(json::integer_in(object, name, least, INT32_MAX).value_or(otherwise));
  };
  gateway.shards = at_least(answer, "shards", 1, gateway.shards);
  const nlohmann::json& limit = json::field(answer, "session_start_limit");
  gateway.identifies_left = at_least(limit, "remaining", 0, gateway.identifies_left);
  gateway.identifies_total = at_least(limit, "total", 0, gateway.identifies_total);
  gateway.reset_after = std::chrono::milliseconds(at_least(limit, "reset_after", 0, 0));
  gateway.max_concurrency = at_least(limit, "max_concurrency", 1, gateway.max_concurrency);
  return gateway;
}

Result<resources::Channel> read_channel(const std::string& body) {
  return read_object(body, resources::channel_fields(), resources::channel_from, "a channel");
}

Result<std::vector<resources::Channel>> read_channels(const std::string& body) {
  const nlohmann::json answer = json::parse(body, kLimits, resources::channel_fields());
  if (!answer.is_array()) return malformed("a list of channels");
  return read_all(answer, resources::channel_from);
}

Result<resources::User> read_user(const std::string& body) {
  return read_object(body, resources::user_fields(), resources::user_from, "a user");
}

Result<resources::Guild> read_guild(const std::string& body) {
  return read_object(body, resources::guild_fields(), resources::guild_from, "a guild");
}

Result<resources::Member> read_member(const std::string& body) {
  return read_object(body, resources::member_fields(), resources::member_from, "a member");
}

Result<GuildPage> read_guild_page(const std::string& body) {
  const nlohmann::json answer = json::parse(body, kLimits, kGuildNameFields);
  if (!answer.is_array()) return malformed("a list of guilds");
  return GuildPage{read_all(answer, guild_name_from), answer.size() >= kGuildsPerPage};
}

std::string body_of_unsuppress(Snowflake channel) {
  return json::dump({{"channel_id", channel.str()}, {"suppress", false}});
}

std::string body_of_request(Snowflake channel, std::string_view iso_time) {
  return json::dump({{"channel_id", channel.str()}, {"request_to_speak_timestamp", iso_time}});
}

std::string body_of_voice_status(std::string_view text) {
  return json::dump({{"status", text.empty() ? nlohmann::json() : nlohmann::json(text)}});
}

}  // namespace vcplay::rest
