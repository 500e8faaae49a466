// A lawful player breaks no rule, whatever it is allowed to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "rehearsal/nonce_set.hpp"
#include "words/rehearsal_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::PaperDiscord;
using test::PaperPlayer;
using test::silence;
using test::sound;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LawfulPlayer, BreaksNoRule) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(silence(), 10);
  player.send(sound(), 100);
  player.fall_silent();
  player.leave();

  const Report report = discord.report();
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_received, 115U);
  EXPECT_EQ(report.packets_forwarded, 115U);
  EXPECT_EQ(report.packets_heard, 115U);
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_EQ(report.audio_packets, 100U);
  EXPECT_EQ(report.silence_packets, 15U);
  EXPECT_EQ(report.heard, 2s);
  EXPECT_EQ(report.mode, "aead_aes256_gcm_rtpsize");
  EXPECT_TRUE(report.speaking_ended);
  EXPECT_TRUE(report.left_cleanly);
}

TEST(LawfulPlayer, HasItsPhasesInOrder) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  const std::vector<std::function<void()>> steps = {
      [&] { player.connect(); },
      [&] { player.gateway_says(player.identity()); },
      [&] { player.join(); },
      [&] { player.connect_voice(); },
      [&] { player.voice_says(player.voice_identity()); },
      [&] { player.ssrc = player.voice.last(2).at("d").at("ssrc").get<std::uint32_t>(); },
      [&] { player.discover(); },
      [&] { player.select(); },
      [&] { player.speak(1); },
      [&] { player.send(silence()); },
      [&] { player.send(sound(), 3); },
      [&] { player.fall_silent(); },
      [&] { player.leave(); }};
  for (const auto& step : steps) {
    step();
    discord.advance(1ms);
  }
  std::vector<std::string> names;
  for (const Phase& phase : discord.report().phases) names.push_back(phase.name);
  EXPECT_THAT(names, ElementsAre("gateway-connected", "identify", "ready-sent", "join-request",
                                 "voice-connected", "voice-identify", "discovery", "select-protocol",
                                 "session-description", "speaking", "first-packet", "first-audio",
                                 "last-audio", "speaking-off", "leave-request", "gateway-closed"));
}

TEST(LawfulPlayer, MayPauseWithTheTimestampStandingStillOrRunningOn) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  discord.advance(3s);
  player.speak(1);  // as if no time had passed
  player.send(sound(), 50);
  player.fall_silent();
  discord.advance(3s);
  player.timestamp += 150 * rtp::kTimestampStep;  // the three seconds counted
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(LawfulPlayer, MayPauseForASingleSlotThatItsTimestampCounts) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  discord.advance(20ms - 100us);  // a key came at once, and the packet a little early
  player.timestamp += rtp::kTimestampStep;
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(LawfulPlayer, MayCatchUpThreePacketsAtOnce) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 50);
  discord.advance(59ms);
  for (int i = 0; i < 3; ++i) player.deliver(player.packet(sound()));
  discord.advance(1ms);
  player.deliver(player.packet(sound()));
  player.send(sound(), 50);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(LawfulPlayer, IsForgivenWhenUdpOvertakesSpeaking) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.send(silence(), 2);
  discord.advance(20ms);  // 40 ms after the first
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(discord.report().packets_heard, 57U);
}

TEST(LawfulPlayer, MaySpeakOnBeforeItsSilenceIsAnnouncedWhenNoClockRuns) {
  for (const bool unthrottled : {true, false}) {
    DiscordOptions options = PaperDiscord::unencrypted();
    options.unthrottled = unthrottled;
    PaperDiscord discord(options);
    PaperPlayer player(discord);
    player.get_ready();
    player.speak(1);
    player.send(sound(), 10);
    player.send(silence(), 5);
    player.send(sound());
    player.speak(0);
    player.speak(1);
    player.send(sound(), 10);
    EXPECT_EQ(discord.broken().empty(), unthrottled);
    player.send(silence(), 4);  // and this is too little, whatever the clock
    player.speak(0);
    EXPECT_THAT(discord.broken(), ElementsAre("missing-silence"));
  }
}

TEST(LawfulPlayer, MayCountItsNoncesInEitherByteOrder) {
  NonceSet big;
  NonceSet little;
  for (std::uint32_t i = 1; i < 70'000; ++i) {
    ASSERT_TRUE(big.insert(i));
    ASSERT_TRUE(little.insert(__builtin_bswap32(i)));
  }
  EXPECT_FALSE(big.insert(1));
  EXPECT_FALSE(big.insert(69'999));
  EXPECT_FALSE(little.insert(__builtin_bswap32(256)));
  EXPECT_TRUE(little.insert(__builtin_bswap32(70'000)));
}

}  // namespace
}  // namespace vcplay::rehearsal
