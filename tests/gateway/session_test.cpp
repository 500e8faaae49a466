// The main gateway's protocol machine, turn by turn.
#include "gateway/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "words/actions.hpp"
#include "words/gateway_words.hpp"
#include "words/mutations.hpp"

namespace vcplay::gateway {
namespace {

using test::count;
using test::only;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ── from HELLO to READY ──

TEST(Gateway, AnswersHelloWithIdentifyWhenTheBudgetAllowsIt) {
  Conversation discord;
  EXPECT_THAT(discord.session.identify(kStart), IsEmpty()) << "before HELLO it would be 4003";
  const Actions actions = discord.hears(hello());
  EXPECT_EQ(count<WantsIdentify>(actions), 1U);
  EXPECT_EQ(count<SendText>(actions), 0U);
  discord.now += 5s;
  EXPECT_EQ(test::sent<SendText>(discord.may_identify()), json::parse(R"({"op":2,"d":{
      "token": "MTAwMDAw.GxAbCd.not-a-real-one", "intents": 129, "shard": [0, 1],
      "properties": {"os": "linux", "browser": "vcplay", "device": "vcplay"}}})"));
}

TEST(Gateway, IdentifiesOnItsShard) {
  Config sharded = config();
  sharded.shard_id = 3;
  sharded.shard_count = 16;
  Conversation discord(std::move(sharded));
  EXPECT_EQ(test::sent<SendText>(discord.hears_hello())["d"]["shard"], json({3, 16}));
}

TEST(Gateway, IdentifiesOnce) {
  Conversation discord;
  discord.hears_hello();
  const auto first_beat = discord.session.deadline();
  EXPECT_THAT(discord.hears(hello(1'000)), IsEmpty()) << "4005 would be the answer to a second IDENTIFY";
  EXPECT_THAT(discord.session.identify(kStart), IsEmpty());
  EXPECT_EQ(discord.session.deadline(), first_beat);
}

TEST(Gateway, ReadsReady) {
  Conversation discord;
  discord.hears_hello();
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
  discord.hears_hello();
  const Actions actions = discord.hears(ready({"300000000000000001"}));
  EXPECT_EQ(only<GuildMissing>(actions).guild, kGuild);
  EXPECT_EQ(only<GuildMissing>(actions).reason.cause(), Cause::not_permitted);
  EXPECT_THAT(only<GuildMissing>(actions).reason.what(),
              AllOf(HasSubstr("not in guild 81384788765712384"), HasSubstr("invite it")));
  EXPECT_EQ(count<Failed>(actions), 0U) << "other guilds may be there";
}

TEST(Gateway, SaysWhenTheGuildIsOnAnotherShard) {
  // 81384788765712384 >> 22 = 19403645698, which is 2 modulo 16.
  EXPECT_EQ(shard_of(kGuild, 16), 2);
  EXPECT_EQ(shard_of(kGuild, 1), 0);
  Config sharded = config();
  sharded.shard_id = 5;
  sharded.shard_count = 16;
  Conversation discord(std::move(sharded));
  discord.hears_hello();
  const Actions actions = discord.hears(ready({}));
  EXPECT_THAT(only<GuildMissing>(actions).reason.what(),
              AllOf(HasSubstr("shard 2/16"), HasSubstr("not to 5/16")));
  EXPECT_EQ(only<GuildMissing>(actions).reason.hint(), Hint::use_shard);
  EXPECT_EQ(only<GuildMissing>(actions).reason.numbers(), (Error::Numbers{2, 16}));
}

// ── heartbeat ──

TEST(Gateway, BeatsFirstSomewhereInTheFirstInterval) {
  const std::vector<std::pair<double, Duration>> falls = {{0.0, 0s}, {0.25, 10s}, {0.75, 30s}};
  for (const auto& [jitter, first] : falls) {
    Conversation discord(config(jitter));
    discord.hears(hello());
    EXPECT_EQ(discord.session.deadline(), kStart + first) << "whether IDENTIFY is out yet or not";
  }
}

TEST(Gateway, BeatsAtEachIntervalWithTheLastSequence) {
  Conversation discord;
  discord.hears_hello();
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

// ── the target guild ──

TEST(Gateway, HearsOfItsOwnGuildOnly) {
  Conversation discord;
  discord.become_ready();
  EXPECT_THAT(discord.hears(guild_create("300000000000000001")), IsEmpty());
  EXPECT_EQ(only<GuildCreated>(discord.hears(guild_create())).guild, kGuild);
  const resources::Guild& guild = *discord.session.guild(kGuild);
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
  EXPECT_THAT(discord.asks(kJoin), IsEmpty()) << "before IDENTIFY it would be 4003";
  discord.hears_hello();
  EXPECT_THAT(discord.asks(kJoin), IsEmpty());
  discord.hears(ready());
  EXPECT_EQ(test::sent<SendText>(discord.asks(kJoin)), json::parse(R"({"op":4,"d":{
      "guild_id":"81384788765712384","channel_id":"381870553235193857","self_mute":false,"self_deaf":true}})"));
  EXPECT_EQ(test::sent<SendText>(
                discord.asks({.guild = kGuild, .channel = {}, .self_mute = true, .self_deaf = false})),
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
  EXPECT_FALSE(only<OwnVoiceState>(joined).requested_to_speak);
  EXPECT_EQ(only<OwnVoiceState>(discord.hears(voice_state("100000000000000002", nullptr))).channel,
            std::nullopt);
  EXPECT_THAT(discord.hears(voice_state("100000000000000002", "lounge")), IsEmpty())
      << "an unreadable channel is not the same as having left";
}

TEST(Gateway, KnowsARaisedHand) {
  Conversation discord;
  discord.become_ready();
  json state = voice_state("100000000000000002", "381870553235193857");
  state["d"]["request_to_speak_timestamp"] = "2026-11-21T08:00:00.000000+00:00";
  EXPECT_TRUE(only<OwnVoiceState>(discord.hears(state)).requested_to_speak);
  state["d"]["request_to_speak_timestamp"] = nullptr;
  EXPECT_FALSE(only<OwnVoiceState>(discord.hears(state)).requested_to_speak);
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

TEST(Gateway, IsSilentOnceItIsOver) {
  Conversation discord;
  discord.become_ready();
  EXPECT_EQ(count<Failed>(discord.closes(4004)), 1U);
  EXPECT_THAT(discord.closes(std::nullopt), IsEmpty());
  EXPECT_THAT(discord.session.on_open(kStart), IsEmpty());
  EXPECT_THAT(discord.hears(guild_create()), IsEmpty());
  EXPECT_THAT(discord.hears(hello()), IsEmpty());
  EXPECT_THAT(discord.session.on_time(kStart + 1h), IsEmpty());
  EXPECT_THAT(discord.session.identify(kStart), IsEmpty());
  EXPECT_THAT(discord.session.hurry(kStart), IsEmpty());
  EXPECT_THAT(discord.asks(kJoin), IsEmpty());
  EXPECT_FALSE(discord.session.is_ready());
  EXPECT_FALSE(discord.session.deadline());
}

// ── bad input ──

TEST(Gateway, RefusesAHelloWithoutASaneInterval) {
  for (const json& interval : {json(0), json(-1), json("40000"), json(nullptr), json(1e300), json::array()}) {
    Conversation discord;
    const Actions actions = discord.hears({{"op", 10}, {"d", {{"heartbeat_interval", interval}}}});
    EXPECT_EQ(only<CloseSocket>(actions).code, 4000) << interval;
    EXPECT_EQ(only<Reconnect>(actions).reason.cause(), Cause::network);
    EXPECT_EQ(count<WantsIdentify>(actions), 0U);
  }
}

TEST(Gateway, SendsNothingThatDiscordWouldRefuseForItsSize) {
  Config endless = config();
  endless.token = SecretString(std::string(4096, 'x'));
  Conversation discord(std::move(endless));
  const Actions actions = discord.hears_hello();
  EXPECT_EQ(only<CloseSocket>(actions).code, 1000);
  EXPECT_EQ(only<Failed>(actions).error.cause(), Cause::token_refused);
  EXPECT_EQ(count<SendText>(actions), 0U);
  EXPECT_THAT(only<Failed>(actions).error.what(), Not(HasSubstr("xxxx")));
}

TEST(Gateway, SurvivesATokenThatIsNoText) {
  Config binary = config();
  binary.token = SecretString("\xff\xfe");
  Conversation discord(std::move(binary));
  EXPECT_EQ(count<SendText>(discord.hears_hello()), 1U);
}

TEST(Gateway, ShrugsAtWhatIsNoMessage) {
  for (const char* const text :
       {"", "{", "[]", "null", "3", "\"op\"", "{\"op\":\"10\"}", "{\"op\":1.5}", "{\"d\":{}}", "\xff\xfe"}) {
    Conversation discord;
    EXPECT_THAT(discord.session.on_text(text, kStart), IsEmpty()) << text;
    EXPECT_EQ(count<SendText>(discord.hears_hello()), 1U) << "and goes on after " << text;
  }
}

TEST(Gateway, ShrugsAtDispatchesBeforeReady) {
  Conversation discord;
  discord.hears_hello();
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
      reconnect(),
      hello(),
      resumed(),
      invalid_session(true),
      hello(),
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
        if (count<WantsIdentify>(actions) == 1) discord.may_identify();
        if (count<Reconnect>(actions) == 1) discord.follows(actions);
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
