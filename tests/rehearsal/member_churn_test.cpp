// Calls in which members come and go all the time, and calls with other clients or with nobody.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dave/frame_decryptor.hpp"
#include "words/member_words.hpp"
#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::Call;
using test::churning;
using test::DavePlayer;
using test::encrypted;
using test::kEverything;
using test::PaperDiscord;
using test::sound;
using test::with;
using ::testing::AllOf;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Churn, LosesNothingForAnybodyWhoIsThere) {
  Call call(churning(5, 700ms));
  call.begin();
  call.player.play(900);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  const Report report = call.report();
  EXPECT_EQ(report.packets_heard, 905U);
  ASSERT_THAT(report.listeners, SizeIs(5));
  for (const ListenerReport& listener : report.listeners) {
    EXPECT_EQ(listener.heard, listener.entitled) << listener.name;
    EXPECT_GT(listener.heard, 100U) << listener.name;
  }
  EXPECT_EQ(report.listeners[0].heard, 905U);
  EXPECT_THAT(report.encryption.epochs, AllOf(testing::Ge(24U), testing::Le(27U))) << "18 s / 0.7 s";
  EXPECT_EQ(verdict_on_hearing(report), kEverything);
}

TEST(Churn, StopsWhileNoAudioFlows) {
  Call call(churning(2, 500ms));
  call.begin();
  call.player.play(60);
  call.player.fall_silent();
  call.discord.advance(1500ms);
  call.player.listen();
  const std::uint64_t epochs = call.report().encryption.epochs;
  call.discord.advance(10s);
  call.player.listen();
  EXPECT_EQ(call.report().encryption.epochs, epochs);
  call.player.speak(1);
  call.player.play(60);
  EXPECT_GT(call.report().encryption.epochs, epochs);
}

TEST(Churn, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const auto counts = [](std::uint32_t seed) {
    Call call(churning(6, 500ms, seed));
    call.begin();
    call.player.play(500);
    std::vector<std::uint64_t> heard;
    for (std::size_t i = 0; i < 6; ++i) heard.push_back(call.listener(i).heard);
    return heard;
  };
  EXPECT_EQ(counts(1), counts(1));
  EXPECT_NE(counts(1), counts(2));
}

TEST(Churn, CountsWhatWasPlayedWhenTheSenderKeepsNoTime) {
  DiscordOptions options = churning(2, 1s);
  options.unthrottled = true;
  Call call(options);
  call.begin();
  for (int i = 0; i < 500; ++i) {
    call.player.listen();
    call.player.deliver(call.player.packet(call.player.frame(sound()).value()));
  }
  EXPECT_EQ(call.report().encryption.epochs, 10U) << "and no time has passed";
  EXPECT_EQ(verdict_on_hearing(call.report()), kEverything);
}

// ── other clients ──

TEST(Forwarding, LeavesProtocolFramesAsTheyAre) {
  PaperDiscord discord(encrypted());
  DavePlayer player(discord, 0);
  DavePlayer member(discord, 1);
  member.get_ready();
  player.get_ready();
  member.listen();
  player.listen();
  member.listen();
  ASSERT_EQ(player.media, "encrypted");
  EXPECT_EQ(player.code, member.code);
  EXPECT_EQ(player.members, 3U);
  dave::FrameDecryptor ears;
  ears.begin_epoch(dave::KeyRatchet(*member.session.group(), discord.account(0).user), discord.now);
  rtp::TransportOpener opener(rtp::TransportMode::aes256_gcm_rtpsize, rtp::TransportKey(member.key));
  player.speak(1);
  discord.datagrams.clear();
  player.play(3);
  std::size_t heard = 0;
  for (auto& [to, datagram] : discord.datagrams) {
    if (to != member.address) continue;
    const auto header = rtp::parse_header(datagram);
    const auto opened = opener.open(datagram, header.value().clear_bytes);
    ASSERT_TRUE(opened);
    EXPECT_EQ(ears.open(opened->payload, discord.now).opus, sound());
    ++heard;
  }
  EXPECT_EQ(heard, 3U);
  EXPECT_THAT(discord.broken(0), IsEmpty());
  EXPECT_THAT(discord.broken(1), IsEmpty());
}

TEST(Listeners, AreNobodyInAnEmptyChannel) {
  DiscordOptions options = encrypted();
  options.occupants = 0;
  Call call(options);
  call.begin();
  EXPECT_EQ(call.player.play(10), 0);
  EXPECT_EQ(call.player.media, "held");
  EXPECT_EQ(verdict_on_hearing(call.report()), "Nobody was entitled to hear anything.");
}

}  // namespace
}  // namespace vcplay::rehearsal
