// The main gateway's protocol machine, turn by turn.
#include "gateway/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/actions.hpp"
#include "support/mutations.hpp"

namespace vcplay::gateway {
namespace {

using nlohmann::json;
using test::count;
using test::only;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr TimePoint kStart{1000s};
constexpr Snowflake kGuild{81384788765712384};
constexpr Snowflake kRoom{381870553235193857};
constexpr Snowflake kBot{100000000000000002};
constexpr const char* kToken = "MTAwMDAw.GxAbCd.not-a-real-one";

Config config(double jitter = 0.5) {
  Config config;
  config.token = SecretString(kToken);
  config.guild = kGuild;
  config.jitter = jitter;
  return config;
}

// ── what Discord says ──

json hello(double interval_ms = 40'000) {
  return {{"op", 10}, {"d", {{"heartbeat_interval", interval_ms}}}, {"s", nullptr}};
}
json ack() { return {{"op", 11}, {"d", nullptr}}; }
json dispatch(int sequence, const char* name, json data) {
  return {{"op", 0}, {"s", sequence}, {"t", name}, {"d", std::move(data)}};
}
json ready(const std::vector<const char*>& guilds = {"81384788765712384", "300000000000000001"}) {
  json list = json::array();
  for (const char* const guild : guilds) list.push_back({{"id", guild}, {"unavailable", true}});
  return dispatch(1, "READY",
                  {{"v", 10},
                   {"user", {{"id", "100000000000000002"}, {"username", "dj"}}},
                   {"session_id", "abcdef"},
                   {"resume_gateway_url", "wss://gateway-us-east1-b.discord.gg"},
                   {"guilds", list}});
}
json guild_create(const char* id = "81384788765712384") {
  return dispatch(2, "GUILD_CREATE",
                  {{"id", id},
                   {"name", "Jazz Club"},
                   {"owner_id", "100000000000000001"},
                   {"channels", {{{"id", "381870553235193857"}, {"type", 2}, {"bitrate", 96000}}}}});
}
json voice_state(const char* user, json channel, const char* guild = "81384788765712384") {
  return dispatch(3, "VOICE_STATE_UPDATE",
                  {{"guild_id", guild},
                   {"user_id", user},
                   {"channel_id", std::move(channel)},
                   {"session_id", "voice-session"},
                   {"mute", false},
                   {"suppress", true}});
}
json voice_server(json endpoint, const char* guild = "81384788765712384") {
  return dispatch(4, "VOICE_SERVER_UPDATE",
                  {{"guild_id", guild}, {"token", "voice-token"}, {"endpoint", std::move(endpoint)}});
}

/// A session and the thread of time that it lives on.
struct Conversation {
  explicit Conversation(Config with = config()) : session(std::move(with)) {}
  Actions hears(const json& message) { return session.on_text(message.dump(), now); }
  /// Lets time pass up to the session's next deadline.
  Actions waits() {
    now = session.deadline().value();
    return session.on_time(now);
  }
  Conversation& become_ready() {
    hears(hello());
    hears(ready());
    return *this;
  }
  Session session;
  TimePoint now = kStart;
};

// ── from HELLO to READY ──

TEST(Gateway, AnswersHelloWithIdentify) {
  Conversation discord;
  EXPECT_FALSE(discord.session.deadline()) << "nothing to do before HELLO";
  EXPECT_EQ(test::sent<SendText>(discord.hears(hello())), json::parse(R"({"op":2,"d":{
      "token": "MTAwMDAw.GxAbCd.not-a-real-one", "intents": 129, "shard": [0, 1],
      "properties": {"os": "linux", "browser": "vcplay", "device": "vcplay"}}})"));
}

TEST(Gateway, IdentifiesOnItsShard) {
  Config sharded = config();
  sharded.shard_id = 3;
  sharded.shard_count = 16;
  Conversation discord(std::move(sharded));
  EXPECT_EQ(test::sent<SendText>(discord.hears(hello()))["d"]["shard"], json({3, 16}));
}

TEST(Gateway, IdentifiesOnce) {
  Conversation discord;
  discord.hears(hello());
  const auto first_beat = discord.session.deadline();
  EXPECT_THAT(discord.hears(hello(1'000)), IsEmpty()) << "4005 would be the answer to a second IDENTIFY";
  EXPECT_EQ(discord.session.deadline(), first_beat);
}

TEST(Gateway, ReadsReady) {
  Conversation discord;
  discord.hears(hello());
  const Actions actions = discord.hears(ready());
  ASSERT_EQ(actions.size(), 1U);
  const Ready& got = only<Ready>(actions);
  EXPECT_EQ(got.user, kBot);
  EXPECT_EQ(got.session_id, "abcdef");
  EXPECT_EQ(got.resume_url, "wss://gateway-us-east1-b.discord.gg");
  EXPECT_THAT(got.guilds, ElementsAre(kGuild, Snowflake{300000000000000001}));
  EXPECT_THAT(discord.hears(ready()), IsEmpty()) << "READY comes once";
}

TEST(Gateway, SaysWhenTheBotIsNotInTheGuild) {
  Conversation discord;
  discord.hears(hello());
  const Actions actions = discord.hears(ready({"300000000000000001"}));
  EXPECT_EQ(only<CloseSocket>(actions).code, 1000);
  EXPECT_EQ(only<Failed>(actions).error.cause(), Cause::not_permitted);
  EXPECT_THAT(only<Failed>(actions).error.what(),
              AllOf(HasSubstr("not in guild 81384788765712384"), HasSubstr("invite it")));
  EXPECT_EQ(count<Ready>(actions), 0U);
}

TEST(Gateway, SaysWhenTheGuildIsOnAnotherShard) {
  // 81384788765712384 >> 22 = 19403645698, which is 2 modulo 16.
  EXPECT_EQ(shard_of(kGuild, 16), 2);
  EXPECT_EQ(shard_of(kGuild, 1), 0);
  Config sharded = config();
  sharded.shard_id = 5;
  sharded.shard_count = 16;
  Conversation discord(std::move(sharded));
  discord.hears(hello());
  const Actions actions = discord.hears(ready({}));
  EXPECT_THAT(only<Failed>(actions).error.what(), AllOf(HasSubstr("shard 2/16"), HasSubstr("not to 5/16")));
}

// ── heartbeat ──

TEST(Gateway, BeatsFirstSomewhereInTheFirstInterval) {
  const std::vector<std::pair<double, Duration>> falls = {{0.0, 0s}, {0.25, 10s}, {0.75, 30s}};
  for (const auto& [jitter, first] : falls) {
    Conversation discord(config(jitter));
    discord.hears(hello());
    EXPECT_EQ(discord.session.deadline(), kStart + first);
  }
}

TEST(Gateway, BeatsAtEachIntervalWithTheLastSequence) {
  Conversation discord;
  discord.hears(hello());
  EXPECT_THAT(discord.session.on_time(kStart + 20s - 1ns), IsEmpty());
  EXPECT_EQ(test::sent<SendText>(discord.waits()), json::parse(R"({"op":1,"d":null})"))
      << "nothing was heard yet";
  EXPECT_EQ(discord.now, kStart + 20s);
  discord.hears(ack());
  discord.hears(ready());
  EXPECT_EQ(test::sent<SendText>(discord.waits()), json::parse(R"({"op":1,"d":1})"));
  EXPECT_EQ(discord.now, kStart + 60s);
  discord.hears(ack());
  discord.hears(dispatch(4711, "PRESENCE_UPDATE", json::object()));
  EXPECT_EQ(test::sent<SendText>(discord.waits())["d"], 4711) << "of what is ignored, too";
  EXPECT_EQ(discord.now, kStart + 100s);
}

TEST(Gateway, BeatsAtOnceWhenAsked) {
  Conversation discord;
  discord.become_ready();
  const auto regular = discord.session.deadline();
  EXPECT_EQ(test::sent<SendText>(discord.hears({{"op", 1}, {"d", nullptr}})),
            json::parse(R"({"op":1,"d":1})"));
  EXPECT_EQ(discord.session.deadline(), regular) << "the regular beat stays where it was";
}

TEST(Gateway, TakesTheFirstUnansweredBeatForTheEnd) {
  Conversation discord;
  discord.become_ready();
  discord.waits();
  discord.hears(ack());
  discord.waits();
  const Actions actions = discord.waits();
  EXPECT_EQ(only<CloseSocket>(actions).code, 4000) << "not 1000: the session must outlive it";
  EXPECT_EQ(only<Failed>(actions).error.cause(), Cause::network);
  EXPECT_EQ(count<SendText>(actions), 0U);
  EXPECT_FALSE(discord.session.deadline());
}

// ── the target guild ──

TEST(Gateway, HearsOfItsOwnGuildOnly) {
  Conversation discord;
  discord.become_ready();
  EXPECT_THAT(discord.hears(guild_create("300000000000000001")), IsEmpty());
  const Actions actions = discord.hears(guild_create());
  const auto& guild = only<GuildCreated>(actions).guild;
  EXPECT_EQ(guild.name, "Jazz Club");
  EXPECT_EQ(guild.channel(kRoom)->bitrate, 96'000);
  EXPECT_EQ(count<GuildCreated>(discord.hears(guild_create())), 1U) << "again, after an outage";

  EXPECT_THAT(discord.hears(dispatch(5, "GUILD_DELETE", {{"id", "300000000000000001"}})), IsEmpty());
  EXPECT_TRUE(
      only<GuildDeleted>(
          discord.hears(dispatch(5, "GUILD_DELETE", {{"id", "81384788765712384"}, {"unavailable", true}})))
          .unavailable);
  EXPECT_FALSE(only<GuildDeleted>(discord.hears(dispatch(6, "GUILD_DELETE", {{"id", "81384788765712384"}})))
                   .unavailable);
}

TEST(Gateway, HearsOfChannelsOfItsGuild) {
  Conversation discord;
  discord.become_ready();
  const json channel = {
      {"id", "381870553235193857"}, {"guild_id", "81384788765712384"}, {"type", 2}, {"bitrate", 128000}};
  EXPECT_EQ(only<ChannelUpdated>(discord.hears(dispatch(5, "CHANNEL_UPDATE", channel))).channel.bitrate,
            128'000);
  EXPECT_EQ(only<ChannelDeleted>(discord.hears(dispatch(6, "CHANNEL_DELETE", channel))).channel, kRoom);
  json elsewhere = channel;
  elsewhere["guild_id"] = "300000000000000001";
  EXPECT_THAT(discord.hears(dispatch(7, "CHANNEL_UPDATE", elsewhere)), IsEmpty());
  EXPECT_THAT(discord.hears(dispatch(8, "CHANNEL_DELETE", elsewhere)), IsEmpty());
}

TEST(Gateway, IgnoresWhatItDoesNotKnow) {
  Conversation discord;
  discord.become_ready();
  EXPECT_THAT(discord.hears(dispatch(5, "SOMETHING_NEW", {{"id", 1}})), IsEmpty());
  EXPECT_THAT(discord.hears({{"op", 99}, {"d", nullptr}}), IsEmpty());
  EXPECT_THAT(discord.hears({{"op", 2}, {"d", nullptr}}), IsEmpty()) << "a client's opcode";
}

// ── voice ──

TEST(Gateway, JoinsMovesAndLeaves) {
  Conversation discord;
  EXPECT_THAT(discord.session.update_voice_state(kRoom, false, true), IsEmpty())
      << "before IDENTIFY it would be 4003";
  discord.hears(hello());
  EXPECT_THAT(discord.session.update_voice_state(kRoom, false, true), IsEmpty());
  discord.hears(ready());
  EXPECT_EQ(test::sent<SendText>(discord.session.update_voice_state(kRoom, false, true)),
            json::parse(R"({"op":4,"d":{
      "guild_id":"81384788765712384","channel_id":"381870553235193857","self_mute":false,"self_deaf":true}})"));
  EXPECT_EQ(test::sent<SendText>(discord.session.update_voice_state(std::nullopt, true, false)),
            json::parse(R"({"op":4,"d":{
      "guild_id":"81384788765712384","channel_id":null,"self_mute":true,"self_deaf":false}})"));
}

TEST(Gateway, KnowsItsOwnVoiceStateFromOthers) {
  Conversation discord;
  discord.become_ready();
  EXPECT_THAT(discord.hears(voice_state("100000000000000009", "381870553235193857")), IsEmpty());
  EXPECT_THAT(discord.hears(voice_state("100000000000000002", "381870553235193857", "300000000000000001")),
              IsEmpty());
  const Actions joined = discord.hears(voice_state("100000000000000002", "381870553235193857"));
  EXPECT_EQ(only<OwnVoiceState>(joined).channel, kRoom);
  EXPECT_EQ(only<OwnVoiceState>(joined).session_id, "voice-session");
  EXPECT_FALSE(only<OwnVoiceState>(joined).mute);
  EXPECT_TRUE(only<OwnVoiceState>(joined).suppress);
  EXPECT_EQ(only<OwnVoiceState>(discord.hears(voice_state("100000000000000002", nullptr))).channel,
            std::nullopt);
  EXPECT_THAT(discord.hears(voice_state("100000000000000002", "lounge")), IsEmpty())
      << "an unreadable channel is not the same as having left";
}

TEST(Gateway, TakesTheVoiceServerBeforeOrAfterTheVoiceState) {
  Conversation discord;
  discord.become_ready();
  EXPECT_THAT(discord.hears(voice_server("elsewhere.discord.media:443", "300000000000000001")), IsEmpty());
  const Actions first = discord.hears(voice_server("rotterdam1.discord.media:443"));
  EXPECT_EQ(only<VoiceServer>(first).endpoint, "rotterdam1.discord.media:443");
  EXPECT_EQ(only<VoiceServer>(first).token, "voice-token");
  EXPECT_EQ(count<OwnVoiceState>(discord.hears(voice_state("100000000000000002", "381870553235193857"))), 1U);
  EXPECT_EQ(only<VoiceServer>(discord.hears(voice_server(nullptr))).endpoint, std::nullopt);
}

// ── the end ──

struct Ending {
  std::optional<std::uint16_t> code;
  Cause cause;
  const char* words;
};

TEST(Gateway, SaysWhatEachCloseCodeMeans) {
  const std::vector<Ending> endings = {
      {std::nullopt, Cause::network, "was lost"},
      {1000, Cause::network, "closed the gateway (1000)"},
      {1001, Cause::network, "(1001)"},
      {4000, Cause::network, "(4000)"},
      {4001, Cause::network, "(4001)"},
      {4004, Cause::token_refused, "DISCORD_TOKEN"},
      {4008, Cause::network, "(4008)"},
      {4009, Cause::network, "timed out (4009)"},
      {4010, Cause::usage, "refused shard 0/1 (4010)"},
      {4011, Cause::usage, "--shard"},
      {4012, Cause::unexpected, "update vcplay"},
      {4013, Cause::unexpected, "intents"},
      {4014, Cause::unexpected, "intents"},
      {4999, Cause::network, "(4999)"},
  };
  for (const Ending& ending : endings) {
    Conversation discord;
    discord.become_ready();
    const Actions actions = discord.session.on_close(ending.code, "", kStart);
    ASSERT_EQ(actions.size(), 1U);
    EXPECT_EQ(only<Failed>(actions).error.cause(), ending.cause) << ending.code.value_or(0);
    EXPECT_THAT(only<Failed>(actions).error.what(), HasSubstr(ending.words));
  }
}

TEST(Gateway, QuotesTheCloseReasonHarmlessly) {
  Conversation discord;
  const Actions actions = discord.session.on_close(4000, "\x1b[31moops\r\n", kStart);
  EXPECT_THAT(only<Failed>(actions).error.what(),
              AllOf(HasSubstr("4000: "), HasSubstr("oops"), Not(HasSubstr("\x1b")), Not(HasSubstr("\n"))));
}

TEST(Gateway, EndsWhenDiscordAsksForAnotherConnection) {
  for (const json& message :
       {json{{"op", 7}, {"d", nullptr}}, json{{"op", 9}, {"d", false}}, json{{"op", 9}, {"d", true}}}) {
    Conversation discord;
    discord.become_ready();
    const Actions actions = discord.hears(message);
    EXPECT_EQ(only<CloseSocket>(actions).code, 4000);
    EXPECT_EQ(only<Failed>(actions).error.cause(), Cause::network);
  }
}

TEST(Gateway, MayBeSentAwayBeforeHello) {
  Conversation discord;
  EXPECT_EQ(count<Failed>(discord.hears({{"op", 7}, {"d", nullptr}})), 1U);
}

TEST(Gateway, IsSilentOnceItIsOver) {
  Conversation discord;
  discord.become_ready();
  EXPECT_EQ(count<Failed>(discord.session.on_close(4000, "", kStart)), 1U);
  EXPECT_THAT(discord.session.on_close(std::nullopt, "", kStart), IsEmpty());
  EXPECT_THAT(discord.hears(guild_create()), IsEmpty());
  EXPECT_THAT(discord.hears(hello()), IsEmpty());
  EXPECT_THAT(discord.session.on_time(kStart + 1h), IsEmpty());
  EXPECT_THAT(discord.session.update_voice_state(kRoom, false, true), IsEmpty());
  EXPECT_FALSE(discord.session.deadline());
}

// ── bad input ──

TEST(Gateway, RefusesAHelloWithoutASaneInterval) {
  for (const json& interval : {json(0), json(-1), json("40000"), json(nullptr), json(1e300), json::array()}) {
    Conversation discord;
    const Actions actions = discord.hears({{"op", 10}, {"d", {{"heartbeat_interval", interval}}}});
    EXPECT_EQ(only<Failed>(actions).error.cause(), Cause::network) << interval;
    EXPECT_EQ(count<SendText>(actions), 0U);
  }
}

TEST(Gateway, SendsNothingThatDiscordWouldRefuseForItsSize) {
  Config endless = config();
  endless.token = SecretString(std::string(4096, 'x'));
  Conversation discord(std::move(endless));
  const Actions actions = discord.hears(hello());
  EXPECT_EQ(only<Failed>(actions).error.cause(), Cause::token_refused);
  EXPECT_EQ(count<SendText>(actions), 0U);
  EXPECT_THAT(only<Failed>(actions).error.what(), Not(HasSubstr("xxxx")));
}

TEST(Gateway, SurvivesATokenThatIsNoText) {
  Config binary = config();
  binary.token = SecretString("\xff\xfe");
  Conversation discord(std::move(binary));
  EXPECT_EQ(count<SendText>(discord.hears(hello())), 1U);
}

TEST(Gateway, ShrugsAtWhatIsNoMessage) {
  for (const char* const text :
       {"", "{", "[]", "null", "3", "\"op\"", "{\"op\":\"10\"}", "{\"op\":1.5}", "{\"d\":{}}", "\xff\xfe"}) {
    Conversation discord;
    EXPECT_THAT(discord.session.on_text(text, kStart), IsEmpty()) << text;
    EXPECT_EQ(count<SendText>(discord.hears(hello())), 1U) << "and goes on after " << text;
  }
}

TEST(Gateway, ShrugsAtDispatchesBeforeReady) {
  Conversation discord;
  discord.hears(hello());
  EXPECT_THAT(discord.hears(guild_create()), IsEmpty());
  EXPECT_THAT(discord.hears(voice_state("100000000000000002", "381870553235193857")), IsEmpty());
  EXPECT_THAT(discord.hears(voice_server("rotterdam1.discord.media:443")), IsEmpty());
}

TEST(Gateway, NeverThrowsHoweverAMessageIsBent) {
  const std::vector<json> story = {
      hello(),
      ack(),
      ready(),
      guild_create(),
      {{"op", 1}, {"d", nullptr}},
      voice_state("100000000000000002", "381870553235193857"),
      voice_server("rotterdam1.discord.media:443"),
      dispatch(5, "CHANNEL_UPDATE", {{"id", "381870553235193857"}, {"guild_id", "81384788765712384"}}),
      dispatch(6, "CHANNEL_DELETE", {{"id", "381870553235193857"}, {"guild_id", "81384788765712384"}}),
      dispatch(7, "GUILD_DELETE", {{"id", "81384788765712384"}, {"unavailable", true}}),
  };
  std::size_t tried = 0;
  for (std::size_t bent = 0; bent < story.size(); ++bent) {
    for (const std::string& text : test::mutations(story[bent])) {
      Conversation discord;
      std::size_t failures = 0;
      const auto listen = [&](const std::string& message) {
        Actions actions;
        ASSERT_NO_THROW(actions = discord.session.on_text(message, discord.now)) << message;
        ASSERT_TRUE(failures == 0 || actions.empty()) << "it was over before " << message;
        failures += count<Failed>(actions);
      };
      for (std::size_t i = 0; i < story.size(); ++i) listen(i == bent ? text : story[i].dump());
      ASSERT_LE(failures, 1U);
      ++tried;
    }
  }
  EXPECT_GT(tried, 2000U);
}

}  // namespace
}  // namespace vcplay::gateway
