// What Discord does to the voice state of a player, and to the guild around a call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::PaperDiscord;
using test::PaperPlayer;
using test::RecoveringPlayer;
using test::sound;
using test::Trouble;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr const char* kEverything = "Every member who was entitled to hear heard every packet.";

DiscordOptions stage() {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.channel_type = 13;
  return options;
}

// ── the voice state ──

TEST(Kick, EndsTheCall) {
  for (const bool alone : {false, true}) {
    DiscordOptions options = PaperDiscord::unencrypted();
    options.occupants = alone ? 0 : 1;
    Trouble<> trouble(options);
    trouble.playing();
    trouble.happens({FaultKind::kick});
    EXPECT_TRUE(trouble.player.own_state().at("channel_id").is_null());
    EXPECT_THAT(trouble.player.voice.closed, Optional(alone ? 4022 : 4014));
    trouble.player.hang_up();
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  }
}

TEST(TakeOver, ShowsAForeignSessionAndClosesOurs) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  const json before = player.own_state();
  trouble.happens({FaultKind::take_over});
  EXPECT_EQ(player.own_state().at("channel_id"), before.at("channel_id"));
  EXPECT_NE(player.own_state().at("session_id"), before.at("session_id"));
  EXPECT_EQ(player.gateway.count(0, "VOICE_SERVER_UPDATE"), 1U);
  player.send(sound(), 5);  // nobody hears that
  trouble.discord.advance(250ms);
  EXPECT_THAT(player.voice.closed, Optional(4006));
  player.hang_up();
  EXPECT_NE(trouble.discord.world.voice_state(trouble.user()), nullptr) << "the other process stays";
  EXPECT_THAT(trouble.discord.broken(), IsEmpty()) << "the voice state is not its own any more";
  EXPECT_EQ(trouble.discord.report().packets_heard, 10U);
}

TEST(Mute, KeepsWhatIsSaidFromEverybody) {
  Trouble<> trouble;
  int decoded = 0;
  trouble.discord.listener.set_sink(trouble.user(), [&](ByteView, const float*, std::size_t) { ++decoded; });
  trouble.playing();
  trouble.happens({FaultKind::mute});
  EXPECT_EQ(trouble.player.own_state().at("mute"), true);
  trouble.player.send(sound(), 10);
  trouble.happens({FaultKind::unmute});
  EXPECT_EQ(trouble.player.own_state().at("mute"), false);
  trouble.player.send(sound(), 10);
  trouble.end();
  const Report report = trouble.discord.report();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_received, 35U);
  EXPECT_EQ(report.packets_heard, 25U);
  EXPECT_EQ(decoded, 25) << "nothing is made up for what was not heard";
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_EQ(verdict_on_hearing(report), kEverything);
}

TEST(Stage, TakesNewcomersAsAudienceUntilTheyAreInvited) {
  Trouble<> trouble(stage());
  RecoveringPlayer& player = trouble.player;
  player.get_ready();
  EXPECT_EQ(player.own_state().at("suppress"), true);
  player.speak(1);
  player.send(sound(), 10);
  EXPECT_EQ(trouble.discord.report().packets_forwarded, 0U);
  trouble.happens({FaultKind::invite});
  EXPECT_EQ(player.own_state().at("suppress"), false);
  EXPECT_TRUE(player.own_state().at("request_to_speak_timestamp").is_null());
  player.send(sound(), 10);
  EXPECT_EQ(trouble.discord.report().packets_forwarded, 10U);
  trouble.happens({FaultKind::suppress});
  EXPECT_EQ(player.own_state().at("suppress"), true);
  player.send(sound(), 10);
  trouble.end();
  EXPECT_EQ(trouble.discord.report().packets_heard, 10U);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(verdict_on_hearing(trouble.discord.report()), kEverything);
}

TEST(DeniedSpeaking, IsSeenInTheChannelAndInTheVoiceState) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  trouble.happens({FaultKind::deny_speak});
  const json channel = player.gateway.last(0, "CHANNEL_UPDATE").at("d");
  EXPECT_EQ(channel.at("id"), trouble.discord.world.options().channel.str());
  const json overwrite = channel.at("permission_overwrites").at(0);
  EXPECT_EQ(overwrite.at("id"), trouble.discord.world.options().guild.str());
  EXPECT_EQ(overwrite.at("deny"), "2097152");  // SPEAK
  EXPECT_EQ(player.own_state().at("suppress"), true);
  player.send(sound(), 10);
  player.gateway_says(player.joining(trouble.discord.world.other_channel().str()));
  EXPECT_EQ(player.own_state().at("suppress"), true) << "nor elsewhere";
  EXPECT_EQ(trouble.discord.report().packets_heard, 10U);
}

// ── the guild ──

TEST(DeletedChannel, EndsTheCallForEverybody) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  PaperPlayer bob(trouble.discord, 1);
  bob.get_ready();
  trouble.playing();
  const std::size_t seen = player.dispatches().size();
  trouble.happens({FaultKind::delete_channel});
  std::vector<std::string> told = player.dispatches();
  told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(seen));
  EXPECT_THAT(
      told, ElementsAre("CHANNEL_DELETE", "VOICE_STATE_UPDATE", "VOICE_STATE_UPDATE", "VOICE_STATE_UPDATE"));
  EXPECT_TRUE(player.own_state().at("channel_id").is_null());
  trouble.discord.advance(250ms);
  EXPECT_THAT(player.voice.closed, Optional(4022));
  EXPECT_THAT(bob.voice.closed, Optional(4022));
  EXPECT_THAT(trouble.discord.world.voice_states(), IsEmpty());
  player.hang_up();
  bob.hang_up();
  EXPECT_THAT(trouble.discord.broken(0), IsEmpty());
  EXPECT_THAT(trouble.discord.broken(1), IsEmpty());

  RecoveringPlayer late(trouble.discord);
  late.log_in();
  EXPECT_EQ(late.gateway.last(0, "GUILD_CREATE").at("d").at("channels").size(), 2U);
  late.join();
  EXPECT_EQ(late.gateway.count(0, "VOICE_STATE_UPDATE"), 0U);
}

TEST(RemovedBot, HearsOfTheGuildNoMore) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  PaperPlayer bob(trouble.discord, 1);
  bob.log_in();
  trouble.playing();
  trouble.happens({FaultKind::remove_guild});
  const json gone = player.gateway.last(0, "GUILD_DELETE").at("d");
  EXPECT_EQ(gone.at("id"), trouble.discord.world.options().guild.str());
  EXPECT_FALSE(gone.contains("unavailable"));
  EXPECT_TRUE(bob.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("channel_id").is_null());
  EXPECT_EQ(bob.gateway.count(0, "GUILD_DELETE"), 0U);
  EXPECT_EQ(player.dispatches().back(), "GUILD_DELETE");
  trouble.discord.advance(250ms);
  EXPECT_THAT(player.voice.closed, Optional(4014));
  player.hang_up();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());

  RecoveringPlayer late(trouble.discord);
  late.log_in();
  EXPECT_THAT(late.gateway.last(0, "READY").at("d").at("guilds"), IsEmpty());
  EXPECT_EQ(late.gateway.count(0, "GUILD_CREATE"), 0U);
}

TEST(GuildOutage, EndsWithTheWholeGuild) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  trouble.happens({FaultKind::guild_outage, 0, 5s});
  EXPECT_EQ(player.gateway.last(0, "GUILD_DELETE").at("d").at("unavailable"), true);
  player.send(sound(), 10);
  EXPECT_EQ(trouble.discord.report().packets_heard, 20U) << "the voice server does not care";
  RecoveringPlayer late(trouble.discord);
  late.log_in();
  late.join();
  EXPECT_EQ(late.gateway.count(0, "GUILD_CREATE"), 0U);
  EXPECT_EQ(late.gateway.count(0, "VOICE_SERVER_UPDATE"), 0U);
  trouble.discord.advance(5s);
  EXPECT_EQ(late.gateway.count(0, "GUILD_CREATE"), 1U);
  EXPECT_EQ(player.gateway.count(0, "GUILD_CREATE"), 2U);
  late.join();
  EXPECT_EQ(late.gateway.count(0, "VOICE_SERVER_UPDATE"), 1U);
}

TEST(GuildOutage, LastsAsLongAsTheLongest) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::guild_outage, 0, 5s});
  trouble.discord.advance(3s);
  trouble.happens({FaultKind::guild_outage, 0, 5s});
  EXPECT_EQ(trouble.player.gateway.count(0, "GUILD_DELETE"), 1U);
  trouble.discord.advance(4999ms);
  EXPECT_EQ(trouble.player.gateway.count(0, "GUILD_CREATE"), 1U);
  trouble.discord.advance(10s);
  EXPECT_EQ(trouble.player.gateway.count(0, "GUILD_CREATE"), 2U);
}

TEST(Bitrate, IsToldAndShown) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::set_bitrate, 32'000});
  EXPECT_EQ(trouble.player.gateway.last(0, "CHANNEL_UPDATE").at("d").at("bitrate"), 32'000);
  PaperPlayer late(trouble.discord, 1);
  late.log_in();
  EXPECT_EQ(late.gateway.last(0, "GUILD_CREATE").at("d").at("channels").at(0).at("bitrate"), 32'000);
}

}  // namespace
}  // namespace vcplay::rehearsal
