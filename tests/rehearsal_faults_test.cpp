// What Discord does to a player: each fault as the player sees it, what it hears who recovers, and who is to
// blame for what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::kNoCloseFrame;
using test::PaperDiscord;
using test::PaperPlayer;
using test::PaperSocket;
using test::RecoveringDavePlayer;
using test::RecoveringPlayer;
using test::silence;
using test::sound;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr const char* kEverything = "Every member who was entitled to hear heard every packet.";

/// A Discord that does something to its first account.
template <class Player = RecoveringPlayer>
struct Trouble {
  explicit Trouble(DiscordOptions options = PaperDiscord::unencrypted())
      : discord(std::move(options)), player(discord) {}

  void happens(const Fault& fault) {
    discord.inject(fault, discord.account().user, discord.now);
    discord.settle(discord.now);
  }
  void playing() {
    player.get_ready();
    player.speak(1);
    player.send(sound(), 10);
  }
  void end() {
    player.fall_silent();
    player.leave();
  }
  [[nodiscard]] Snowflake user() const { return discord.account().user; }

  PaperDiscord discord;
  Player player;
};

DiscordOptions stage() {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.channel_type = 13;
  return options;
}

// ── the main gateway ──

TEST(GatewayFault, DropsWithoutAWord) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::drop_gateway});
  EXPECT_TRUE(trouble.player.gateway.dropped);
  EXPECT_EQ(trouble.player.gateway.closed, std::nullopt);
  trouble.player.lose_gateway();
  trouble.player.resume_gateway();
  EXPECT_EQ(trouble.player.gateway.count(0, "RESUMED"), 1U);
  trouble.happens({FaultKind::drop_gateway});  // once more
  EXPECT_TRUE(trouble.player.gateway.dropped);
  trouble.player.lose_gateway();
  trouble.player.resume_gateway();
  trouble.end();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(trouble.discord.report().gateway_resumes, 2U);
}

TEST(GatewayFault, ClosesSoThatTheSessionLivesOrDies) {
  for (const auto& [code, lives] : std::map<std::uint16_t, bool>{{1000, true},
                                                                 {1001, true},
                                                                 {4000, true},
                                                                 {4001, true},
                                                                 {4008, true},
                                                                 {4003, false},
                                                                 {4007, false},
                                                                 {4009, false}}) {
    SCOPED_TRACE(code);
    Trouble<> trouble;
    trouble.playing();
    trouble.happens({FaultKind::close_gateway, code});
    EXPECT_THAT(trouble.player.gateway.closed, Optional(code));
    trouble.player.lose_gateway(code);
    trouble.player.resume_gateway();
    EXPECT_EQ(trouble.player.gateway.count(0, "RESUMED"), lives ? 1U : 0U);
    EXPECT_EQ(trouble.player.gateway.count(9), lives ? 0U : 1U);
    EXPECT_EQ(trouble.discord.world.voice_state(trouble.user()) != nullptr, lives);
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  }
}

TEST(GatewayFault, AsksToReconnect) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::reconnect_gateway});
  EXPECT_EQ(trouble.player.gateway.count(7), 1U);
  EXPECT_TRUE(trouble.player.gateway.last(7).at("d").is_null());
  trouble.player.lose_gateway(4000);
  trouble.player.resume_gateway();
  EXPECT_EQ(trouble.player.gateway.count(0, "RESUMED"), 1U);
  trouble.end();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
}

TEST(GatewayFault, InvalidatesASessionThatCanBeResumed) {
  for (const bool on_the_same_connection : {true, false}) {
    Trouble<> trouble;
    RecoveringPlayer& player = trouble.player;
    trouble.playing();
    const json session = player.gateway.last(0, "READY").at("d").at("session_id");
    trouble.happens({FaultKind::invalidate_gateway, 0, {}, true});
    EXPECT_EQ(player.gateway.last(9).at("d"), true);
    if (on_the_same_connection) {
      player.gateway_says(
          player.gateway_resumption({{"session_id", session}, {"seq", player.last_sequence()}}));
    } else {
      player.lose_gateway(4000);
      player.resume_gateway();
    }
    EXPECT_EQ(player.gateway.count(0, "RESUMED"), 1U);
    // Whose heartbeats the client has to answer to is clear again.
    player.gateway_says({{"op", 1}, {"d", player.gateway.last(0).at("s")}});
    trouble.end();
    EXPECT_EQ(trouble.discord.broken(), on_the_same_connection
                                            ? std::vector<std::string>{"gateway-resume-url"}
                                            : std::vector<std::string>{});
  }
}

TEST(GatewayFault, InvalidatesASessionForGood) {
  for (const bool on_the_same_connection : {true, false}) {
    Trouble<> trouble;
    RecoveringPlayer& player = trouble.player;
    trouble.playing();
    trouble.happens({FaultKind::invalidate_gateway});
    EXPECT_EQ(player.gateway.last(9).at("d"), false);
    player.gateway_says({{"op", 1}, {"d", nullptr}});  // it has no number any more
    if (on_the_same_connection) {
      player.gateway_says(player.identity());
      EXPECT_EQ(player.gateway.count(0, "READY"), 2U);
    } else {
      player.lose_gateway(4000);
      player.log_in();
      EXPECT_EQ(player.gateway.count(0, "READY"), 1U);
    }
    EXPECT_TRUE(player.own_state().at("channel_id").is_null());
    trouble.discord.advance(1s);
    EXPECT_THAT(player.voice.closed, Optional(4014));
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  }
}

TEST(GatewayFault, ForgetsASessionBeforeItIsLost) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::forget_gateway});
  trouble.discord.gateway.announce_voice_status(trouble.discord.now);
  EXPECT_EQ(trouble.player.gateway.count(0, "VOICE_CHANNEL_STATUS_UPDATE"), 1U) << "nobody notices yet";
  trouble.player.lose_gateway();
  trouble.player.resume_gateway();
  EXPECT_EQ(trouble.player.gateway.last(9).at("d"), false);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
}

TEST(GatewayFault, RefusesConnectionsForAWhile) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::refuse_gateway, 0, 10s});
  EXPECT_FALSE(trouble.player.gateway.dropped) << "what is there stays";
  trouble.player.lose_gateway();
  trouble.player.knock();
  EXPECT_TRUE(trouble.player.gateway.dropped);
  EXPECT_THAT(trouble.player.gateway.texts, IsEmpty());
  trouble.discord.gateway.on_closed(trouble.player.gateway, kNoCloseFrame, trouble.discord.now);
  trouble.player.gateway = PaperSocket();
  trouble.discord.advance(10s);
  trouble.player.resume_gateway();
  EXPECT_EQ(trouble.player.gateway.count(0, "RESUMED"), 1U);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
}

TEST(GatewayFault, MeetsNobodyWhoIsNotThere) {
  const FaultKind all[] = {
      FaultKind::drop_gateway,       FaultKind::close_gateway,  FaultKind::reconnect_gateway,
      FaultKind::invalidate_gateway, FaultKind::forget_gateway, FaultKind::drop_voice,
      FaultKind::close_voice,        FaultKind::forget_voice,   FaultKind::migrate,
      FaultKind::migrate_at_once,    FaultKind::move,           FaultKind::kick,
      FaultKind::take_over,          FaultKind::mute,           FaultKind::unmute,
      FaultKind::suppress,           FaultKind::invite,         FaultKind::set_bitrate,
      FaultKind::deny_speak,         FaultKind::guild_outage,   FaultKind::delete_channel,
      FaultKind::remove_guild};
  Trouble<> trouble;
  for (const FaultKind kind : all) trouble.happens({kind, 4000, 1s});
  trouble.discord.advance(2s);
  EXPECT_EQ(trouble.discord.world.voice_state(trouble.user()), nullptr);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
}

// ── the voice gateway ──

TEST(VoiceFault, ClosesSoThatTheSessionLivesOrDies) {
  for (const auto& [code, lives] : std::map<std::uint16_t, bool>{{1001, true},
                                                                 {1011, true},
                                                                 {4013, true},
                                                                 {4015, true},
                                                                 {4006, false},
                                                                 {4009, false},
                                                                 {4011, false},
                                                                 {4014, false},
                                                                 {4022, false}}) {
    SCOPED_TRACE(code);
    Trouble<> trouble;
    RecoveringPlayer& player = trouble.player;
    trouble.playing();
    trouble.happens({FaultKind::close_voice, code});
    EXPECT_THAT(player.voice.closed, Optional(code));
    player.send(sound(), 5);
    player.lose_voice(code);
    player.send(sound(), 5);
    player.resume_voice();
    EXPECT_EQ(player.voice.count(9), lives ? 1U : 0U);
    if (!lives) {
      EXPECT_THAT(player.voice.closed, Optional(4006));
      player.lose_voice(4006);
      player.join();
      player.renew_voice();
    }
    player.speak(1);
    player.send(sound(), 10);
    trouble.end();
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
    const Report report = trouble.discord.report();
    // Between the sessions nobody hears what is sent; that is no loss.
    EXPECT_EQ(report.packets_heard, lives ? 35U : 30U);
    EXPECT_EQ(report.packets_lost, 0U);
    EXPECT_EQ(verdict_on_hearing(report), kEverything);
  }
}

TEST(VoiceFault, IsNoExcuseAfterItsResume) {
  for (const Fault& fault : {Fault{FaultKind::drop_voice}, Fault{FaultKind::close_voice, 4015}}) {
    Trouble<> trouble;
    trouble.playing();
    trouble.happens(fault);
    trouble.player.lose_voice(4015);
    trouble.player.resume_voice();
    trouble.player.hang_up();
    EXPECT_THAT(trouble.discord.broken(),
                ElementsAre("left-without-leave", "speaking-not-ended", "missing-silence"));
  }
}

TEST(VoiceFault, ForgetsASession) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::forget_voice});
  trouble.happens({FaultKind::drop_voice});
  trouble.player.lose_voice();
  trouble.player.resume_voice();
  EXPECT_THAT(trouble.player.voice.closed, Optional(4006));
  trouble.player.lose_voice(4006);
  trouble.player.join();
  trouble.player.renew_voice();
  trouble.happens({FaultKind::drop_voice});  // the new one can be resumed
  trouble.player.lose_voice();
  trouble.player.resume_voice();
  EXPECT_EQ(trouble.player.voice.count(9), 1U);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
}

TEST(VoiceFault, RefusesConnectionsForAWhile) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::refuse_voice, 0, 10s});
  trouble.player.lose_voice();
  trouble.player.connect_voice();
  EXPECT_TRUE(trouble.player.voice.dropped);
  EXPECT_THAT(trouble.player.voice.texts, IsEmpty());
  trouble.discord.voice.on_closed(trouble.player.voice, kNoCloseFrame, trouble.discord.now);
  trouble.player.voice = PaperSocket();
  trouble.discord.advance(10s);
  trouble.player.resume_voice();
  EXPECT_EQ(trouble.player.voice.count(9), 1U);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
}

TEST(VoiceFault, MindsNoSpeakingThatCouldNotBeSaid) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  player.fall_silent();
  trouble.happens({FaultKind::drop_voice});
  player.lose_voice();
  player.send(sound(), 10);  // nobody can be told
  player.resume_voice();
  player.speak(1);
  player.send(sound(), 10);
  trouble.end();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
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
  EXPECT_THAT(trouble.discord.broken(), IsEmpty()) << "the voice state is not its own any more";
  EXPECT_EQ(trouble.discord.report().packets_heard, 10U);
}

TEST(Mute, KeepsWhatIsSaidFromEverybody) {
  Trouble<> trouble;
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
  EXPECT_EQ(report.heard, 400ms) << "nothing is made up for what was not heard";
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

TEST(Bitrate, IsToldAndShown) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::set_bitrate, 32'000});
  EXPECT_EQ(trouble.player.gateway.last(0, "CHANNEL_UPDATE").at("d").at("bitrate"), 32'000);
  PaperPlayer late(trouble.discord, 1);
  late.log_in();
  EXPECT_EQ(late.gateway.last(0, "GUILD_CREATE").at("d").at("channels").at(0).at("bitrate"), 32'000);
}

// ── who is to blame ──

TEST(EndedSession, MayBeSentToForAWhile) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  trouble.happens({FaultKind::close_voice, 4006});
  player.lose_voice(4006);
  player.send(sound(), 250);  // five seconds
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  player.send(sound());
  EXPECT_THAT(trouble.discord.broken(), ElementsAre("packet-after-session"));
}

TEST(EndedSession, MayNotBeSentToOnceThereIsAnother) {
  for (const bool old_one_is_open : {true, false}) {
    Trouble<> trouble;
    RecoveringPlayer& player = trouble.player;
    trouble.playing();
    // The credentials are the client's own wish, so that nobody closes the old session.
    player.join();
    if (!old_one_is_open) player.lose_voice();
    RecoveringPlayer next(trouble.discord);
    next.gateways = {player.gateway};
    next.renew_voice();
    player.send(sound(), 50);  // a second, under the old key
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
    player.send(sound());
    EXPECT_THAT(trouble.discord.broken(), ElementsAre("packet-after-session"));
    EXPECT_EQ(trouble.discord.report().packets_heard, 10U);
  }
}

TEST(Credentials, ThatWereGoodAMomentAgoAreNoBreach) {
  for (const bool at_once : {true, false}) {
    Trouble<> trouble;
    RecoveringPlayer& player = trouble.player;
    player.log_in();
    player.join();
    const json first = player.credentials();
    trouble.happens({FaultKind::migrate_at_once});
    if (!at_once) trouble.discord.advance(2001ms);
    player.identify_to_voice(first);
    EXPECT_NE(player.voice.closed, std::nullopt);
    EXPECT_EQ(trouble.discord.broken(),
              at_once ? std::vector<std::string>{} : std::vector<std::string>{"voice-token"});
    player.lose_voice(4006);
    player.renew_voice();
    EXPECT_EQ(player.voice.count(4), 1U);
  }
}

TEST(Credentials, ThatWereUsedAreNotGoodForAnotherSession) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::close_voice, 4006});
  trouble.player.lose_voice(4006);
  trouble.player.identify_to_voice();
  EXPECT_THAT(trouble.player.voice.closed, Optional(4006));
  EXPECT_THAT(trouble.discord.broken(), ElementsAre("voice-token")) << "op 4 asks for new ones";
}

TEST(Credentials, OfAPlaceholderServerAreNone) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::migrate, 0, 5s});
  trouble.discord.advance(1s);
  trouble.player.lose_voice(4014);
  trouble.player.identify_to_voice();
  EXPECT_NE(trouble.player.voice.closed, std::nullopt);
  EXPECT_THAT(trouble.discord.broken(), ElementsAre("voice-token"));
}

TEST(RepeatedNonce, IsABreachAcrossAResume) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  trouble.happens({FaultKind::drop_voice});
  player.lose_voice();
  player.resume_voice();
  player.speak(1);
  player.take_key_of(player.voices.front());  // its counter begins anew
  player.send(sound());
  EXPECT_THAT(trouble.discord.broken(), ElementsAre("repeated-nonce"));
}

TEST(Report, AddsUpOverSessions) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  for (int i = 0; i < 3; ++i) {
    trouble.happens({FaultKind::close_voice, 4006});
    player.lose_voice(4006);
    trouble.discord.advance(400ms);
    player.join();
    player.sequence = static_cast<std::uint16_t>(7'000 * i);
    player.renew_voice();
    player.speak(1);
    player.send(sound(), 10);
  }
  trouble.end();
  const Report report = trouble.discord.report();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_received, 45U);
  EXPECT_EQ(report.audio_packets, 40U);
  EXPECT_EQ(report.packets_heard, 45U);
  EXPECT_EQ(report.heard, 800ms);
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_EQ(report.listeners.at(0).lost, 0U);
  EXPECT_EQ(report.voice_identifies, 4U);
  EXPECT_TRUE(report.left_cleanly);
  EXPECT_TRUE(report.speaking_ended);
}

}  // namespace
}  // namespace vcplay::rehearsal
