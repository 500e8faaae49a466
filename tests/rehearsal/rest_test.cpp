// The loopback's REST calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/rehearsal_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::PaperDiscord;
using test::PaperPlayer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kGuild = "/api/v10/guilds/81384788765712384";
constexpr const char* kChannel = "/api/v10/channels/381870553235193857";

/// Asks as the first account does.
net::ServerReply ask(PaperDiscord& discord, const std::string& method, const std::string& path,
                     const std::string& body = "") {
  net::ServerRequest request;
  request.method = method;
  request.path = path;
  request.body = body;
  request.authorization = "Bot " + discord.account().token;
  request.user_agent = "DiscordBot (https://example.org, 1.0) test";
  if (!body.empty()) request.content_type = "application/json";
  return discord.rest.answer(request, discord.now);
}

json get(PaperDiscord& discord, const std::string& path) {
  return json::parse(ask(discord, "GET", path).body);
}

TEST(Rest, TellsTheGatewayAndWhoOneIs) {
  DiscordOptions options;
  options.demanded_shards = 3;
  PaperDiscord discord(options);
  const json gateway = get(discord, "/api/v10/gateway/bot");
  EXPECT_EQ(gateway.at("url"), "wss://127.0.0.1:1");
  EXPECT_EQ(gateway.at("shards"), 3);
  EXPECT_EQ(gateway.at("session_start_limit").at("max_concurrency"), 1);
  EXPECT_EQ(get(discord, "/api/v10/users/@me").at("id"), discord.account().user.str());
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(Rest, TellsChannelGuildMemberAndVoiceState) {
  PaperDiscord discord;
  EXPECT_EQ(get(discord, kChannel).at("type"), 2);
  EXPECT_EQ(get(discord, kChannel).at("guild_id"), "81384788765712384");
  EXPECT_EQ(get(discord, kGuild).at("owner_id"), discord.world.owner().str());
  const std::string self = discord.account().user.str();
  EXPECT_EQ(get(discord, std::string(kGuild) + "/members/" + self).at("user").at("id"), self);
  EXPECT_EQ(ask(discord, "GET", std::string(kGuild) + "/voice-states/@me").status, 404);
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  EXPECT_EQ(get(discord, std::string(kGuild) + "/voice-states/@me").at("channel_id"), "381870553235193857");
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(Rest, ListsTheGuildsOfTheBotAfterAnId) {
  PaperDiscord discord;
  const json guilds = get(discord, "/api/v10/users/@me/guilds");
  ASSERT_EQ(guilds.size(), 1U);
  EXPECT_EQ(guilds[0].at("id"), "81384788765712384");
  EXPECT_EQ(guilds[0].at("owner"), false);
  EXPECT_EQ(guilds[0].at("permissions"), "3146752") << "VIEW_CHANNEL, CONNECT, SPEAK";
  const auto after = [&](const std::string& query) {
    net::ServerRequest request;
    request.method = "GET";
    request.path = "/api/v10/users/@me/guilds";
    request.query = query;
    request.authorization = "Bot " + discord.account().token;
    request.user_agent = "DiscordBot (https://example.org, 1.0)";
    return json::parse(discord.rest.answer(request, discord.now).body).size();
  };
  EXPECT_EQ(after("limit=200&after=0"), 1U);
  EXPECT_EQ(after("limit=200&after=81384788765712383"), 1U);
  EXPECT_EQ(after("after=81384788765712384&limit=200"), 0U);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(Rest, ListsTheChannelsThatMayBeViewed) {
  DiscordOptions options;
  options.channel_is_afk = true;
  PaperDiscord discord(options);
  const json channels = get(discord, std::string(kGuild) + "/channels");
  ASSERT_EQ(channels.size(), 3U);
  EXPECT_EQ(channels[0].at("guild_id"), "81384788765712384");
  EXPECT_EQ(channels[1].at("type"), 0);
  EXPECT_EQ(get(discord, kGuild).at("afk_channel_id"), "381870553235193857");
  EXPECT_EQ(ask(discord, "POST", std::string(kGuild) + "/channels").status, 405);
  EXPECT_THAT(discord.broken(), IsEmpty());

  options.everyone_permissions = {0x100000};
  PaperDiscord hidden(options);
  EXPECT_EQ(get(hidden, std::string(kGuild) + "/channels"), json::array());
}

TEST(Rest, SaysHowManyIdentifiesAreLeft) {
  DiscordOptions options;
  options.identifies_left = 3;
  PaperDiscord discord(options);
  EXPECT_EQ(get(discord, "/api/v10/gateway/bot").at("session_start_limit").at("remaining"), 3);
}

TEST(Rest, SaysWhatDoesNotExist) {
  PaperDiscord discord;
  EXPECT_EQ(get(discord, "/api/v10/channels/123456789012345678").at("code"), 10'003);
  EXPECT_EQ(get(discord, "/api/v10/channels/nonsense").at("code"), 10'003);
  EXPECT_EQ(get(discord, "/api/v10/guilds/123456789012345678").at("code"), 10'004);
  EXPECT_EQ(get(discord, std::string(kGuild) + "/members/123456789012345678").at("code"), 10'007);
  EXPECT_EQ(ask(discord, "DELETE", kChannel).status, 405);
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(ask(discord, "GET", "/api/v10/nowhere").status, 404);
  EXPECT_THAT(discord.broken(), ElementsAre("rest-route"));
}

TEST(Rest, HidesAChannelThatMayNotBeViewed) {
  DiscordOptions options;
  options.everyone_permissions = {0x100000};
  PaperDiscord discord(options);
  EXPECT_EQ(ask(discord, "GET", kChannel).status, 403);
  EXPECT_EQ(get(discord, kChannel).at("code"), 50'001);
}

TEST(Rest, RefusesATokenOfNobody) {
  PaperDiscord discord;
  for (const std::string& authorization :
       {std::string("Bot a.b.c"), discord.account().token, std::string(), std::string("Bot ")}) {
    net::ServerRequest request;
    request.method = "GET";
    request.path = "/api/v10/users/@me";
    request.authorization = authorization;
    request.user_agent = "DiscordBot (https://example.org, 1.0)";
    const net::ServerReply reply = discord.rest.answer(request, discord.now);
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(json::parse(reply.body).at("message"), "401: Unauthorized");
  }
  EXPECT_THAT(discord.broken(), ElementsAre("rest-token"));
}

TEST(Rest, WantsABotsUserAgent) {
  for (const char* agent :
       {"", "curl/8", "DiscordBot", "DiscordBot ()", "DiscordBot (, 1)", "DiscordBot (url, 1"}) {
    PaperDiscord discord;
    net::ServerRequest request;
    request.method = "GET";
    request.path = "/api/v10/users/@me";
    request.authorization = "Bot " + discord.account().token;
    request.user_agent = agent;
    (void)discord.rest.answer(request, discord.now);
    EXPECT_THAT(discord.broken(), ElementsAre("rest-user-agent")) << agent;
  }
}

TEST(Rest, SetsTheVoiceStatusForThoseWhoMay) {
  DiscordOptions options;
  options.everyone_permissions = {0x400, 0x100000, 1ULL << 48};
  PaperDiscord discord(options);
  const std::string path = std::string(kChannel) + "/voice-status";
  EXPECT_EQ(ask(discord, "PUT", path, R"({"status":"song"})").status, 403) << "not connected";
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  EXPECT_EQ(ask(discord, "PUT", path, R"({"status":"song"})").status, 204);
  EXPECT_EQ(player.gateway.last(0, "VOICE_CHANNEL_STATUS_UPDATE").at("d").at("status"), "song");
  EXPECT_EQ(ask(discord, "PUT", path, R"({"status":null})").status, 204);
  EXPECT_TRUE(player.gateway.last(0, "VOICE_CHANNEL_STATUS_UPDATE").at("d").at("status").is_null());
  EXPECT_THAT(discord.broken(), IsEmpty());
  std::string umlauts;
  for (int i = 0; i < 500; ++i) umlauts += "ü";
  EXPECT_EQ(ask(discord, "PUT", path, json{{"status", umlauts}}.dump()).status, 204);
  EXPECT_EQ(ask(discord, "PUT", path, json{{"status", umlauts + "u"}}.dump()).status, 400);
  EXPECT_EQ(ask(discord, "PUT", path, "{").status, 400);
  EXPECT_THAT(discord.broken(), ElementsAre("rest-body"));
}

TEST(Rest, LiftsSuppressionOnAStageForModerators) {
  for (const bool may : {false, true}) {
    DiscordOptions options;
    options.channel_type = 13;
    options.everyone_permissions = {0x400, 0x100000, may ? 0x400000ULL : 0ULL};
    PaperDiscord discord(options);
    PaperPlayer player(discord);
    player.log_in();
    player.join();
    const std::string path = std::string(kGuild) + "/voice-states/@me";
    const auto reply = ask(discord, "PATCH", path, R"({"channel_id":"381870553235193857","suppress":false})");
    EXPECT_EQ(reply.status, may ? 204 : 403);
    EXPECT_EQ(player.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("suppress"), !may);
  }
}

TEST(Rest, LetsTheAudienceOfAStageRaiseItsHand) {
  for (const bool may : {false, true}) {
    DiscordOptions options;
    options.channel_type = 13;
    options.everyone_permissions = {0x400, 0x100000, may ? 1ULL << 32 : 0ULL};
    PaperDiscord discord(options);
    PaperPlayer player(discord);
    player.log_in();
    player.join();
    const std::string path = std::string(kGuild) + "/voice-states/@me";
    const auto raise = [&](const char* when) {
      return ask(discord, "PATCH", path, json{{"request_to_speak_timestamp", when}}.dump()).status;
    };
    EXPECT_EQ(raise("2026-11-21T12:00:00.000000+00:00"), may ? 204 : 403);
    const json state = player.gateway.last(0, "VOICE_STATE_UPDATE").at("d");
    EXPECT_EQ(state.at("request_to_speak_timestamp").is_string(), may);
    EXPECT_TRUE(state.at("suppress"));
    EXPECT_EQ(ask(discord, "PATCH", path, R"({"request_to_speak_timestamp":null})").status, 204);
    EXPECT_TRUE(
        player.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("request_to_speak_timestamp").is_null());
    EXPECT_THAT(discord.broken(), IsEmpty());
    EXPECT_EQ(raise("now"), 400);
    EXPECT_EQ(raise(""), 400);
    EXPECT_THAT(discord.broken(), ElementsAre("rest-body"));
  }
}

TEST(Rest, KnowsNoGuildThatTheBotWasRemovedFrom) {
  PaperDiscord discord;
  discord.inject({FaultKind::remove_guild}, discord.account().user, discord.now);
  EXPECT_EQ(ask(discord, "GET", kGuild).status, 404);
  EXPECT_EQ(ask(discord, "GET", kChannel).status, 403);
  EXPECT_EQ(ask(discord, "GET", "/api/v10/users/@me/guilds").body, "[]");
}

TEST(Rest, FailsAsOrdered) {
  DiscordOptions options;
  options.rest_faults = {{"/gateway/bot", 429, R"({"retry_after":0.5})", {{"Retry-After", "1"}}, 2}};
  PaperDiscord discord(options);
  EXPECT_EQ(ask(discord, "GET", "/api/v10/users/@me").status, 200);
  EXPECT_EQ(ask(discord, "GET", "/api/v10/gateway/bot").status, 429);
  EXPECT_EQ(ask(discord, "GET", "/api/v10/gateway/bot").headers.front().first, "Retry-After");
  EXPECT_EQ(ask(discord, "GET", "/api/v10/gateway/bot").status, 200);
}

}  // namespace
}  // namespace vcplay::rehearsal
