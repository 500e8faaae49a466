// Servers that want the audio without encryption, or somebody to listen who is not there: nothing leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rehearsal/fault_script.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using rehearsal::DiscordOptions;
using rehearsal::Report;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 60s;

DiscordOptions that_becomes_a_stage() {
  DiscordOptions options;
  options.script = rehearsal::parse_script("at 300ms become stage");
  return options;
}

TEST(PlayOnAHostileServer, NothingLeavesInTheClearWhereAnEncryptedChannelIsCalledAStage) {
  Stage stage(that_becomes_a_stage());
  const Finished finished = run(stage.play({stage.tone("song.wav", 30.0)}), kDeadline);
  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 9) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("is a stage"));
  EXPECT_THAT(finished.err, HasSubstr("--allow-plaintext"));
  EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished.err;
  EXPECT_EQ(report.encryption.plaintext, 0U);
  EXPECT_GE(report.heard, 280ms) << "what was encrypted before was heard";
  EXPECT_LE(report.heard, 1s);
  EXPECT_EQ(findings(report), "");
  EXPECT_TRUE(report.left_cleanly);
}

TEST(PlayOnAHostileServer, NothingLeavesInTheClearWhereItIsMovedToAStage) {
  DiscordOptions options;
  options.script = rehearsal::parse_script("become stage 381870553235193002; at 300ms move");
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("song.wav", 30.0)}), kDeadline);
  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 9) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("is a stage"));
  EXPECT_EQ(report.encryption.plaintext, 0U);
  EXPECT_LE(report.heard, 1s);
  EXPECT_EQ(findings(report), "");
}

TEST(PlayOnAHostileServer, NothingLeavesInTheClearWhereANewGatewaySessionCallsItAStage) {
  DiscordOptions options;
  // Nobody is told of the change: the guild's next description says it.
  options.script =
      rehearsal::parse_script("at 300ms forget gateway; at 300ms drop gateway; at 300ms become stage");
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("song.wav", 30.0)}), kDeadline);
  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 9) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("is a stage"));
  EXPECT_EQ(report.gateway_identifies, 2U);
  EXPECT_EQ(report.encryption.plaintext, 0U);
  EXPECT_LE(report.heard, 1s);
  EXPECT_EQ(findings(report), "");
}

TEST(PlayOnAHostileServer, WhoAllowsPlaintextPlaysOnThere) {
  Stage stage(that_becomes_a_stage());
  const Finished finished = run(stage.play({"--allow-plaintext", stage.tone("song.wav", 2.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_GE(stage.discord().report().heard, 1800ms);
}

// What the server says at once comes in one segment, and the player reads all of it before
// its sender reads any.

TEST(PlayOnAHostileServer, TheCallGoesOnBehindAFloodOfKeys) {
  DiscordOptions options;
  options.script = rehearsal::parse_script("at 300ms flood keys 20; at 600ms flood keys 200");
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("song.wav", 2.0)}), kDeadline);
  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(report.faults, SizeIs(2));
  EXPECT_GE(report.heard, 1800ms);
  EXPECT_EQ(findings(report), "");
}

TEST(PlayOnAHostileServer, TheCallGoesOnBehindAFloodOfTransitions) {
  DiscordOptions options;
  options.script = rehearsal::parse_script("at 300ms flood transitions 20");
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("song.wav", 2.0)}), kDeadline);
  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(report.faults, SizeIs(1));
  EXPECT_GE(report.heard, 1800ms) << "what was held back comes behind the new group";
  EXPECT_EQ(report.encryption.plaintext, 0U);
  EXPECT_EQ(findings(report), "");
}

TEST(PlayOnAHostileServer, WhoeverIsHiddenHearsNothing) {
  DiscordOptions options;
  options.listeners = 2;
  options.dave_faults.hides_members = true;
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("song.wav", 30.0)}), kDeadline);
  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 9) << finished.err;
  EXPECT_THAT(finished.err, ContainsRegex("User [0-9]+ is in the group that the call is encrypted for"));
  EXPECT_EQ(report.encryption.decrypted, 0U);
  EXPECT_EQ(report.audio_packets, 0U);
  EXPECT_EQ(findings(report), "");
}

}  // namespace
}  // namespace vcplay::testing
