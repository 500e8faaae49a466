// One bot in several guilds: a call, a group, listeners and a report in each, and one gateway for all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "words/fleet_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::expect_refused;
using test::Fleet;
using test::guilds;
using test::kSecondRoom;
using test::PaperDiscord;
using test::PaperPlayer;
using test::PaperSocket;
using test::silence;
using test::sound;
using test::two_rooms;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr const char* kEverything = "Every member who was entitled to hear heard every packet.";

/// Of the dispatches of that name, in order.
std::vector<std::string> guilds_in(const PaperSocket& socket, const std::string& name, const char* field) {
  std::vector<std::string> ids;
  for (const std::string& text : socket.texts) {
    const json message = json::parse(text);
    if (message.value("t", json()) == name) ids.push_back(message.at("d").at(field));
  }
  return ids;
}

// ── who is told of what ──

TEST(ABotInThreeGuilds, IsToldOfAllOfThem) {
  Fleet fleet(guilds(3));
  fleet.bot.log_in();
  const json listed = fleet.bot.gateway.last(0, "READY").at("d").at("guilds");
  ASSERT_EQ(listed.size(), 3U);
  for (const json& guild : listed) EXPECT_EQ(guild.at("unavailable"), true);
  EXPECT_THAT(guilds_in(fleet.bot.gateway, "GUILD_CREATE", "id"), SizeIs(3));
  std::set<std::uint64_t> shards;
  for (const Place& place : fleet.discord.places()) shards.insert((place.guild.value >> 22) % 3);
  EXPECT_THAT(shards, SizeIs(3)) << "they are on as many shards as there are";
  EXPECT_THAT(fleet.broken(0), IsEmpty());
}

TEST(ABotInThreeGuilds, FindsEachOfThemByRest) {
  Fleet fleet(guilds(3));
  const auto get = [&](const std::string& path, const std::string& query = "") {
    net::ServerRequest request;
    request.method = "GET";
    request.path = "/api/v10" + path;
    request.query = query;
    request.authorization = "Bot " + fleet.discord.account().token;
    request.user_agent = "DiscordBot (https://example.org, 1.0)";
    return json::parse(fleet.discord.rest.answer(request, fleet.discord.now).body);
  };
  EXPECT_EQ(get("/users/@me/guilds").size(), 3U);
  EXPECT_EQ(get("/users/@me/guilds", "limit=2").size(), 2U);
  for (const Place& place : fleet.discord.places()) {
    EXPECT_EQ(get("/channels/" + place.channel.str()).at("guild_id"), place.guild.str());
    EXPECT_EQ(get("/guilds/" + place.guild.str() + "/channels").size(), 3U);
  }
}

TEST(ABotInHundredsOfGuilds, HearsOfThemLittleByLittle) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.occupants = 0;
  Fleet fleet(guilds(250, options));
  fleet.bot.log_in();
  EXPECT_EQ(fleet.bot.gateway.last(0, "READY").at("d").at("guilds").size(), 250U);
  EXPECT_EQ(fleet.bot.gateway.count(0, "GUILD_CREATE"), 100U);
  fleet.discord.advance(1s);
  const std::vector<std::string> told = guilds_in(fleet.bot.gateway, "GUILD_CREATE", "id");
  EXPECT_THAT(told, SizeIs(250));
  EXPECT_THAT(std::set<std::string>(told.begin(), told.end()), SizeIs(250));
}

TEST(AShard, IsToldOfItsGuildsAlone) {
  DiscordOptions options = guilds(3);
  options.demanded_shards = 2;
  Fleet fleet(options);
  const auto& places = fleet.discord.places();  // on the shards 0, 1 and 0
  PaperSocket other;
  fleet.bot.connect();
  fleet.bot.gateway_says(fleet.bot.identity({{"shard", {0, 2}}}));
  fleet.discord.gateway.on_open(other, "v=10&encoding=json", fleet.discord.now);
  fleet.discord.gateway.on_text(other, fleet.bot.identity({{"shard", {1, 2}}}).dump(), fleet.discord.now);
  EXPECT_THAT(guilds_in(fleet.bot.gateway, "GUILD_CREATE", "id"),
              ElementsAre(places[0].guild.str(), places[2].guild.str()));
  EXPECT_THAT(guilds_in(other, "GUILD_CREATE", "id"), ElementsAre(places[1].guild.str()));
  fleet.call(1).ask(places[1].channel.str());
  EXPECT_FALSE(fleet.call(1).is_in_voice()) << "the guild is on the other shard";
  fleet.call(2).ask(places[2].channel.str());
  EXPECT_EQ(fleet.bot.gateway.count(0, "VOICE_SERVER_UPDATE"), 1U);
  EXPECT_EQ(other.count(0, "VOICE_STATE_UPDATE"), 0U);
  EXPECT_THAT(fleet.broken(0), IsEmpty());
}

TEST(Shards, IdentifyInTheirBucketsAtOnce) {
  DiscordOptions options = guilds(4);
  options.demanded_shards = 4;
  options.identify_spacing = 5s;
  options.max_concurrency = 2;
  Fleet fleet(options);
  std::vector<PaperSocket> sockets(3);
  for (int shard = 0; shard < 3; ++shard) {
    PaperSocket& socket = sockets[static_cast<std::size_t>(shard)];
    fleet.discord.gateway.on_open(socket, "v=10&encoding=json", fleet.discord.now);
    fleet.discord.gateway.on_text(socket, fleet.bot.identity({{"shard", {shard, 4}}}).dump(),
                                  fleet.discord.now);
  }
  EXPECT_EQ(sockets[0].count(0, "READY"), 1U);
  EXPECT_EQ(sockets[1].count(0, "READY"), 1U) << "another bucket";
  EXPECT_EQ(sockets[2].count(9), 1U) << "the bucket of shard 0";
  EXPECT_THAT(fleet.broken(0), ElementsAre("gateway-identify-too-soon"));
}

// ── calls ──

TEST(ABotInThreeGuilds, IsHeardInThreeCallsAtOnce) {
  DiscordOptions options = guilds(3);
  options.listeners = 2;
  Fleet fleet(options);
  fleet.get_ready();
  fleet.play(10);
  fleet.end(0, {1, 2});
  fleet.play(5, {1, 2});
  fleet.end(1, {2});
  fleet.play(5, {2});
  fleet.end(2);
  std::set<std::string> codes;
  std::set<Snowflake> ears;
  for (std::size_t i = 0; i < 3; ++i) {
    const Report report = fleet.report(i);
    EXPECT_EQ(report.audio_packets, 10U * (i + 1));
    EXPECT_EQ(report.packets_heard, report.packets_received);
    EXPECT_THAT(report.listeners, SizeIs(2));
    EXPECT_EQ(verdict_on_hearing(report), kEverything);
    EXPECT_EQ(report.encryption.privacy_code, fleet.call(i).code);
    EXPECT_EQ(report.encryption.members, 3U);
    EXPECT_EQ(report.encryption.confirmations, 2U);
    EXPECT_TRUE(report.left_cleanly);
    EXPECT_TRUE(report.speaking_ended);
    EXPECT_THAT(fleet.broken(i), IsEmpty());
    codes.insert(report.encryption.privacy_code);
    for (const ListenerReport& listener : report.listeners) ears.insert(listener.user);
  }
  EXPECT_THAT(codes, SizeIs(3)) << "a group in each";
  EXPECT_THAT(ears, SizeIs(6)) << "other people in each";
  fleet.hang_up();
  EXPECT_EQ(fleet.report(0).gateway_identifies, 1U);
  EXPECT_EQ(fleet.report(1).gateway_identifies, 0U) << "the first place has what belongs to none";
}

TEST(ABotInFiveGuilds, IsHeardByAllWhoComeAndGo) {
  DiscordOptions options = guilds(5);
  options.listeners = 4;
  options.churn = 150ms;
  Fleet fleet(options);
  fleet.get_ready();
  fleet.play(150);
  std::set<std::uint64_t> heard;
  for (std::size_t i = 0; i < 5; ++i) {
    const Report report = fleet.report(i);
    EXPECT_EQ(report.audio_packets, 150U);
    EXPECT_EQ(verdict_on_hearing(report), kEverything);
    EXPECT_GT(report.encryption.epochs, 10U);
    EXPECT_EQ(report.encryption.privacy_code, fleet.call(i).code);
    EXPECT_THAT(fleet.broken(i), IsEmpty());
    heard.insert(report.listeners.back().heard);
  }
  EXPECT_GT(heard.size(), 1U) << "not the same people come and go in all of them";
}

TEST(ABotInThreeGuilds, IsBlamedWhereItBreaksARule) {
  Fleet fleet(guilds(3));
  fleet.get_ready();
  fleet.play(5);
  (void)fleet.call(1).packet(sound());  // never sent
  fleet.play(5);
  fleet.call(2).speak(0);
  for (std::size_t i = 0; i < 2; ++i) fleet.end(i);
  fleet.call(2).leave();
  EXPECT_THAT(fleet.broken(0), IsEmpty());
  EXPECT_THAT(fleet.broken(1), ElementsAre("wrong-sequence"));
  EXPECT_THAT(fleet.broken(2), ElementsAre("missing-silence"));
}

TEST(ABotInThreeGuilds, MustLeaveEachOfThem) {
  Fleet fleet(guilds(3));
  fleet.get_ready();
  fleet.end(1);
  fleet.hang_up();
  EXPECT_THAT(fleet.broken(0), ElementsAre("left-without-leave"));
  EXPECT_THAT(fleet.broken(1), IsEmpty());
  EXPECT_THAT(fleet.broken(2), ElementsAre("left-without-leave"));
  EXPECT_FALSE(fleet.call(2).is_in_voice());
}

TEST(AStream, HasAKeyThatOpensNoOther) {
  Fleet fleet(guilds(2));
  fleet.get_ready();
  EXPECT_NE(fleet.call(0).key, fleet.call(1).key);
  EXPECT_NE(fleet.call(0).ssrc, fleet.call(1).ssrc);
  std::swap(fleet.call(0).ssrc, fleet.call(1).ssrc);
  fleet.play(1, {0});
  EXPECT_THAT(fleet.broken(0), IsEmpty());
  EXPECT_THAT(fleet.broken(1), AllOf(Contains("bad-tag"), Contains("wrong-source-address")))
      << "the SSRC is the other call's";
}

TEST(AKeepalive, IsCountedInTheCallOfItsSender) {
  Fleet fleet(guilds(2));
  fleet.get_ready();
  fleet.call(1).deliver({0x13, 0x37, 0xCA, 0xFE, 0, 0, 0, 1});
  EXPECT_EQ(fleet.report(0).keepalives, 0U);
  EXPECT_EQ(fleet.report(1).keepalives, 1U);
  EXPECT_EQ(fleet.discord.datagrams.back().first, fleet.call(1).address);
}

TEST(AVoiceConnection, GoesToTheGuildThatItNames) {
  Fleet fleet(guilds(2));
  fleet.bot.log_in();
  for (std::size_t i = 0; i < 2; ++i) fleet.call(i).ask(fleet.call(i).place.channel.str());
  const json elsewhere = {{"server_id", fleet.call(0).place.guild.str()}};
  fleet.call(1).connect_voice();
  fleet.call(1).voice_says(fleet.call(1).identity_here(elsewhere));
  EXPECT_THAT(fleet.call(1).voice.closed, Optional(4006)) << "that session is another guild's";
  EXPECT_THAT(fleet.broken(0), ElementsAre("voice-session"));
  fleet.call(1).voice = PaperSocket();
  fleet.call(1).enter();
  EXPECT_EQ(fleet.call(1).media, "encrypted");
  EXPECT_THAT(fleet.broken(1), IsEmpty());
}

TEST(AVoiceSession, IsResumedInItsGuild) {
  Fleet fleet(guilds(2));
  fleet.get_ready();
  auto& call = fleet.call(1);
  const json identity = call.identity_here().at("d");
  PaperSocket before = std::exchange(call.voice, PaperSocket());
  fleet.discord.voice.on_closed(before, 0, fleet.discord.now);
  fleet.play(5);
  call.connect_voice();
  call.voice_says({{"op", 7},
                   {"d",
                    {{"server_id", identity.at("server_id")},
                     {"session_id", identity.at("session_id")},
                     {"token", identity.at("token")},
                     {"seq_ack", before.last_number.value()}}}});
  EXPECT_EQ(call.voice.count(9), 1U);
  fleet.play(5);
  EXPECT_EQ(fleet.report(1).voice_resumes, 1U);
  EXPECT_EQ(fleet.report(1).audio_packets, 10U);
  EXPECT_EQ(fleet.report(0).voice_resumes, 0U);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_THAT(fleet.broken(i), IsEmpty());
}

// ── one gateway for all ──

TEST(ABotInThreeGuilds, IsToldAgainWhatItMissedInEach) {
  Fleet fleet(guilds(3));
  PaperPlayer bob(fleet.discord, 1);
  bob.log_in();
  fleet.get_ready();
  const json session = fleet.bot.gateway.last(0, "READY").at("d").at("session_id");
  const json seen = fleet.bot.gateway.last(0).at("s");
  PaperSocket before = std::exchange(fleet.bot.gateway, PaperSocket());
  fleet.discord.gateway.on_closed(before, 0, fleet.discord.now);
  for (const Place& place : fleet.discord.places()) {
    json joining = bob.joining(place.channel.str());
    joining["d"]["guild_id"] = place.guild.str();
    bob.gateway_says(joining);
  }
  fleet.discord.gateway.on_open(fleet.bot.gateway, "v=10&encoding=json", fleet.discord.now,
                                GatewayDoor::resume);
  fleet.bot.gateway_says(
      {{"op", 6}, {"d", {{"token", fleet.discord.account().token}, {"session_id", session}, {"seq", seen}}}});
  EXPECT_THAT(guilds_in(fleet.bot.gateway, "VOICE_STATE_UPDATE", "guild_id"),
              ElementsAre(fleet.discord.places()[0].guild.str(), fleet.discord.places()[1].guild.str(),
                          fleet.discord.places()[2].guild.str()));
  EXPECT_EQ(fleet.bot.gateway.count(0, "RESUMED"), 1U);
  fleet.play(5);
  for (std::size_t i = 0; i < 3; ++i) {
    fleet.end(i);
    EXPECT_THAT(fleet.broken(i), IsEmpty());
  }
}

TEST(ABotInManyGuilds, MayNotJoinThemAllInOneMinute) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.occupants = 0;
  Fleet fleet(guilds(130, options));
  fleet.bot.log_in();  // one message
  for (std::size_t i = 0; i < 119; ++i) fleet.call(i).ask(fleet.call(i).place.channel.str());
  EXPECT_EQ(fleet.bot.gateway.closed, std::nullopt);
  EXPECT_THAT(fleet.broken(0), IsEmpty());
  fleet.call(119).ask(fleet.call(119).place.channel.str());
  EXPECT_THAT(fleet.bot.gateway.closed, Optional(4008));
  EXPECT_THAT(fleet.broken(0), ElementsAre("gateway-rate"));
  EXPECT_FALSE(fleet.call(119).is_in_voice());
}

TEST(ABotInManyGuilds, MayJoinThemAllMinuteByMinute) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.occupants = 0;
  Fleet fleet(guilds(130, options));
  fleet.bot.log_in();
  for (std::size_t i = 0; i < 130; ++i) {
    if (i == 65) fleet.discord.advance(60s);
    fleet.call(i).ask(fleet.call(i).place.channel.str());
    EXPECT_TRUE(fleet.call(i).is_in_voice());
  }
  EXPECT_EQ(fleet.bot.gateway.closed, std::nullopt);
  EXPECT_THAT(fleet.broken(0), IsEmpty());
}

// ── places in one guild ──

TEST(TwoPlacesOfOneGuild, AreVisitedOneAfterTheOther) {
  const DiscordOptions options = two_rooms();
  Fleet fleet(options);
  fleet.bot.log_in();
  auto& call = fleet.call(0);
  call.get_ready();
  fleet.play(10, {0});
  call.fall_silent();
  call.go_to({options.guild, kSecondRoom});
  fleet.play(20, {0});
  fleet.end(0);
  EXPECT_EQ(fleet.report(0).audio_packets, 10U);
  EXPECT_EQ(fleet.report(1).audio_packets, 20U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(verdict_on_hearing(fleet.report(i)), kEverything);
    EXPECT_EQ(fleet.report(i).encryption.members, 2U);
    EXPECT_TRUE(fleet.report(i).left_cleanly);
    EXPECT_THAT(fleet.broken(i), IsEmpty());
  }
  EXPECT_EQ(fleet.bot.gateway.count(0, "GUILD_CREATE"), 1U);
}

TEST(APlace, MayBeThereOnce) {
  DiscordOptions options;
  options.further_places = {{Snowflake{81384788769906688}, options.channel}};
  expect_refused(options, "381870553235193857");
}

}  // namespace
}  // namespace vcplay::rehearsal
