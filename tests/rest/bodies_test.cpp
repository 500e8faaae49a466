// What the bodies of the answers say, and what their Date says of this machine's clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "rest/bodies.hpp"
#include "rest/http_date.hpp"

namespace vcplay::rest {
namespace {

using testing::HasSubstr;

// ── what the bodies say ──

TEST(GatewayBotObject, IsReadWhole) {
  const auto result = read_gateway_bot(R"({"url":"wss://gateway.discord.gg/?v=9","shards":9,
      "session_start_limit":{"total":1000,"remaining":999,"reset_after":14400000,"max_concurrency":16}})");
  const auto& gateway = std::get<GatewayBot>(result);
  EXPECT_EQ(gateway.url.scheme, "wss");
  EXPECT_EQ(gateway.url.host, "gateway.discord.gg");
  EXPECT_EQ(gateway.url.path, "/") << "the query is ours to write";
  EXPECT_EQ(gateway.shards, 9);
  EXPECT_EQ(gateway.identifies_left, 999);
  EXPECT_EQ(gateway.identifies_total, 1000);
  EXPECT_EQ(gateway.reset_after, 4h);
  EXPECT_EQ(gateway.max_concurrency, 16);
}

TEST(GatewayBotObject, FallsBackFieldByField) {
  const auto result =
      read_gateway_bot(R"({"url":"wss://127.0.0.1:4444","shards":0,"session_start_limit":[]})");
  const auto& gateway = std::get<GatewayBot>(result);
  EXPECT_EQ(gateway.url.port, 4444);
  EXPECT_EQ(gateway.url.path, "/");
  EXPECT_EQ(gateway.shards, 1);
  EXPECT_EQ(gateway.identifies_left, 1000);
  EXPECT_EQ(
      std::get<GatewayBot>(read_gateway_bot(R"({"url":"wss://a","session_start_limit":{"remaining":0}})"))
          .identifies_left,
      0);
}

TEST(GatewayBotObject, NamesAWebsocketOverTls) {
  for (const char* const body :
       {"", "{}", "[]", R"({"url":5})", R"({"url":"https://gateway.discord.gg"})",
        R"({"url":"ws://gateway.discord.gg"})", R"({"url":"gateway.discord.gg"})", R"({"url":"wss://"})"}) {
    const auto result = read_gateway_bot(body);
    ASSERT_TRUE(std::holds_alternative<Failure>(result)) << body;
    EXPECT_EQ(std::get<Failure>(result).error.cause(), Cause::network);
    EXPECT_THAT(std::get<Failure>(result).error.what(), HasSubstr("wss://"));
  }
}

TEST(ChannelAnswer, NeedsAnId) {
  const auto result = read_channel(R"({"id":"381870553235193857","guild_id":"81384788765712384","type":2})");
  EXPECT_EQ(std::get<resources::Channel>(result).guild.str(), "81384788765712384");
  for (const char* const body : {"", "{}", R"({"id":{}})", R"({"id":"381870553235193857")"}) {
    EXPECT_TRUE(std::holds_alternative<Failure>(read_channel(body))) << body;
  }
}

TEST(UserAnswer, SaysWhoTheTokenBelongsTo) {
  const auto result = read_user(R"({"id":"1121110987654321000","username":"jukebox","bot":true})");
  const auto& user = std::get<resources::User>(result);
  EXPECT_EQ(user.id.str(), "1121110987654321000");
  EXPECT_EQ(user.name, "jukebox");
  EXPECT_TRUE(user.bot);
  EXPECT_FALSE(std::get<resources::User>(read_user(R"({"id":"1121110987654321000"})")).bot)
      << "whoever is no bot has no such field";
  EXPECT_TRUE(std::holds_alternative<Failure>(read_user(R"({"username":"jukebox"})")));
}

TEST(GuildAnswer, HasRolesOwnerAndAfkChannel) {
  const auto result = read_guild(R"({"id":"81384788765712384","name":"Den","owner_id":"80351110224678912",
      "afk_channel_id":"381870553235193002",
      "roles":[{"id":"81384788765712384","permissions":"3146752"},{"id":{}},7]})");
  const auto& guild = std::get<resources::Guild>(result);
  EXPECT_EQ(guild.name, "Den");
  EXPECT_EQ(guild.owner.str(), "80351110224678912");
  EXPECT_EQ(guild.afk_channel.str(), "381870553235193002");
  ASSERT_EQ(guild.roles.size(), 1U);
  EXPECT_EQ(guild.roles[0].permissions, 3146752U);
  EXPECT_TRUE(std::holds_alternative<Failure>(read_guild("[]")));
}

TEST(MemberAnswer, HasRolesAndTimeOut) {
  const auto result = read_member(R"({"user":{"id":"1121110987654321000"},"roles":["381870553235193777"],
      "communication_disabled_until":"2026-11-21T12:00:00+00:00"})");
  const auto& member = std::get<resources::Member>(result);
  EXPECT_EQ(member.user.str(), "1121110987654321000");
  ASSERT_EQ(member.roles.size(), 1U);
  EXPECT_EQ(member.communication_disabled_until, "2026-11-21T12:00:00+00:00");
  EXPECT_TRUE(std::holds_alternative<Failure>(read_member(R"({"roles":[]})")));
}

TEST(ChannelsAnswer, IsAListOfWhatCanBeRead) {
  const auto result = read_channels(R"([{"id":"381870553235193857","type":2},{"type":2},null,
      {"id":"381870553235193858","type":13}])");
  const auto& channels = std::get<std::vector<resources::Channel>>(result);
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[1].type, 13);
  EXPECT_TRUE(std::get<std::vector<resources::Channel>>(read_channels("[]")).empty());
  for (const char* const body : {"", "{}", "null", "7"}) {
    EXPECT_TRUE(std::holds_alternative<Failure>(read_channels(body))) << body;
  }
}

TEST(ChannelsAnswer, MayBeThatOfTheLargestGuild) {
  std::string body = "[";
  for (int channel = 0; channel < 500; ++channel) {
    body += (channel == 0 ? "" : ",") + std::string(R"({"id":"381870553235193857","type":2,"topic":")") +
            std::string(1024, 't') + R"(","permission_overwrites":[)";
    for (int i = 0; i < 100; ++i) {
      body += (i == 0 ? "" : ",") +
              std::string(R"({"id":"381870553235193858","type":0,"allow":"1024","deny":"2097152"})");
    }
    body += "]}";
  }
  body += "]";
  EXPECT_LT(body.size() * 3 / 2, kMostBodyBytes);
  const auto result = read_channels(body);
  ASSERT_TRUE(std::holds_alternative<std::vector<resources::Channel>>(result));
  EXPECT_EQ(std::get<std::vector<resources::Channel>>(result).size(), 500U);
  EXPECT_EQ(std::get<std::vector<resources::Channel>>(result).back().overwrites.size(), 100U);
}

TEST(AnyAnswer, IsNoneWhenItIsAFloodOfObjects) {
  std::string flood = "[{}";
  while (flood.size() < kMostBodyBytes - 10) flood += ",{}";
  flood += "]";
  EXPECT_TRUE(std::holds_alternative<Failure>(read_channels(flood)));
  EXPECT_TRUE(std::holds_alternative<Failure>(read_guild_page(flood)));
  EXPECT_TRUE(std::holds_alternative<Failure>(read_guild(flood)));
}

// ── what the Date says ──

TEST(HttpDate, IsReadInTheFormThatIsSent) {
  using namespace std::chrono;
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), sys_seconds(784111777s));
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), sys_seconds(0s));
  EXPECT_EQ(parse_http_date("Fri, 29 Feb 2036 23:59:60 GMT"), sys_seconds(2087942400s)) << "a leap second";
  EXPECT_TRUE(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT"));
}

TEST(HttpDate, IsNothingElse) {
  for (const char* const text :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Son, 06 Nov 1994 08:49:37 GMT", "[`_, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:-7 GMT", "Sun, 06 Nov 1994 08:49:37 UTC"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(HttpDate, TellsHowFarOurClockIsAhead) {
  const std::chrono::system_clock::time_point now(784'111'777s + 900ms);
  EXPECT_EQ(clock_ahead_of("Sun, 06 Nov 1994 08:49:37 GMT", now), 0s);
  EXPECT_EQ(clock_ahead_of("Sun, 06 Nov 1994 08:47:37 GMT", now), 2min);
  EXPECT_EQ(clock_ahead_of("Sun, 06 Nov 1994 09:49:37 GMT", now), -1h);
  EXPECT_LT(clock_ahead_of("Fri, 31 Dec 9999 23:59:59 GMT", now), -1'000'000h) << "and no overflow";
  EXPECT_GT(clock_ahead_of("Sat, 01 Jan 0000 00:00:00 GMT", now), 1'000'000h);
  EXPECT_EQ(clock_ahead_of("yesterday", now), std::nullopt);
}

}  // namespace
}  // namespace vcplay::rest
