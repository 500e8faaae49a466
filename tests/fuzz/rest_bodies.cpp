// The bodies of REST's answers, whoever wrote them: what is read of guilds, channels and members, and what a
// bot may do there by Discord's rules.
#include "rest/bodies.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "resources/permissions.hpp"
#include "shown.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using namespace rest;
using namespace resources;
using nlohmann::json;

constexpr std::string_view kNow = "2026-11-21T12:00:00";
constexpr Snowflake kBot{100000000000000002};

/// What was read, or nothing; then there is a sentence about it.
template <typename T>
std::optional<T> read(Result<T> (*reader)(const std::string&), const std::string& body) {
  Result<T> result = reader(body);
  if (const auto* const failure = std::get_if<Failure>(&result)) {
    must_be_a_sentence(failure->error.what());
    must_hold(failure->error.cause() == Cause::network,
              "a body that says nothing is a matter of the network");
    return std::nullopt;
  }
  return std::get<T>(std::move(result));
}

void look_at(const GatewayBot& gateway) {
  must_hold(gateway.url.scheme == "wss" && !gateway.url.host.empty(), "a gateway is called by TLS");
  must_hold(gateway.url.path.starts_with('/') && gateway.url.path.find('?') == std::string::npos,
            "a gateway's address comes without parameters");
  must_hold(gateway.shards >= 1 && gateway.max_concurrency >= 1, "there is one shard at least");
  must_hold(gateway.identifies_left >= 0 && gateway.identifies_total >= 0, "no identify is owed");
  must_hold(gateway.reset_after >= Duration::zero() && gateway.reset_after <= 600h,
            "a day's budget comes back");
}

void look_at(const Channel& channel) {
  must_hold(channel.id.value != 0, "a channel has an id");
  must_hold(channel.bitrate > 0 && channel.bitrate <= 10'000'000, "a bitrate can be encoded with");
  must_hold(channel.user_limit >= 0, "a limit is a number of people");
  must_hold(!type_in_words(channel.type).empty(), "every type has a name");
}

void look_at_permissions(const Guild& guild, const Channel& channel, Snowflake user) {
  const auto permissions = permissions_in(guild, channel, user, kNow);
  const std::string why = why_not_play(guild, channel.id, user, kNow);
  if (!why.empty()) must_be_a_sentence(why);
  if (guild.owner == user) {
    return must_hold(permissions == ~std::uint64_t{0}, "an owner may everything");
  }
  const Member* const member = guild.member(user);
  must_hold(permissions.has_value() == (member != nullptr), "of whom nothing is known nothing is said");
  if (!permissions || *permissions == ~std::uint64_t{0}) return;
  const std::uint64_t all = *permissions;
  must_hold(all == 0 || (all & kViewChannel) != 0, "in a channel that is not seen nothing is allowed");
  must_hold((all & kConnect) != 0 || (all & (kSpeak | kMoveMembers | kMuteMembers)) == 0,
            "whoever may not connect may not speak");
  for (const Permission needed : {kViewChannel, kConnect, kSpeak}) {
    const std::string reason = why_not_permitted(guild, channel, user, needed, all, kNow);
    must_hold(reason.empty() == ((all & needed) != 0), "what is refused has a reason, and nothing else");
    if (!reason.empty()) must_be_a_sentence(reason);
  }
  // The first of that id is the one that is asked for.
  if (guild.channel(channel.id) != &channel || !why.empty()) return;
  must_hold(channel.has_voice() && (all & kConnect) != 0, "a bot plays where it may connect");
  must_hold(channel.type == kGuildStageVoice || (all & kSpeak) != 0, "and where it may speak");
}

void look_at(const Guild& guild) {
  must_hold(guild.id.value != 0, "a guild has an id");
  constexpr std::size_t kAsked = 4;  // of each, so that a long list does not take the square of its time
  for (std::size_t i = 0; i < std::min(guild.channels.size(), kAsked); ++i) {
    look_at(guild.channels[i]);
    look_at_permissions(guild, guild.channels[i], kBot);
    for (std::size_t n = 0; n < std::min(guild.members.size(), kAsked); ++n) {
      look_at_permissions(guild, guild.channels[i], guild.members[n].user);
    }
  }
  must_be_a_sentence(why_not_play(guild, Snowflake{1}, kBot, kNow));
}

void read_all(const std::string& body) {
  if (const auto gateway = read(read_gateway_bot, body)) look_at(*gateway);
  if (const auto channel = read(read_channel, body)) look_at(*channel);
  if (const auto channels = read(read_channels, body)) {
    must_hold(channels->size() * 2 <= body.size(), "a list is no longer than its text");
    for (const Channel& channel : *channels) look_at(channel);
  }
  if (const auto guild = read(read_guild, body)) look_at(*guild);
  if (const auto page = read(read_guild_page, body)) {
    must_hold(page->full || page->guilds.size() < kGuildsPerPage, "a page that is full says so");
  }
  static_cast<void>(read(read_user, body));
  static_cast<void>(read(read_member, body));
}

/// What we write with somebody else's text in it.
void write_status(const std::string& text) {
  const json body = json::parse(body_of_voice_status(text), nullptr, false);
  must_hold(!body.is_discarded() && body.contains("status"), "what is sent is JSON");
  must_hold(body["status"].is_null() == text.empty(), "a status that is none is null");
  must_hold(!is_utf8(text) || text.empty() || body["status"] == text, "a status is what it was");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, const json& body) {
    const std::string text = body.dump();
    all.push_back({name, Bytes(text.begin(), text.end())});
  };
  const json overwrites = {{{"id", "81384788765712384"}, {"type", 0}, {"allow", "1024"}, {"deny", "2097152"}},
                           {{"id", kBot.str()}, {"type", 1}, {"allow", "2097152"}, {"deny", "0"}}};
  const json channel = {{"id", "381870553235193857"},
                        {"guild_id", "81384788765712384"},
                        {"type", 2},
                        {"name", "Room"},
                        {"bitrate", 64000},
                        {"user_limit", 1},
                        {"flags", 0},
                        {"permission_overwrites", overwrites}};
  json stage = channel;
  stage["id"] = "381870553235193858";
  stage["type"] = 13;
  stage["flags"] = 1 << 17;
  const json member = {{"user", {{"id", kBot.str()}, {"username", "bot"}, {"bot", true}}},
                       {"roles", {"81384788765712385"}},
                       {"communication_disabled_until", "2026-12-01T00:00:00.000000+00:00"}};
  const json other = {{"user", {{"id", "100000000000000003"}}}, {"roles", {"81384788765712386"}}};
  add("gateway",
      {{"url", "wss://gateway.discord.gg/?v=10"},
       {"shards", 2},
       {"session_start_limit",
        {{"total", 1000}, {"remaining", 999}, {"reset_after", 14400000}, {"max_concurrency", 1}}}});
  add("channel", channel);
  add("channels", json::array({channel, stage, nullptr, {{"id", 7}}}));
  add("user", member["user"]);
  add("member", member);
  add("page", json::array({{{"id", "81384788765712384"}, {"name", "Jazz Club"}}}));
  add("guild",
      {{"id", "81384788765712384"},
       {"name", "Jazz Club \x1b[31m"},
       {"owner_id", "100000000000000001"},
       {"afk_channel_id", nullptr},
       {"roles",
        {{{"id", "81384788765712384"}, {"permissions", "1049600"}},
         {{"id", "81384788765712385"}, {"permissions", "3146752"}},
         {{"id", "81384788765712386"}, {"permissions", 8}}}},
       {"channels", {channel, stage}},
       {"members", {member, other}},
       {"voice_states", {{{"user_id", "100000000000000003"}, {"channel_id", "381870553235193857"}}}}});
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  const std::string body(as_text({data, size}));
  fuzz::read_all(body);
  fuzz::write_status(body);
  return 0;
}
