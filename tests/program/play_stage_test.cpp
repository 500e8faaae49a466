// Stage channels: who arrives there sits in the audience until somebody, or the bot itself, lets it speak.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using rehearsal::DiscordOptions;
using rehearsal::FaultKind;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 60s;

constexpr std::uint64_t kViewChannel = 1ULL << 10;
constexpr std::uint64_t kConnect = 1ULL << 20;
constexpr std::uint64_t kSpeak = 1ULL << 21;
constexpr std::uint64_t kMuteMembers = 1ULL << 22;
constexpr std::uint64_t kRequestToSpeak = 1ULL << 32;

/// A stage where everybody may do so much besides seeing, entering and speaking.
DiscordOptions stage_with(std::uint64_t permission) {
  DiscordOptions options;
  options.channel_type = 13;  // GUILD_STAGE_VOICE
  options.everyone_permissions = {kViewChannel, kConnect, kSpeak, permission};
  return options;
}

void heard_whole(Stage& stage, const Finished& finished, Duration song) {
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(findings(report), "");
  EXPECT_GE(report.heard, song);
  EXPECT_LE(report.heard, song + 20ms);
  EXPECT_TRUE(report.left_cleanly);
}

TEST(PlayOnStage, AModeratorTakesTheStageItself) {
  Stage stage(stage_with(kMuteMembers));
  const Finished finished = run(stage.play({"--allow-plaintext", stage.tone("song.wav", 1.0)}), kDeadline);
  EXPECT_THAT(finished.err, IsEmpty());
  heard_whole(stage, finished, 1s);
}

TEST(PlayOnStage, WhoMayNotRaisesItsHandAndPlaysFromTheBeginningOnceInvited) {
  Stage stage(stage_with(kRequestToSpeak));
  Subprocess player(stage.play({stage.tone("song.wav", 1.0)}));
  ASSERT_TRUE(player.wait_for_text("it has raised its hand", kDeadline));
  EXPECT_EQ(stage.discord().report().audio_packets, 0U);
  stage.discord().inject({FaultKind::invite});
  heard_whole(stage, player.finish(kDeadline), 1s);
}

TEST(PlayOnStage, WhoMayNotEvenRaiseItsHandSaysSoAndWaits) {
  Stage stage(stage_with(kSpeak));
  Subprocess player(stage.play({stage.tone("song.wav", 1.0)}));
  ASSERT_TRUE(player.wait_for_text("neither become a speaker nor raise its hand", kDeadline));
  stage.discord().inject({FaultKind::invite});
  heard_whole(stage, player.finish(kDeadline), 1s);
}

TEST(PlayOnStage, WhoIsNotToWaitEndsWithOneSentence) {
  Stage stage(stage_with(kRequestToSpeak));
  const Finished finished =
      run(stage.play({"--on-suppressed", "exit", stage.tone("song.wav", 1.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 6);
  EXPECT_THAT(finished.err, HasSubstr("Mute Members"));
  EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished.err;
  EXPECT_TRUE(stage.discord().report().left_cleanly);
}

TEST(PlayOnStage, SentBackIntoTheAudienceItDoesNotArgueAndGoesOnWhereItWas) {
  DiscordOptions options = stage_with(kMuteMembers);
  options.script = {{300ms, {FaultKind::suppress}}};
  Stage stage(options);
  Subprocess player(stage.play({stage.tone("song.wav", 2.0)}));
  ASSERT_TRUE(player.wait_for_text("a moderator moved it there", kDeadline));
  stage.discord().inject({FaultKind::invite});
  const Finished finished = player.finish(kDeadline);
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(findings(report), "");
  // What was on its way when the word came reached nobody.
  EXPECT_GE(report.heard, 1800ms);
  EXPECT_LE(report.heard, 2020ms);
}

}  // namespace
}  // namespace vcplay::testing
