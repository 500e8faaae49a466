// What goes wrong in one of several guilds, and leaves the others alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "words/fleet_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::expect_refused;
using test::Fleet;
using test::guilds;
using test::kSecondRoom;
using test::PaperSocket;
using test::two_rooms;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr const char* kSecondChannel = "381870553240000001";

/// Three guilds, and a script in which the second is called 2.
DiscordOptions with(std::string text, std::size_t count = 3) {
  DiscordOptions options = guilds(count);
  const std::string two = "in 2";
  for (auto at = text.find(two); at != std::string::npos; at = text.find(two, at))
    text.replace(at, two.size(), std::string("in ") + kSecondChannel);
  options.script = parse_script(text);
  return options;
}

std::vector<std::string> faults(const Report& report) {
  std::vector<std::string> words;
  for (const InjectedFault& one : report.faults) words.push_back(one.fault);
  return words;
}

TEST(AKickInOneOfThree, LeavesTwoWhoLoseNothing) {
  Fleet fleet(with("at 1s kick in 2"));
  fleet.get_ready();
  fleet.play(100);
  EXPECT_FALSE(fleet.call(1).is_in_voice());
  EXPECT_THAT(fleet.call(1).voice.closed, Optional(4014));
  EXPECT_TRUE(fleet.call(1).told("VOICE_STATE_UPDATE").at("channel_id").is_null());
  for (const std::size_t other : {0U, 2U}) {
    fleet.end(other);
    const Report report = fleet.report(other);
    EXPECT_EQ(report.audio_packets, 100U);
    EXPECT_EQ(report.packets_lost, 0U);
    EXPECT_EQ(report.packets_heard, 105U);
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_THAT(fleet.broken(other), IsEmpty());
  }
  fleet.call(1).hang_up_voice();
  fleet.hang_up();
  EXPECT_THAT(faults(fleet.report(1)), ElementsAre("kick"));
  EXPECT_EQ(fleet.report(1).packets_forwarded, 50U);
  EXPECT_THAT(fleet.broken(1), IsEmpty()) << "it could not end in order";
}

/// One way to write the fault, with everything that is optional left out.
std::string statement_of(const FaultForm& form) {
  std::string text = std::regex_replace(form.pattern(), std::regex(" \\[.*\\]"), "");
  const std::pair<const char*, const char*> examples[] = {{"CODE", "4015"},   {"BITS", "64k"},
                                                          {"PERCENT", "50%"}, {"COUNT", "50"},
                                                          {"BYTES", "20k"},   {"TIME", "1s"}};
  for (const auto& [name, value] : examples) text = std::regex_replace(text, std::regex(name), value);
  return text;
}

TEST(EachFaultOfOneCall, LeavesTheOthersAlone) {
  for (const FaultForm& form : fault_forms()) {
    if (reach_of(form.kind) != FaultReach::call) continue;
    SCOPED_TRACE(form.words);
    Fleet fleet(guilds(3));
    fleet.get_ready();
    fleet.play(5);
    const Fault fault = parse_script(statement_of(form)).at(0).fault;
    fleet.discord.inject(fault, *fleet.discord.find_hall(fleet.call(1).place.channel),
                         fleet.discord.account().user, fleet.discord.now);
    fleet.play(25, {0, 2});
    fleet.end(0, {2});
    fleet.play(5, {2});
    fleet.end(2);
    for (const std::size_t other : {0U, 2U}) {
      const Report report = fleet.report(other);
      EXPECT_EQ(report.audio_packets, other == 0 ? 30U : 40U);
      EXPECT_EQ(report.packets_heard, report.audio_packets + 5);
      EXPECT_EQ(report.packets_lost, 0U);
      EXPECT_EQ(report.encryption.epochs, 1U);
      EXPECT_THAT(report.faults, IsEmpty());
      EXPECT_THAT(fleet.broken(other), IsEmpty());
    }
    EXPECT_THAT(fleet.report(1).faults, SizeIs(1));
  }
}

TEST(AFault, HappensInTheGuildThatItNames) {
  DiscordOptions options = guilds(3);
  options.script = parse_script("at 200ms mute in " + options.further_places[1].guild.str());
  Fleet fleet(options);
  fleet.get_ready();
  fleet.play(20);
  EXPECT_THAT(fleet.report(0).faults, IsEmpty());
  EXPECT_THAT(fleet.report(1).faults, IsEmpty());
  EXPECT_THAT(faults(fleet.report(2)), ElementsAre("mute"));
  EXPECT_EQ(fleet.report(2).packets_forwarded, 10U);
}

TEST(AFault, HappensInTheFirstPlaceUnlessItNamesAnother) {
  Fleet fleet(with("migrate at once"));
  fleet.get_ready();
  fleet.play(5);
  EXPECT_THAT(faults(fleet.report(0)), ElementsAre("migrate at once"));
  EXPECT_THAT(fleet.report(1).faults, IsEmpty());
}

TEST(AFaultInAll, HappensInEachAtItsOwnTime) {
  Fleet fleet(with("at 200ms close voice 4015 in all"));
  fleet.get_ready();
  fleet.play(5, {0});
  fleet.play(5, {1});
  EXPECT_EQ(fleet.call(0).voice.closed, std::nullopt);
  fleet.play(5);
  EXPECT_THAT(fleet.call(0).voice.closed, Optional(4015));
  EXPECT_EQ(fleet.call(1).voice.closed, std::nullopt) << "its first audio came 100 ms later";
  fleet.play(5);
  EXPECT_THAT(fleet.call(1).voice.closed, Optional(4015));
  EXPECT_EQ(fleet.call(2).voice.closed, std::nullopt);
}

TEST(LostDatagrams, AreThoseOfOneCall) {
  Fleet fleet(with("block udp for 1s in 2"));
  fleet.get_ready();
  fleet.play(40);
  EXPECT_EQ(fleet.report(0).packets_dropped_by_script, 0U);
  EXPECT_EQ(fleet.report(1).packets_dropped_by_script, 39U);
  EXPECT_EQ(fleet.report(2).audio_packets, 40U);
}

TEST(ARefusalByOneVoiceServer, IsKnownWhenTheGuildIsNamed) {
  Fleet fleet(with("refuse voice for 1s in 2"));
  fleet.get_ready();
  fleet.play(1);
  for (const std::size_t i : {0U, 1U}) {
    auto& call = fleet.call(i);
    call.ask(call.place.channel.str());  // new credentials
    PaperSocket before = std::exchange(call.voice, PaperSocket());
    fleet.discord.voice.on_closed(before, 4014, fleet.discord.now);
    call.connect_voice();
    EXPECT_EQ(call.voice.count(8), 1U) << "nobody knows yet whom it wants to see";
    call.voice_says(call.identity_here());
  }
  EXPECT_EQ(fleet.call(0).voice.count(2), 1U);
  EXPECT_TRUE(fleet.call(1).voice.dropped);
  EXPECT_EQ(fleet.call(1).voice.count(2), 0U);
}

TEST(AnOutage, IsOfOneGuild) {
  Fleet fleet(with("guild outage for 2s in 2"));
  fleet.get_ready();
  fleet.play(1);
  const json gone = fleet.bot.gateway.last(0, "GUILD_DELETE").at("d");
  EXPECT_EQ(gone.at("id"), fleet.call(1).place.guild.str());
  EXPECT_EQ(fleet.bot.gateway.count(0, "GUILD_DELETE"), 1U);
  const std::size_t told = fleet.bot.gateway.count(0, "GUILD_CREATE");
  fleet.discord.advance(2s);
  EXPECT_EQ(fleet.bot.gateway.count(0, "GUILD_CREATE"), told + 1);
  EXPECT_EQ(fleet.bot.gateway.last(0, "GUILD_CREATE").at("d").at("id"), fleet.call(1).place.guild.str());
}

TEST(ALostGateway, ExcusesAllItsGuilds) {
  Fleet fleet(with("drop gateway in 2"));
  fleet.get_ready();
  fleet.play(5);
  EXPECT_TRUE(fleet.bot.gateway.dropped);
  fleet.discord.gateway.on_closed(fleet.bot.gateway, 0, fleet.discord.now);
  fleet.discord.end_lost_sessions(fleet.discord.now);
  fleet.discord.advance(1s);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(fleet.call(i).is_in_voice());
    EXPECT_THAT(fleet.call(i).voice.closed, Optional(4014));
    EXPECT_THAT(fleet.broken(i), IsEmpty());
  }
}

TEST(TheWholeDiscord, StandsStillForAllGuilds) {
  Fleet fleet(with("at 100ms stall 700ms; at 200ms mute in 2"));
  fleet.get_ready();
  fleet.play(6);
  ASSERT_EQ(fleet.discord.take_stall(), 700ms);
  fleet.discord.stood_still(700ms);
  fleet.discord.advance(100ms);
  EXPECT_THAT(fleet.report(1).faults, SizeIs(1)) << "200 ms of everybody's time have passed";
}

TEST(AFault, HappensInTheSecondPlaceOfAGuildWhenTheBotIsThere) {
  DiscordOptions options = two_rooms();
  options.script = parse_script("at 100ms mute in 381870553235193900; at 100ms rekey in all");
  Fleet fleet(options);
  fleet.bot.log_in();
  fleet.call(0).get_ready();
  fleet.play(10, {0});
  EXPECT_THAT(faults(fleet.report(0)), ElementsAre("rekey"));
  fleet.call(0).fall_silent();
  fleet.call(0).go_to({options.guild, kSecondRoom});
  fleet.play(10, {0});
  EXPECT_THAT(faults(fleet.report(1)), ElementsAre("mute", "rekey"));
  EXPECT_EQ(fleet.report(1).packets_forwarded, 5U);
}

TEST(AKeyInTwoGuilds, IsOneKey) {
  Fleet fleet(with("at 100ms rekey shared in all"));
  fleet.get_ready();
  fleet.play(6);
  // Both count from the beginning, as if it were a key of their own.
  for (const std::size_t one : {0U, 1U}) fleet.call(one).take_key();
  EXPECT_EQ(fleet.call(0).key, fleet.call(1).key);
  fleet.play(5, {0});
  EXPECT_THAT(fleet.broken(0), IsEmpty());
  fleet.play(1, {1});
  EXPECT_THAT(fleet.broken(1), ElementsAre("repeated-nonce"));
}

TEST(AFault, WantsAPlaceThatIsThere) {
  DiscordOptions options = guilds(2);
  options.script = parse_script("kick in 381870553235193002");
  expect_refused(options, "381870553235193002");
}

}  // namespace
}  // namespace vcplay::rehearsal
