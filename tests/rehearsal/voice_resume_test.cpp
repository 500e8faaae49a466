// Voice sessions that outlive their connection: what RESUME gives back, and for how long.
#include <gmock/gmock.h>

#include "words/resume_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::DavePlayer;
using test::kNoCloseFrame;
using test::numbers;
using test::opcodes;
using test::PaperDiscord;
using test::PaperPlayer;
using test::Resuming;
using test::ResumingPlayer;
using test::sound;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(VoiceResume, TellsAgainWhatWasMissedUnderItsOldNumbers) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  ann.get_ready();
  const int seen = numbers(ann.voice).back();
  ann.lose_voice();
  PaperPlayer bob(discord, 1);
  bob.get_ready();  // opcodes 11, 18 and 20
  bob.speak(1);
  ann.resume(seen);
  EXPECT_THAT(opcodes(ann.voice), ElementsAre(8, 9, 11, 18, 20, 5));
  EXPECT_THAT(numbers(ann.voice), ElementsAre(seen + 1, seen + 2, seen + 3, seen + 4));
  EXPECT_EQ(ann.voice.last(9).at("d"), nullptr);
  bob.speak(0);
  EXPECT_EQ(ann.voice.last(5).at("seq"), seen + 5);
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(discord.report().voice_resumes, 1U);
}

TEST(VoiceResume, TellsNothingAgainThatWasSeen) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  const int seen = numbers(player.voice).back();
  player.lose_voice();
  player.resume(seen);
  EXPECT_THAT(opcodes(player.voice), ElementsAre(8, 9));
}

TEST(VoiceResume, TellsEverythingToThoseWhoSawNothing) {
  for (const json& nothing : {json(-1), json()}) {
    PaperDiscord discord;
    ResumingPlayer player(discord);
    player.get_ready();
    const std::vector<int> all = numbers(player.voice);
    ASSERT_THAT(all, ElementsAre(1, 2, 3));
    player.lose_voice();
    player.connect_voice();
    json resumption = player.resumption(nothing);
    if (nothing.is_null()) resumption.at("d").erase("seq_ack");
    player.voice_says(resumption);
    EXPECT_EQ(numbers(player.voice), all);
  }
}

TEST(VoiceResume, CountsOnBeyondTheWrap) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.voice_first_sequence = 65'533;  // up to 65535 for those who are there
  PaperDiscord discord(options);
  ResumingPlayer ann(discord);
  ann.get_ready();
  ann.lose_voice();
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.resume(65'534);
  EXPECT_THAT(numbers(ann.voice), ElementsAre(65'535, 0, 1, 2));
  ann.lose_voice();
  bob.speak(1);
  ann.resume(0);
  EXPECT_THAT(numbers(ann.voice), ElementsAre(1, 2, 3));
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(VoiceResume, WorksAnyNumberOfTimes) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  ann.get_ready();
  bob.get_ready();
  int seen = numbers(ann.voice).back();
  for (int i = 0; i < 5; ++i) {
    ann.lose_voice(i == 1 ? 4900 : kNoCloseFrame);
    bob.speak(i % 2 == 0 ? 1 : 0);
    discord.advance(15s);  // longer than the window in all
    bob.voice_says({{"op", 3}, {"d", {{"t", i}, {"seq_ack", numbers(bob.voice).back()}}}});
    bob.gateway_says({{"op", 1}, {"d", bob.gateway.last(0).at("s")}});
    ann.gateway_says({{"op", 1}, {"d", ann.gateway.last(0).at("s")}});
    ann.resume(seen);
    EXPECT_THAT(numbers(ann.voice), ElementsAre(++seen));
  }
  EXPECT_EQ(discord.report().voice_resumes, 5U);
}

TEST(VoiceResume, IsAcknowledgedByHeartbeatsAsIfNothingHadHappened) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  ann.get_ready();
  bob.get_ready();
  const int seen = numbers(ann.voice).back();
  ann.lose_voice();
  bob.speak(1);
  discord.advance(10s);
  ann.resume(seen);
  for (const int number : {seen, seen + 1}) {  // what is told again is still on its way, then it came
    ann.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", number}}}});
  }
  EXPECT_THAT(discord.broken(), IsEmpty());
  discord.advance(3s);
  ann.voice_says({{"op", 3}, {"d", {{"t", 2}, {"seq_ack", seen}}}});
  EXPECT_THAT(discord.broken(), ElementsAre("voice-heartbeat-sequence"));
}

TEST(VoiceResume, IsNotNeededForAudio) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 20);
  player.lose_voice();
  player.send(sound(), 20);
  player.resume(numbers(player.before).back());
  player.speak(1);  // said again, as clients do
  player.send(sound(), 20);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(discord.report().audio_packets, 60U);
  EXPECT_EQ(discord.report().packets_heard, 65U);
  EXPECT_EQ(discord.report().packets_lost, 0U);
}

TEST(VoiceResume, FollowsADropInTheMiddleOfPlaying) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.script = {{24 * kFrameDuration, {FaultKind::drop_voice}}};
  for (const bool ends_well : {true, false}) {
    PaperDiscord discord(options);
    ResumingPlayer player(discord);
    player.get_ready();
    player.speak(1);
    player.send(sound(), 24);
    EXPECT_FALSE(player.voice.dropped);
    player.send(sound());
    EXPECT_TRUE(player.voice.dropped);
    EXPECT_EQ(player.voice.closed, std::nullopt);
    player.lose_voice();
    player.resume(player.before.last_number.value());
    player.send(sound(), 24);
    if (ends_well) player.fall_silent();
    player.leave();
    // The drop is no excuse for what comes after the resume.
    EXPECT_EQ(discord.broken().empty(), ends_well);
  }
}

TEST(VoiceResume, ExcusesThoseWhoAreDroppedAndGiveUp) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.script = {{24 * kFrameDuration, {FaultKind::drop_voice}}};
  PaperDiscord discord(options);
  ResumingPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 25);
  player.lose_voice();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(VoiceResume, ForgivesOneRepeatedSpeaking) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.lose_voice();
  player.resume(numbers(player.before).back());
  player.speak(1);
  EXPECT_THAT(discord.broken(), IsEmpty());
  player.speak(1);
  EXPECT_THAT(discord.broken(), ElementsAre("speaking-unchanged"));
}

TEST(VoiceResume, IsPossibleForAMinute) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  ann.lose_voice();
  discord.advance(19s);
  EXPECT_EQ(bob.voice.count(13), 0U);
  bob.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", numbers(bob.voice).back()}}}});
  discord.advance(20s);
  bob.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", numbers(bob.voice).back()}}}});
  discord.advance(20s);
  EXPECT_EQ(bob.voice.count(13), 0U);
  bob.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", numbers(bob.voice).back()}}}});
  discord.advance(1s);
  EXPECT_EQ(bob.voice.last(13).at("d").at("user_id"), discord.account(0).user.str());
  ann.resume(numbers(ann.before).back());
  EXPECT_THAT(ann.voice.closed, Optional(4006));
  EXPECT_THAT(discord.broken(), IsEmpty());
}

// ── end-to-end encryption ──

TEST(VoiceResume, BringsTheMessagesThatFormAGroup) {
  DiscordOptions options = test::encrypted();
  options.occupants = 0;
  options.listeners = 0;
  PaperDiscord discord(options);
  Resuming<DavePlayer> ann(discord);
  DavePlayer bob(discord, 1);
  ann.get_ready();
  const std::optional<int> seen = ann.voice.last_number;  // opcode 25's
  ann.lose_voice();
  bob.get_ready();  // the server sends opcode 27 to Ann, who is away
  bob.listen();     // Bob's Commit wins: opcode 29 or 30 for Ann
  discord.advance(8s);
  ann.resume(seen.value());
  ann.listen();
  bob.listen();
  ann.listen();
  EXPECT_EQ(ann.media, "encrypted");
  EXPECT_EQ(bob.media, "encrypted");
  EXPECT_EQ(ann.code, bob.code);
  EXPECT_FALSE(ann.code.empty());
  EXPECT_THAT(discord.broken(0), IsEmpty()) << "nobody waits for somebody who cannot hear";
}

TEST(VoiceResume, TellsOfAnEpochThatBeganMeanwhile) {
  PaperDiscord discord(test::encrypted());
  Resuming<DavePlayer> ann(discord);
  DavePlayer bob(discord, 1);
  ann.get_ready();
  const std::string before = ann.code;
  ASSERT_EQ(ann.media, "encrypted");
  const std::optional<int> seen = ann.voice.last_number;
  ann.lose_voice();
  bob.get_ready();
  discord.advance(1s);
  bob.listen();
  EXPECT_EQ(ann.code, before);
  ann.resume(seen.value());
  ann.listen();
  bob.listen();
  discord.advance(3s);
  ann.listen();
  bob.listen();
  EXPECT_NE(ann.code, before);
  EXPECT_EQ(ann.code, bob.code);
  EXPECT_THAT(discord.broken(0), IsEmpty());
}

}  // namespace
}  // namespace vcplay::rehearsal
