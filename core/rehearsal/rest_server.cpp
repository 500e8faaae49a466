#include "rehearsal/rest_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "rehearsal/fields.hpp"
#include "rehearsal/objects.hpp"
#include "resources/guild.hpp"
#include "resources/permissions.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr std::string_view kPrefix = "/api/v10/";
constexpr std::size_t kMaxStatus = 500;  // characters

// Discord, "Opcodes and Status Codes", "JSON Error Codes".
constexpr int kUnknownChannel = 10003;
constexpr int kUnknownGuild = 10004;
constexpr int kUnknownMember = 10007;
constexpr int kUnknownVoiceState = 10065;
constexpr int kMissingAccess = 50001;
constexpr int kMissingPermissions = 50013;
constexpr int kInvalidFormBody = 50035;

net::ServerReply reply(int status, const json& body) { return {status, wire_text(body), {}}; }
net::ServerReply no_content() { return {204, "", {}}; }
net::ServerReply failure(int status, int code, const char* message) {
  return reply(status, {{"message", message}, {"code", code}});
}
net::ServerReply not_found() { return failure(404, 0, "404: Not Found"); }
net::ServerReply wrong_method() { return failure(405, 0, "405: Method Not Allowed"); }

/// Discord, "API Reference", "User Agent": DiscordBot ($url, $versionNumber), further text may follow.
bool is_bot_user_agent(std::string_view agent) {
  constexpr std::string_view kStart = "DiscordBot (";
  if (agent.substr(0, kStart.size()) != kStart) return false;
  const std::size_t comma = agent.find(',', kStart.size());
  return comma != std::string_view::npos && comma > kStart.size() &&
         agent.find(')', comma) != std::string_view::npos;
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

/// What follows `name` in a query, up to the next argument; empty when it is not there.
std::string_view argument(std::string_view query, std::string_view name) {
  const std::size_t at = query.find(name);
  if (at == std::string_view::npos) return {};
  query.remove_prefix(at + name.size());
  return query.substr(0, query.find('&'));
}

/// Two hundred, unless the query wants fewer.
std::size_t limit_in(std::string_view query) {
  constexpr std::size_t kMost = 200;
  const std::string_view text = argument(query, "limit=");
  std::size_t limit = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  return error == std::errc{} && limit > 0 ? std::min(limit, kMost) : kMost;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

/// ISO 8601 as Discord takes it: "2026-11-21T12:00:00…".
bool is_moment(const json& value) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() >= kShape.size() &&
         std::equal(kShape.begin(), kShape.end(), text.begin(), [](char shape, char given) {
           return shape == 'd' ? given >= '0' && given <= '9' : shape == given;
         });
}

}  // namespace

struct RestServer::Call {
  const Person& person;
  Ledger& ledger;
  TimePoint now;
  std::string method;
  std::vector<std::string> path;  // below /api/v10
  std::string query;
  json body;  // discarded when it is no JSON

  [[nodiscard]] bool is(std::string_view wanted) const { return method == wanted; }
  [[nodiscard]] std::optional<Snowflake> id(std::size_t part) const {
    return part < path.size() ? Snowflake::parse(path[part]) : std::nullopt;
  }
};

net::ServerReply RestServer::answer(const net::ServerRequest& request, TimePoint now) {
  constexpr std::string_view kScheme = "Bot ";
  const bool is_bot = request.authorization.compare(0, kScheme.size(), kScheme) == 0;
  const Person* const person =
      is_bot ? world_.by_token(request.authorization.substr(kScheme.size())) : nullptr;
  Ledger& ledger = person == nullptr ? books_.of_nobody() : books_.of(person->user);
  ledger.begins(now);
  if (!is_bot_user_agent(request.user_agent)) {
    ledger.breach(Rule::rest_user_agent,
                  "a REST call has no User-Agent of the form DiscordBot (url, version)");
  }
  for (RestFault& fault : faults_) {
    if (fault.times <= 0 || !ends_with(request.path, fault.path_end)) continue;
    --fault.times;
    return {fault.status, fault.body, fault.headers};
  }
  if (request.path.compare(0, kPrefix.size(), kPrefix) != 0) {
    ledger.breach(Rule::rest_route, "a REST call went outside of /api/v10");
    return not_found();
  }
  if (person == nullptr) {
    ledger.breach(Rule::rest_token, "a REST call carried no token or one of nobody");
    return failure(401, 0, "401: Unauthorized");
  }
  if (!request.body.empty() && request.content_type.compare(0, 16, "application/json") != 0) {
    ledger.breach(Rule::rest_body, "a REST call has a body that does not call itself application/json");
  }
  return route({*person, ledger, now, request.method,
                split(std::string_view(request.path).substr(kPrefix.size())), request.query,
                json::parse(request.body, nullptr, false)});
}

net::ServerReply RestServer::route(const Call& call) {
  const std::vector<std::string>& path = call.path;
  if (path == std::vector<std::string>{"gateway", "bot"})
    return call.is("GET") ? gateway_bot() : wrong_method();
  if (path == std::vector<std::string>{"users", "@me"}) {
    return call.is("GET") ? reply(200, own_user_object(call.person)) : wrong_method();
  }
  if (path == std::vector<std::string>{"users", "@me", "guilds"}) {
    return call.is("GET") ? own_guilds(call) : wrong_method();
  }
  if (path.size() >= 2 && path[0] == "channels") return channel(call);
  if (path.size() >= 2 && path[0] == "guilds") return guild(call);
  call.ledger.breach(Rule::rest_route,
                     fmt::format("a REST call went to an unknown path of {} parts", path.size()));
  return not_found();
}

net::ServerReply RestServer::gateway_bot() const {
  return reply(200, {{"url", gateway_url_},
                     {"shards", world_.options().demanded_shards.value_or(1)},
                     {"session_start_limit",
                      {{"total", 1000},
                       {"remaining", world_.options().identifies_left},
                       {"reset_after", 14'400'000},
                       {"max_concurrency", world_.options().max_concurrency}}}});
}

net::ServerReply RestServer::channel(const Call& call) {
  const std::optional<Snowflake> id = call.id(1);
  const auto& guilds = gateway_.guilds();
  const auto found = std::find_if(guilds.begin(), guilds.end(), [&](const auto& entry) {
    return id && entry.second->world().has_channel(*id);
  });
  if (found == guilds.end()) return failure(404, kUnknownChannel, "Unknown Channel");
  GuildServer& guild = *found->second;
  const World& world = guild.world();
  const Snowflake user = call.person.user;
  if (!world.is_in_guild(user) || !world.permits(user, resources::kViewChannel)) {
    return failure(403, kMissingAccess, "Missing Access");
  }
  if (call.path.size() == 3 && call.path[2] == "voice-status") {
    return call.is("PUT") ? voice_status(call, guild) : wrong_method();
  }
  if (call.path.size() != 2) return not_found();
  return call.is("GET") ? reply(200, channel_object(world, *id)) : wrong_method();
}

net::ServerReply RestServer::guild(const Call& call) {
  const auto found = gateway_.guilds().find(call.id(1).value_or(Snowflake{}));
  const bool knows_guild =
      found != gateway_.guilds().end() && found->second->world().is_in_guild(call.person.user);
  if (!knows_guild) return failure(404, kUnknownGuild, "Unknown Guild");
  GuildServer& guild = *found->second;
  const World& world = guild.world();
  const std::size_t parts = call.path.size();
  if (parts == 2) return call.is("GET") ? reply(200, guild_object(world)) : wrong_method();
  if (parts == 3 && call.path[2] == "channels")
    return call.is("GET") ? guild_channels(call, world) : wrong_method();
  if (parts == 4 && call.path[2] == "members") {
    const Person* const person = world.person(call.id(3).value_or(Snowflake{}));
    if (person == nullptr) return failure(404, kUnknownMember, "Unknown Member");
    return call.is("GET") ? reply(200, member_object(*person)) : wrong_method();
  }
  if (parts == 4 && call.path[2] == "voice-states" && call.path[3] == "@me") {
    if (call.is("GET")) return own_voice_state(call, world);
    return call.is("PATCH") ? modify_own_voice_state(call, guild) : wrong_method();
  }
  return not_found();
}

/// User resource, "Get Current User Guilds": so many of those whose ids come after `after`.
net::ServerReply RestServer::own_guilds(const Call& call) {
  const auto after = Snowflake::parse(argument(call.query, "after="));
  const auto limit = limit_in(call.query);
  const auto& all = gateway_.guilds();
  json guilds = json::array();
  for (auto next = all.upper_bound(after.value_or(Snowflake{})); next != all.end(); ++next) {
    if (guilds.size() == limit) break;
    const World& world = next->second->world();
    if (world.is_in_guild(call.person.user)) guilds.push_back(partial_guild_object(world, call.person));
  }
  return reply(200, guilds);
}

/// Guild resource, "Get Guild Channels": those that may not be viewed are left out.
net::ServerReply RestServer::guild_channels(const Call& call, const World& world) {
  const bool views = world.permits(call.person.user, resources::kViewChannel);
  return reply(200, views ? channel_objects(world) : json::array());
}

net::ServerReply RestServer::own_voice_state(const Call& call, const World& world) {
  const VoiceState* const state = world.voice_state(call.person.user);
  if (state == nullptr) return failure(404, kUnknownVoiceState, "Unknown Voice State");
  return reply(200, voice_state_object(world, call.person, state, state->session_id));
}

net::ServerReply RestServer::modify_own_voice_state(const Call& call, GuildServer& guild) {
  World& world = guild.world();
  VoiceState* const state = world.voice_state(call.person.user);
  if (state == nullptr) return failure(404, kUnknownVoiceState, "Unknown Voice State");
  const std::optional<Snowflake> channel = id_in(call.body, "channel_id");
  const std::optional<bool> suppress = flag_in(call.body, "suppress");
  const json* const request = field(call.body, "request_to_speak_timestamp");
  const bool on_stage = world.channel_type(state->channel) == resources::kGuildStageVoice;
  const bool readable = call.body.is_object() && (!channel || *channel == state->channel) &&
                        (request == nullptr || request->is_null() || is_moment(*request));
  if (!readable || !on_stage) {
    call.ledger.breach(Rule::rest_body, "a voice state was modified outside of a stage or with a wrong body");
    return failure(400, kInvalidFormBody, "Invalid Form Body");
  }
  const Snowflake user = call.person.user;
  const bool may_lift = world.permits(user, resources::kMuteMembers);
  const bool may_ask = world.permits(user, resources::kRequestToSpeak);
  const bool asks = request != nullptr && request->is_string();
  if ((suppress == false && !may_lift) || (asks && !may_ask)) {
    return failure(403, kMissingPermissions, "Missing Permissions");
  }
  if (suppress) {
    state->suppress = *suppress;
    state->request_to_speak.clear();  // it has become a speaker, or gone back to listening
  }
  if (request != nullptr) state->request_to_speak = asks ? request->get<std::string>() : "";
  guild.announce_voice_state(user, state->session_id, call.now);
  return no_content();
}

net::ServerReply RestServer::voice_status(const Call& call, GuildServer& guild) {
  World& world = guild.world();
  const json* const status = field(call.body, "status");
  const bool readable = status != nullptr && (status->is_null() || status->is_string());
  const std::string text = readable && status->is_string() ? status->get<std::string>() : "";
  if (!readable || characters(text) > kMaxStatus) {
    call.ledger.breach(Rule::rest_body, "a voice status is no text of at most 500 characters");
    return failure(400, kInvalidFormBody, "Invalid Form Body");
  }
  const Snowflake user = call.person.user;
  const VoiceState* const state = world.voice_state(user);
  const bool connected = state != nullptr && call.id(1) == state->channel;
  const bool allowed = world.permits(user, resources::kSetVoiceChannelStatus) &&
                       (connected || world.permits(user, resources::kManageChannels));
  if (!allowed) return failure(403, kMissingPermissions, "Missing Permissions");
  world.voice_status = text;
  auto& said = guild.books().of(user).facts.channel_statuses;
  if (said.size() < Report::kMostWords) said.push_back(text);
  guild.announce_voice_status(call.now);
  return no_content();
}

}  // namespace vcplay::rehearsal
