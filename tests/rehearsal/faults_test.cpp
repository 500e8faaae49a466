// What Discord does to a player's connections: each fault as the player sees it, and what comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::kNoCloseFrame;
using test::PaperPlayer;
using test::PaperSocket;
using test::RecoveringPlayer;
using test::sound;
using test::Trouble;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr const char* kEverything = "Every member who was entitled to hear heard every packet.";

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
    // The session is over, so there is no last sequence number.
    player.gateway_says({{"op", 1}, {"d", nullptr}});
    if (on_the_same_connection) {
      trouble.discord.advance(3s);
      player.gateway_says(player.identity());
      player.gateway_says({{"op", 1}, {"d", nullptr}});  // READY is on its way
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

TEST(GatewayFault, AcceptsNoResumeOfWhatIsInvalid) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::invalidate_gateway});
  trouble.player.lose_gateway(4000);
  trouble.player.resume_gateway();
  EXPECT_EQ(trouble.player.gateway.count(0, "RESUMED"), 0U);
  EXPECT_EQ(trouble.player.gateway.last(9).at("d"), false);
  EXPECT_THAT(trouble.discord.broken(), ElementsAre("gateway-resume-refused"));
}

TEST(GatewayFault, ForgetsASessionBeforeItIsLost) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::forget_gateway});
  trouble.discord.guild.announce_voice_status(trouble.discord.now);
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

TEST(VoiceFault, IsGoodForAResumeForAMinute) {
  Trouble<> trouble;
  PaperPlayer bob(trouble.discord, 1);
  bob.get_ready();
  trouble.playing();
  trouble.happens({FaultKind::close_voice, 4015});
  trouble.player.lose_voice(4015);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(bob.voice.count(13), 0U);
    trouble.discord.advance(10s);
    bob.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", *bob.voice.last_number}}}});
  }
  EXPECT_EQ(bob.voice.count(13), 1U);
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
  trouble.discord.advance(50ms);  // the word is on its way
  player.speak(1);
  player.send(sound(), 10);
  trouble.end();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
}

// ── both at once ──

TEST(TwoFaults, ExcuseUntilBothAreMadeGood) {
  {
    Trouble<> trouble;  // the main gateway comes back first, the voice gateway never does
    trouble.playing();
    trouble.happens({FaultKind::drop_voice});
    trouble.happens({FaultKind::drop_gateway});
    trouble.player.lose_gateway();
    trouble.player.resume_gateway();
    trouble.player.lose_voice();
    trouble.player.gateway_says(trouble.player.joining(nullptr));
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  }
  {
    Trouble<> trouble;  // … and the other way round
    trouble.playing();
    trouble.happens({FaultKind::drop_voice});
    trouble.happens({FaultKind::drop_gateway});
    trouble.player.lose_gateway();
    trouble.player.lose_voice();
    trouble.player.resume_voice();
    trouble.player.speak(1);
    trouble.player.fall_silent();
    trouble.player.lose_voice(1000);
    trouble.discord.advance(60s);
    EXPECT_EQ(trouble.discord.world.voice_state(trouble.user()), nullptr);
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  }
}

}  // namespace
}  // namespace vcplay::rehearsal
