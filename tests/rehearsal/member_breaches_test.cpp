// Whoever breaks the encryption of a call is found out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/member_words.hpp"
#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::Call;
using test::churning;
using test::comer;
using test::encrypted;
using test::kEverything;
using test::PaperDiscord;
using test::silence;
using test::sound;
using test::with;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// ── what passes in the clear ──

TEST(ClearText, PassesOnlyAsTheSilencePacket) {
  Call call;
  call.begin();
  call.player.play(10);
  call.player.send(silence(), 3);
  call.player.send(sound(), 2);
  call.player.play(10);
  call.end();
  const Report report = call.report();
  EXPECT_THAT(call.discord.broken(), ElementsAre("plaintext-in-encrypted-call"));
  EXPECT_EQ(report.encryption.plaintext, 2U);
  EXPECT_EQ(report.packets_received, 30U);
  EXPECT_EQ(report.packets_forwarded, 28U);
  EXPECT_EQ(report.packets_heard, 28U);
  EXPECT_EQ(report.listeners.at(0).lost, 2U);
  EXPECT_THAT(verdict_on_hearing(report),
              HasSubstr("listener missed 2 of 30 packets (2 lost, 0 undecryptable)"));
}

TEST(ClearText, IsNoBreachAroundAChangeOfVersion) {
  DiscordOptions options = encrypted();
  options.dave_faults.mid_play = {DaveDisturbance::version_without_group};
  Call call(options);
  call.begin();
  EXPECT_EQ(call.player.play(30), 30);
  EXPECT_EQ(call.player.media, "plain");
  EXPECT_EQ(call.player.play(100), 100);
  EXPECT_EQ(call.player.media, "encrypted");
  EXPECT_EQ(call.player.play(100), 100);
  call.end();
  const Report report = call.report();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_heard, 235U);
  EXPECT_LT(report.encryption.decrypted, 230U);
  EXPECT_EQ(report.encryption.version, 1);
  EXPECT_EQ(verdict_on_hearing(report), kEverything);
}

TEST(ClearText, IsAllThereIsOnAStage) {
  DiscordOptions options = encrypted();
  options.channel_type = 13;
  Call call(options);
  call.player.get_ready();
  EXPECT_EQ(call.player.media, "plain");
  EXPECT_EQ(call.report().encryption.version, 0);
}

// ── breaches ──

TEST(Breach, AFrameUnderNobodysKey) {
  Call call;
  call.begin();
  call.player.play(10);
  dave::FrameEncryptor wrong{dave::KeyRatchet(SecretBytes(Bytes(16, 7)))};
  for (int i = 0; i < 3; ++i) {
    Bytes buffer = sound();
    buffer.resize(kMaxProtocolFrameBytes);
    buffer.resize(wrong.apply(buffer, sound().size()));
    call.player.send(buffer);
  }
  call.player.play(10);
  call.end();
  const Report report = call.report();
  EXPECT_THAT(call.discord.broken(), ElementsAre("undecryptable"));
  EXPECT_EQ(report.findings[0].count, 3U) << "although their nonces were there before";
  EXPECT_EQ(report.encryption.undecryptable, 3U);
  EXPECT_EQ(report.listeners.at(0).undecryptable, 3U);
  EXPECT_EQ(report.listeners.at(0).heard, 25U);
  EXPECT_EQ(report.packets_heard, 25U);
}

TEST(Breach, AFrameNonceTwiceUnderOneKey) {
  Call call;
  call.begin();
  const auto first = call.player.frame(sound());
  call.player.send(*first, 2);
  call.player.play(10);
  call.player.send(*first);
  call.end();
  EXPECT_THAT(call.discord.broken(), ElementsAre("repeated-frame-nonce"));
  EXPECT_EQ(call.report().findings[0].count, 2U);
  EXPECT_THAT(call.report().findings[0].detail, HasSubstr("nonce 1 "));
}

TEST(Breach, IsNotACopyThatTheNetworkMade) {
  Call call;
  call.begin();
  const Bytes packet = call.player.packet(*call.player.frame(sound()));
  call.player.deliver(packet);
  call.player.deliver(packet);
  EXPECT_THAT(call.discord.broken(), ElementsAre("repeated-nonce")) << "of the transport";
}

TEST(Breach, AKeyBeforeItIsInForce) {
  MemberScript silent = comer(1s);
  silent.says_ready = false;  // so that opcode 22 takes two seconds
  Call call(with({MemberScript{}, silent}));
  call.begin();
  call.player.switches_early = true;
  call.player.play(60);
  EXPECT_THAT(call.discord.broken(), ElementsAre("early-key"));
  EXPECT_THAT(call.report().findings[0].count, AllOf(testing::Ge(5U), testing::Le(10U)));
  EXPECT_EQ(call.listener(0).heard, 60U) << "those who know the key hear it";
}

TEST(Breach, AKeyLongAfterItWasReplaced) {
  Call call(with({MemberScript{}, comer(1s)}));
  call.begin();
  call.player.awaits_execution = true;
  call.player.play(100);
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  call.player.play(100);
  EXPECT_THAT(call.discord.broken(), testing::UnorderedElementsAre("late-key", "undecryptable"));
  EXPECT_EQ(call.listener(0).heard, 200U) << "the old key opens what is under way for ten seconds";
  EXPECT_GT(call.listener(1).undecryptable, 90U);
  call.player.play(600);
  EXPECT_LT(call.listener(0).heard, 560U);
  EXPECT_GT(call.listener(0).undecryptable, 200U);
}

TEST(Breach, IsNoKeyThatCouldNotBeReplacedForWantOfAConnection) {
  PaperDiscord discord(with({MemberScript{}, comer(1s)}));
  test::RecoveringDavePlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.play(40);
  player.lose_voice();
  player.play(150);
  EXPECT_EQ(discord.report().encryption.epochs, 2U) << "a new one, without the player's knowledge";
  EXPECT_THAT(discord.broken(), IsEmpty());

  player.awaits_execution = true;
  player.resume_voice();
  player.play(40);
  EXPECT_THAT(discord.broken(), IsEmpty()) << "it has hardly been told";
  player.play(60);
  EXPECT_THAT(discord.broken(), testing::UnorderedElementsAre("late-key", "undecryptable"));
}

TEST(Breach, DoesNotIncludeWhatNobodyIsToBlameForWhenACommitWasCorrupted) {
  DiscordOptions options = churning(3, 1s);
  options.dave_faults.corrupted_commits = 1;
  Call call(options);
  call.begin();
  call.player.play(500);
  call.end();
  EXPECT_THAT(call.discord.broken(), IsEmpty());
  EXPECT_EQ(call.listener(2).heard, call.listener(2).entitled);
}

TEST(Breach, IsEveryFrameThatSomebodyChangedOnTheWay) {
  Call call;
  call.begin();
  call.player.play(200);  // nonces of two bytes
  const Bytes frame = *call.player.frame(sound());
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    Bytes changed = frame;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
    call.player.send(changed);
  }
  call.player.send(frame);
  EXPECT_THAT(call.discord.broken(),
              testing::UnorderedElementsAre("plaintext-in-encrypted-call", "undecryptable"));
  EXPECT_EQ(call.listener(0).heard, 201U) << "what it was before anybody changed it";
  const EncryptionReport counts = call.report().encryption;
  EXPECT_EQ(counts.undecryptable + counts.plaintext, frame.size() * 8);
}

TEST(Breach, IsSeenWhenPacketsAreLost) {
  Call call;
  call.begin();
  call.player.play(10);
  static_cast<void>(call.player.packet(*call.player.frame(sound())));
  static_cast<void>(call.player.packet(*call.player.frame(sound())));
  call.player.play(10);
  EXPECT_EQ(call.listener(0).lost, 2U);
  EXPECT_EQ(call.listener(0).entitled, 22U);
  EXPECT_THAT(verdict_on_hearing(call.report()), HasSubstr("missed 2 of 22"));
}

}  // namespace
}  // namespace vcplay::rehearsal
