// After a fault the account is to blame when it uses sessions, keys or credentials that are over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::RecoveringPlayer;
using test::sound;
using test::Trouble;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

// ── who is to blame ──

TEST(EndedSession, MayBeSentToForAWhile) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  trouble.happens({FaultKind::close_voice, 4006});
  player.lose_voice(4006);
  player.discover();          // that was on its way, too
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
  for (const FaultKind kind : {FaultKind::migrate, FaultKind::migrate_at_once}) {
    for (const bool at_once : {true, false}) {
      Trouble<> trouble;
      RecoveringPlayer& player = trouble.player;
      player.log_in();
      player.join();
      const json first = player.credentials();
      trouble.happens({kind, 0, 1s});
      if (!at_once) trouble.discord.advance(2001ms);
      player.identify_to_voice(first);
      EXPECT_NE(player.voice.closed, std::nullopt);
      EXPECT_EQ(trouble.discord.broken(),
                at_once ? std::vector<std::string>{} : std::vector<std::string>{"voice-token"});
      player.lose_voice(4006);
      trouble.discord.advance(1s);
      player.renew_voice();
      EXPECT_EQ(player.voice.count(4), 1U);
    }
  }
}

TEST(Renewal, IsNoAbruptEnd) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  player.join();  // asks for new credentials, as a player does whose UDP path is dead
  player.lose_voice(1000);
  player.renew_voice();
  player.speak(1);
  player.send(sound(), 10);
  trouble.end();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(trouble.discord.report().packets_heard, 25U);
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
  int decoded = 0;
  trouble.discord.listener.set_sink(trouble.user(), [&](ByteView, const float*, std::size_t) { ++decoded; });
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  for (int i = 0; i < 3; ++i) {
    trouble.happens({FaultKind::close_voice, 4006});
    player.lose_voice(4006);
    trouble.discord.advance(400ms);
    player.join();
    player.sequence = static_cast<std::uint16_t>(player.sequence + 20);
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
  EXPECT_EQ(decoded, 45) << "nothing is made up between the sessions";
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_EQ(report.listeners.at(0).lost, 0U);
  EXPECT_EQ(report.voice_identifies, 4U);
  EXPECT_TRUE(report.left_cleanly);
  EXPECT_TRUE(report.speaking_ended);
}

}  // namespace
}  // namespace vcplay::rehearsal
