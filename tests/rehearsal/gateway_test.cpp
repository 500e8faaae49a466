// The loopback's main gateway: what it tells, and how it answers what Discord would not take.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "words/rehearsal_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::PaperDiscord;
using test::PaperPlayer;
using test::PaperSocket;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(MainGateway, GreetsAndTellsWhoWhereAndWhat) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.connect();
  EXPECT_EQ(player.gateway.last(10).at("d").at("heartbeat_interval"), 41'250);
  player.gateway_says(player.identity());
  const json ready = player.gateway.last(0, "READY");
  EXPECT_EQ(ready.at("s"), 1);
  EXPECT_EQ(ready.at("d").at("user").at("id"), discord.account().user.str());
  EXPECT_EQ(ready.at("d").at("guilds").at(0).at("id"), discord.world.options().guild.str());
  EXPECT_EQ(ready.at("d").at("shard"), json::array({0, 1}));
  const json guild = player.gateway.last(0, "GUILD_CREATE");
  EXPECT_EQ(guild.at("s"), 2);
  EXPECT_EQ(guild.at("d").at("roles").at(0).at("permissions"), "3146752");  // VIEW_CHANNEL, CONNECT, SPEAK
  EXPECT_EQ(guild.at("d").at("channels").at(0).at("bitrate"), 128'000);
  EXPECT_EQ(guild.at("d").at("voice_states").at(0).at("user_id"), discord.world.listener().str());
  EXPECT_EQ(guild.at("d").at("members").size(), 2U) << "the bot itself and who is in voice";
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(MainGateway, AnswersAJoinInTheOrderedOrder) {
  for (const bool server_first : {false, true}) {
    DiscordOptions options = PaperDiscord::unencrypted();
    options.server_update_first = server_first;
    PaperDiscord discord(options);
    PaperPlayer player(discord);
    player.log_in();
    player.join();
    const json state = player.gateway.last(0, "VOICE_STATE_UPDATE");
    const json server = player.gateway.last(0, "VOICE_SERVER_UPDATE");
    EXPECT_EQ(server_first, server.at("s") < state.at("s"));
    EXPECT_EQ(state.at("d").at("user_id"), discord.account().user.str());
    EXPECT_EQ(state.at("d").at("channel_id"), discord.world.options().channel.str());
    EXPECT_NE(state.at("d").at("session_id"), player.gateway.last(0, "READY").at("d").at("session_id"));
    EXPECT_EQ(server.at("d").at("endpoint"), "127.0.0.1:2");
  }
}

TEST(MainGateway, TellsLeavingToEverybodyWhoSubscribed) {
  PaperDiscord discord;
  PaperPlayer player(discord, 0);
  PaperPlayer subscriber(discord, 1);
  PaperPlayer guilds_only(discord, 2);
  player.log_in();
  subscriber.log_in();
  guilds_only.connect();
  guilds_only.gateway_says(guilds_only.identity({{"intents", 1}}));
  player.join();
  player.gateway_says(player.joining(nullptr));
  EXPECT_TRUE(player.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("channel_id").is_null());
  EXPECT_EQ(subscriber.gateway.count(0, "VOICE_STATE_UPDATE"), 2U);
  EXPECT_EQ(subscriber.gateway.count(0, "VOICE_SERVER_UPDATE"), 0U);
  EXPECT_EQ(guilds_only.gateway.count(0, "VOICE_STATE_UPDATE"), 0U);
  EXPECT_TRUE(discord.report().left_cleanly);
}

TEST(MainGateway, IsSilentWhereDiscordIsSilent) {
  DiscordOptions full;
  full.user_limit = 1;
  DiscordOptions no_connect;
  no_connect.everyone_permissions = {0x400};
  DiscordOptions no_view;
  no_view.everyone_permissions = {0x100000, 0x200000};
  DiscordOptions text_channel;
  text_channel.channel_type = 0;
  DiscordOptions ignoring;
  ignoring.ignores_join = true;
  for (const DiscordOptions& options : {full, no_connect, no_view, text_channel, ignoring}) {
    PaperDiscord discord(options);
    PaperPlayer player(discord);
    player.log_in();
    player.join();
    EXPECT_EQ(player.gateway.count(0, "VOICE_STATE_UPDATE"), 0U);
    EXPECT_EQ(player.gateway.count(0, "VOICE_SERVER_UPDATE"), 0U);
    EXPECT_THAT(discord.broken(), IsEmpty());
  }
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.log_in();
  player.gateway_says(player.joining("123456789012345678"));
  EXPECT_EQ(player.gateway.count(0, "VOICE_STATE_UPDATE"), 0U);
}

TEST(MainGateway, LetsMoveMembersIntoAFullChannel) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.user_limit = 1;
  options.everyone_permissions = {0x400, 0x100000, 0x1000000};
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  EXPECT_EQ(player.gateway.count(0, "VOICE_SERVER_UPDATE"), 1U);
}

TEST(MainGateway, GivesANewTokenForAMoveAndEndsTheOldVoiceSession) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  const json before = player.gateway.last(0, "VOICE_SERVER_UPDATE").at("d").at("token");
  player.gateway_says(player.joining(discord.world.other_channel().str()));
  EXPECT_NE(player.gateway.last(0, "VOICE_SERVER_UPDATE").at("d").at("token"), before);
  discord.advance(1s);
  EXPECT_THAT(player.voice.closed, Optional(4014));
}

TEST(MainGateway, GivesNoNewTokenForMutingOneself) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  json muted = player.joining(discord.world.options().channel.str());
  muted["d"]["self_mute"] = true;
  player.gateway_says(muted);
  EXPECT_EQ(player.gateway.count(0, "VOICE_STATE_UPDATE"), 2U);
  EXPECT_EQ(player.gateway.count(0, "VOICE_SERVER_UPDATE"), 1U);
}

TEST(MainGateway, ReplacesTheVoiceStateWhenTheSameBotJoinsElsewhere) {
  PaperDiscord discord;
  PaperPlayer first(discord);
  PaperPlayer second(discord);
  first.get_ready();
  second.log_in();
  const json session = first.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("session_id");
  second.join();
  EXPECT_NE(first.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("session_id"), session);
  discord.advance(1s);
  EXPECT_THAT(first.voice.closed, Optional(4014));
}

TEST(MainGateway, AcceptsHeartbeatsThatLagByWhatIsOnItsWay) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.connect();
  player.gateway_says({{"op", 1}, {"d", nullptr}});
  EXPECT_EQ(player.gateway.count(11), 1U);
  player.gateway_says(player.identity());
  player.gateway_says({{"op", 1}, {"d", nullptr}});  // READY and GUILD_CREATE may not have arrived yet
  player.gateway_says({{"op", 1}, {"d", 1}});
  player.gateway_says({{"op", 1}, {"d", 2}});
  EXPECT_THAT(discord.broken(), IsEmpty());
  discord.advance(3s);
  player.gateway_says({{"op", 1}, {"d", 2}});
  EXPECT_THAT(discord.broken(), IsEmpty());
  player.gateway_says({{"op", 1}, {"d", 1}});
  EXPECT_THAT(discord.broken(), ElementsAre("gateway-heartbeat-sequence"));
  player.gateway_says({{"op", 1}, {"d", 3}});
  EXPECT_EQ(discord.report().findings.front().count, 2U);
}

TEST(MainGateway, EndsSilentConnections) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.heartbeat_interval = 1s;
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.log_in();
  for (int i = 0; i < 10; ++i) {
    discord.advance(1s);
    player.gateway_says({{"op", 1}, {"d", 2}});
  }
  EXPECT_EQ(player.gateway.closed, std::nullopt);
  discord.advance(1499ms);
  EXPECT_EQ(player.gateway.closed, std::nullopt);
  discord.advance(1ms);
  EXPECT_THAT(player.gateway.closed, Optional(4009));
  EXPECT_THAT(discord.broken(), ElementsAre("gateway-heartbeat-missed"));
}

TEST(MainGateway, CountsMessagesPerMinute) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.log_in();
  for (int i = 0; i < 119; ++i) player.gateway_says({{"op", 1}, {"d", 2}});
  EXPECT_EQ(player.gateway.closed, std::nullopt);
  discord.advance(60s);  // heartbeats went on, so the line is alive
  for (int i = 0; i < 120; ++i) player.gateway_says({{"op", 1}, {"d", 2}});
  EXPECT_EQ(player.gateway.closed, std::nullopt);
  player.gateway_says({{"op", 1}, {"d", 2}});
  EXPECT_THAT(player.gateway.closed, Optional(4008));
  EXPECT_THAT(discord.broken(), ElementsAre("gateway-rate"));
}

TEST(MainGateway, KnowsNothingOfSessionsThatNeverWere) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.connect();
  const json never_begun = {{"token", discord.account().token}, {"session_id", "y"}, {"seq", 1}};
  player.gateway_says({{"op", 6}, {"d", never_begun}});
  EXPECT_EQ(player.gateway.last(9).at("d"), false);
  player.gateway_says(player.identity());
  EXPECT_EQ(player.gateway.count(0, "READY"), 1U);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(MainGateway, MisbehavesAsOrdered) {
  DiscordOptions mute;
  mute.says_nothing_on_connect = true;
  PaperDiscord silent(mute);
  PaperPlayer waiting(silent);
  waiting.connect();
  EXPECT_THAT(waiting.gateway.texts, IsEmpty());

  DiscordOptions closing;
  closing.identify_close_code = 4004;
  PaperDiscord refusing(closing);
  PaperPlayer refused(refusing);
  refused.log_in();
  EXPECT_THAT(refused.gateway.closed, Optional(4004));

  DiscordOptions chatty;
  chatty.extra_gateway_texts = {"{", R"({"op":77})"};
  PaperDiscord odd(chatty);
  PaperPlayer player(odd);
  player.log_in();
  EXPECT_THAT(player.gateway.texts, ::testing::Contains("{"));

  DiscordOptions deaf;
  deaf.ignores_heartbeats = true;
  PaperDiscord zombie(deaf);
  PaperPlayer beating(zombie);
  beating.log_in();
  beating.gateway_says({{"op", 1}, {"d", 2}});
  EXPECT_EQ(beating.gateway.count(11), 0U);
}

TEST(MainGateway, RemovesFromVoiceWithoutBlame) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(test::sound(), 5);
  discord.guild.remove_from_voice(discord.account().user, discord.now);
  discord.voice_gateway.close_all_of(discord.account().user, 4014, discord.now);
  EXPECT_TRUE(player.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("channel_id").is_null());
  EXPECT_THAT(player.voice.closed, Optional(4014));
  player.hang_up();
  EXPECT_THAT(discord.broken(), IsEmpty());
}

/// Something that a client may not say, and the answer.
struct Breach {
  const char* rule;
  std::uint16_t code;
  std::function<void(PaperDiscord&, PaperPlayer&)> act;
  std::function<void(DiscordOptions&)> furnish = [](DiscordOptions&) {};
};

class OnTheMainGateway : public ::testing::TestWithParam<Breach> {};

TEST_P(OnTheMainGateway, IsNamedAndClosed) {
  DiscordOptions options = PaperDiscord::unencrypted();
  GetParam().furnish(options);
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  GetParam().act(discord, player);
  EXPECT_THAT(discord.broken(), ElementsAre(GetParam().rule));
  EXPECT_THAT(player.gateway.closed, Optional(GetParam().code));
  player.gateway_says({{"op", 99}});  // after the close nothing counts
  player.hang_up();
  EXPECT_THAT(discord.broken(), ElementsAre(GetParam().rule));
}

std::function<void(PaperDiscord&, PaperPlayer&)> identifying(json changes) {
  return [changes = std::move(changes)](PaperDiscord&, PaperPlayer& player) {
    player.connect();
    player.gateway_says(player.identity(changes));
  };
}
std::function<void(PaperDiscord&, PaperPlayer&)> saying(std::string text) {
  return [text = std::move(text)](PaperDiscord& discord, PaperPlayer& player) {
    player.log_in();
    discord.gateway.on_text(player.gateway, text, discord.now);
  };
}
void demand_two_shards(DiscordOptions& options) { options.demanded_shards = 2; }

const Breach kBreaches[] = {
    {"gateway-version", 4012,
     [](PaperDiscord& discord, PaperPlayer& player) {
       discord.gateway.on_open(player.gateway, "v=9&encoding=json", discord.now);
     }},
    {"gateway-version", 4012,
     [](PaperDiscord& discord, PaperPlayer& player) {
       discord.gateway.on_open(player.gateway, "v=10", discord.now);
     }},
    {"gateway-before-identify", 4003,
     [](PaperDiscord&, PaperPlayer& player) {
       player.connect();
       player.join();
     }},
    {"gateway-identified-twice", 4005,
     [](PaperDiscord&, PaperPlayer& player) {
       player.log_in();
       player.gateway_says(player.identity());
     }},
    {"gateway-token", 4004, identifying({{"token", "nobody's.to.ken"}})},
    {"gateway-token", 4004, identifying({{"token", ""}})},
    {"gateway-token", 4004,
     [](PaperDiscord& discord, PaperPlayer& player) {
       player.connect();
       player.gateway_says(player.identity({{"token", "Bot " + discord.account().token}}));
     }},
    {"gateway-identify-fields", 4002, identifying({{"token", 7}})},
    {"gateway-identify-fields", 4002, identifying({{"properties", nullptr}})},
    {"gateway-intents", 4013, identifying({{"intents", 1 << 17}})},
    {"gateway-intents", 4013, identifying({{"intents", nullptr}})},
    {"gateway-intents", 4013, identifying({{"intents", -1}})},
    {"gateway-intents", 4014, identifying({{"intents", 2}})},
    {"gateway-shard", 4010, identifying({{"shard", {1, 1}}})},
    {"gateway-shard", 4010, identifying({{"shard", "0"}})},
    {"gateway-shard", 4010, identifying({{"shard", {0, 1, 2}}})},
    {"gateway-shard", 4011, identifying({{"shard", {0, 1}}}), demand_two_shards},
    {"gateway-shard", 4010, identifying({{"shard", {0, 4}}}), demand_two_shards},
    {"gateway-shard", 4010, identifying({{"shard", {1, 2}}}),
     demand_two_shards},  // 81384788765712384 >> 22 is even
    {"gateway-unknown-opcode", 4001, saying(R"({"op":5,"d":null})")},
    {"gateway-unknown-opcode", 4001, saying(R"({"op":-1})")},
    {"gateway-undecodable", 4002, saying("")},
    {"gateway-undecodable", 4002, saying("{\"op\":1")},
    {"gateway-undecodable", 4002, saying("[]")},
    {"gateway-undecodable", 4002, saying(R"({"op":"1"})")},
    {"gateway-undecodable", 4002, saying(R"({"op":1.5})")},
    {"gateway-undecodable", 4002, saying(R"({"op":18446744073709551615})")},
    {"gateway-undecodable", 4002, saying("{\"op\":1,\"x\":\"\xff\"}")},
    {"gateway-undecodable", 4002, saying(std::string(4096, '['))},
    {"gateway-undecodable", 4002,
     [](PaperDiscord& discord, PaperPlayer& player) {
       player.log_in();
       discord.gateway.on_binary(player.gateway, discord.now);
     }},
    {"gateway-too-large", 4002, saying(R"({"op":1,"d":null,"x":")" + std::string(4096, 'x') + "\"}")},
    {"gateway-voice-state-fields", 4002, saying(R"({"op":4,"d":{}})")},
    {"gateway-voice-state-fields", 4002, saying(R"({"op":4,"d":null})")},
    {"gateway-voice-state-fields", 4002,
     saying(
         R"({"op":4,"d":{"guild_id":81384788765712384,"channel_id":null,"self_mute":false,"self_deaf":false}})")},
    {"gateway-voice-state-fields", 4002,
     saying(R"({"op":4,"d":{"guild_id":"81384788765712384","self_mute":false,"self_deaf":false}})")},
    {"gateway-voice-state-fields", 4002,
     saying(
         R"({"op":4,"d":{"guild_id":"81384788765712384","channel_id":null,"self_mute":0,"self_deaf":false}})")},
};

INSTANTIATE_TEST_SUITE_P(Rehearsal, OnTheMainGateway, ::testing::ValuesIn(kBreaches), [](const auto& the) {
  std::string name = the.param.rule + std::to_string(the.index);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(MainGateway, LetsTheGuildsShardIn) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.demanded_shards = 2;
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.connect();
  player.gateway_says(player.identity({{"shard", {0, 2}}}));
  EXPECT_EQ(player.gateway.count(0, "READY"), 1U);
}

}  // namespace
}  // namespace vcplay::rehearsal
