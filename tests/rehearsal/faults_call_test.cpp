// What Discord does to a call: migrations, moves, voice states and the guild around them, and that whoever
// follows is heard.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::PaperDiscord;
using test::PaperPlayer;
using test::RecoveringDavePlayer;
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

// ── migration ──

TEST(Migration, TakesTheServerAndBringsAnother) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  const json before = player.told("VOICE_SERVER_UPDATE").at("token");
  trouble.happens({FaultKind::migrate, 0, 500ms});
  EXPECT_TRUE(player.told("VOICE_SERVER_UPDATE").at("endpoint").is_null());
  const json nothing = player.told("VOICE_SERVER_UPDATE").at("token");
  trouble.discord.advance(249ms);
  EXPECT_EQ(player.voice.closed, std::nullopt);
  trouble.discord.advance(1ms);
  EXPECT_THAT(player.voice.closed, Optional(4014));
  player.lose_voice(4014);
  trouble.discord.advance(249ms);
  EXPECT_EQ(player.gateway.count(0, "VOICE_SERVER_UPDATE"), 2U);
  trouble.discord.advance(1ms);
  const json server = player.told("VOICE_SERVER_UPDATE");
  EXPECT_EQ(server.at("endpoint"), "127.0.0.1:2");
  EXPECT_NE(server.at("token"), before);
  EXPECT_NE(server.at("token"), nothing);
  EXPECT_EQ(player.gateway.count(0, "VOICE_STATE_UPDATE"), 1U) << "it stays where it is";
  player.renew_voice();
  player.speak(1);
  player.send(sound(), 10);
  trouble.end();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(trouble.discord.report().packets_heard, 25U);
  EXPECT_EQ(trouble.discord.report().packets_lost, 0U);
  EXPECT_EQ(trouble.discord.report().voice_identifies, 2U);
}

TEST(Migration, BringsNoSecondServerToThoseWhoAskedMeanwhile) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::migrate, 0, 5s});
  trouble.discord.advance(1s);
  trouble.player.join();
  EXPECT_EQ(trouble.player.gateway.count(0, "VOICE_SERVER_UPDATE"), 3U);
  trouble.discord.advance(10s);
  EXPECT_EQ(trouble.player.gateway.count(0, "VOICE_SERVER_UPDATE"), 3U);
}

TEST(Migration, BringsNothingToThoseWhoLeftMeanwhile) {
  Trouble<> trouble;
  trouble.playing();
  trouble.player.fall_silent();
  trouble.happens({FaultKind::migrate, 0, 5s});
  trouble.player.gateway_says(trouble.player.joining(nullptr));
  trouble.discord.advance(10s);
  EXPECT_EQ(trouble.player.gateway.count(0, "VOICE_SERVER_UPDATE"), 2U);
}

TEST(Migration, BringsTheOtherServerFirst) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  trouble.happens({FaultKind::migrate_at_once});
  EXPECT_EQ(player.told("VOICE_SERVER_UPDATE").at("endpoint"), "127.0.0.1:2");
  EXPECT_EQ(player.voice.closed, std::nullopt);
  // The new session is there before the old one is closed.
  player.send(sound(), 5);
  RecoveringPlayer next(trouble.discord);
  next.gateways = {player.gateway};
  next.renew_voice();
  next.speak(1);
  next.send(sound(), 7);
  EXPECT_EQ(player.voice.closed, std::nullopt);
  trouble.discord.advance(10ms);
  EXPECT_THAT(player.voice.closed, Optional(4014));
  player.lose_voice(4014);
  next.send(sound(), 13);
  next.fall_silent();
  player.gateway_says(player.joining(nullptr));
  next.lose_voice(1000);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(trouble.discord.report().packets_heard, 40U);
  EXPECT_EQ(trouble.discord.report().packets_lost, 0U);
}

TEST(Migration, IsNoDepartureToTheOthers) {
  Trouble<> trouble;
  PaperPlayer bob(trouble.discord, 1);
  bob.get_ready();
  trouble.playing();
  trouble.happens({FaultKind::migrate_at_once});
  RecoveringPlayer next(trouble.discord);
  next.gateways = {trouble.player.gateway};
  next.renew_voice();
  trouble.discord.advance(250ms);
  trouble.player.lose_voice(4014);
  EXPECT_EQ(bob.voice.count(13), 0U);
  next.lose_voice(1000);
  EXPECT_EQ(bob.voice.count(13), 1U);
}

TEST(Migration, IsToldToAPlayerWhoseMainGatewayIsLost) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  player.lose_gateway();
  trouble.happens({FaultKind::migrate, 0, 500ms});
  trouble.discord.advance(1s);
  player.resume_gateway();
  EXPECT_THAT(player.dispatches(), ElementsAre("VOICE_SERVER_UPDATE", "VOICE_SERVER_UPDATE", "RESUMED"));
  player.lose_voice(4014);
  player.renew_voice();
  player.speak(1);
  player.send(sound(), 10);
  trouble.end();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
}

TEST(Migration, EndsOneGroupAndBeginsAnother) {
  for (const bool at_once : {false, true}) {
    Trouble<RecoveringDavePlayer> trouble(test::encrypted());
    RecoveringDavePlayer& player = trouble.player;
    player.get_ready();
    player.speak(1);
    EXPECT_EQ(player.play(20), 20);
    const std::string code = player.code;
    trouble.happens({at_once ? FaultKind::migrate_at_once : FaultKind::migrate, 0, 500ms});
    RecoveringDavePlayer next(trouble.discord);
    if (at_once) {
      next.gateways = {player.gateway};
      next.renew_encrypted_voice();
      player.listen();  // what it still says is of the past
      trouble.discord.advance(250ms);
      player.lose_voice(4014);
    } else {
      trouble.discord.advance(500ms);
      player.lose_voice(4014);
      next.gateways = {player.gateway};
      next.renew_encrypted_voice();
    }
    trouble.discord.advance(100ms);
    next.listen();
    EXPECT_EQ(next.media, "encrypted");
    EXPECT_NE(next.code, code);
    next.speak(1);
    EXPECT_EQ(next.play(20), 20);
    next.fall_silent();
    player.gateway_says(player.joining(nullptr));
    next.lose_voice(1000);
    const Report report = trouble.discord.report();
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
    EXPECT_EQ(report.packets_heard, 45U);
    EXPECT_EQ(report.encryption.undecryptable, 0U);
    EXPECT_EQ(verdict_on_hearing(report), kEverything);
  }
}

TEST(Migration, LeavesDaveWithTheSessionThatIsInTheCall) {
  Trouble<RecoveringDavePlayer> trouble(test::encrypted());
  RecoveringDavePlayer& player = trouble.player;
  player.get_ready();
  player.speak(1);
  player.play(10);
  trouble.happens({FaultKind::migrate_at_once});
  RecoveringDavePlayer next(trouble.discord);
  next.gateways = {player.gateway};
  next.identify_to_voice({{"max_dave_protocol_version", 1}});  // up to READY
  test::DavePlayer bob(trouble.discord, 1);
  bob.get_ready();
  const auto is_binary = [](const auto& message) { return std::holds_alternative<Bytes>(message); };
  EXPECT_TRUE(std::any_of(player.voice.unread.begin(), player.voice.unread.end(), is_binary));
  EXPECT_FALSE(std::any_of(next.voice.unread.begin(), next.voice.unread.end(), is_binary));

  const Bytes key_package = {26, 1, 2, 3};
  trouble.discord.voice.on_binary(next.voice, key_package, trouble.discord.now);
  EXPECT_THAT(trouble.discord.broken(), ElementsAre("dave-opcode-order")) << "it has no SESSION_DESCRIPTION";
  next.ssrc = next.voice.last(2).at("d").at("ssrc").get<std::uint32_t>();
  next.discover();
  next.select();
  trouble.discord.voice.on_binary(player.voice, key_package, trouble.discord.now);
  player.voice_says({{"op", 23}, {"d", {{"transition_id", 77}}}});
  EXPECT_EQ(trouble.discord.report().findings.size(), 1U) << "what the old session says was on its way";
  EXPECT_EQ(trouble.discord.report().findings.front().count, 1U);
}

// ── moves ──

TEST(Move, TakesThePlayerAndItsListenersElsewhere) {
  for (const bool server_first : {false, true}) {
    DiscordOptions options = PaperDiscord::unencrypted();
    options.server_update_first = server_first;
    Trouble<> trouble(options);
    RecoveringPlayer& player = trouble.player;
    trouble.playing();
    const json before = player.own_state();
    const std::size_t seen = player.dispatches().size();
    trouble.happens({FaultKind::move});
    const std::string there = trouble.discord.world.other_channel().str();
    EXPECT_EQ(player.own_state().at("channel_id"), there);
    EXPECT_EQ(player.own_state().at("session_id"), before.at("session_id"));
    std::vector<std::string> told = player.dispatches();
    told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(seen));
    const std::string first = server_first ? "VOICE_SERVER_UPDATE" : "VOICE_STATE_UPDATE";
    const std::string then = server_first ? "VOICE_STATE_UPDATE" : "VOICE_SERVER_UPDATE";
    EXPECT_THAT(told, ElementsAre(first, then, "VOICE_STATE_UPDATE")) << "the third is the listener's";
    EXPECT_EQ(player.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("channel_id"), there);
    player.send(sound(), 5);  // into the channel that it has left
    trouble.discord.advance(150ms);
    EXPECT_THAT(player.voice.closed, Optional(4014));
    player.lose_voice(4014);
    player.renew_voice();
    player.speak(1);
    player.send(sound(), 10);
    trouble.end();
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
    const Report report = trouble.discord.report();
    EXPECT_EQ(report.packets_received, 30U);
    EXPECT_EQ(report.packets_heard, 25U);
    EXPECT_EQ(report.packets_lost, 0U);
    EXPECT_EQ(verdict_on_hearing(report), kEverything);
  }
}

TEST(Move, GoesBackAndForthAndNowhereElse) {
  Trouble<> trouble;
  trouble.playing();
  const json here = trouble.player.own_state().at("channel_id");
  trouble.happens({FaultKind::move});
  EXPECT_NE(trouble.player.own_state().at("channel_id"), here);
  trouble.happens({FaultKind::move});
  EXPECT_EQ(trouble.player.own_state().at("channel_id"), here);
  trouble.happens({FaultKind::move, trouble.discord.world.other_channel().value});
  EXPECT_NE(trouble.player.own_state().at("channel_id"), here);
  const std::size_t told = trouble.player.dispatches().size();
  trouble.happens({FaultKind::move, trouble.discord.world.other_channel().value});
  EXPECT_EQ(trouble.player.dispatches().size(), told) << "it is there";
  trouble.happens({FaultKind::move, 1234});
  EXPECT_EQ(trouble.player.dispatches().size(), told) << "the guild has no such channel";
}

TEST(Move, BeginsAGroupInTheOtherChannel) {
  DiscordOptions options = test::encrypted();
  options.listeners = 3;
  Trouble<RecoveringDavePlayer> trouble(options);
  RecoveringDavePlayer& player = trouble.player;
  player.get_ready();
  player.speak(1);
  EXPECT_EQ(player.play(20), 20);
  const std::string code = player.code;
  trouble.happens({FaultKind::move});
  player.play(10);  // under the old group's keys, into the old channel
  trouble.discord.advance(50ms);
  EXPECT_THAT(player.voice.closed, Optional(4014));
  player.lose_voice(4014);
  player.renew_encrypted_voice();
  trouble.discord.advance(100ms);
  player.listen();
  EXPECT_EQ(player.media, "encrypted");
  EXPECT_NE(player.code, code);
  EXPECT_EQ(player.members, 4U);
  player.speak(1);
  EXPECT_EQ(player.play(20), 20);
  trouble.end();
  const Report report = trouble.discord.report();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_heard, 45U);
  EXPECT_EQ(report.encryption.undecryptable, 0U);
  EXPECT_EQ(report.encryption.plaintext, 0U);
  EXPECT_EQ(report.encryption.confirmations, 3U);
  EXPECT_EQ(verdict_on_hearing(report), kEverything);
}

TEST(Move, ThereAndBackLetsNobodyHearWhatIsUnderTheKeysOfBefore) {
  Trouble<RecoveringDavePlayer> trouble(test::encrypted());
  RecoveringDavePlayer& player = trouble.player;
  player.get_ready();
  player.speak(1);
  EXPECT_EQ(player.play(20), 20);
  trouble.happens({FaultKind::move});
  trouble.happens({FaultKind::move});
  player.play(4);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(trouble.discord.report().packets_heard, 20U);
}

TEST(Move, IsNewsToWhoeverWasAwayMeanwhile) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  player.lose_gateway();
  trouble.happens({FaultKind::move});
  const std::string unused = trouble.discord.world.voice_state(trouble.user())->voice_token;
  trouble.happens({FaultKind::move});
  trouble.discord.advance(5s);
  player.resume_gateway();
  player.lose_voice(4014);
  player.identify_to_voice({{"token", unused}});
  EXPECT_THAT(player.voice.closed, Optional(4006));
  EXPECT_THAT(trouble.discord.broken(), IsEmpty()) << "the other one was on its way";

  trouble.discord.advance(5s);
  player.lose_voice(4006);
  player.identify_to_voice({{"token", unused}});
  EXPECT_THAT(trouble.discord.broken(), ElementsAre("voice-token"));
}

TEST(Move, IsFollowedByMembersWhoComeLater) {
  DiscordOptions options = PaperDiscord::unencrypted();
  MemberScript late;
  late.cue = Cue::audio;
  late.joins_after = 1s;
  options.member_scripts = {{}, late};
  Trouble<> trouble(options);
  trouble.playing();
  trouble.happens({FaultKind::move});
  trouble.discord.advance(2s);
  EXPECT_EQ(trouble.discord.world.members_in(trouble.discord.world.other_channel()), 3U);
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
