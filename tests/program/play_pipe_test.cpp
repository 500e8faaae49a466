// A pipe that keeps time, as a microphone's does, into a play whose start has to wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 60s;

/// A tone that ffmpeg gives `player` second by second.
Command fed_in_time(Stage& stage, const Command& player, double seconds) {
  Command pipe = player;
  pipe.words = {"/bin/sh", "-c", "ffmpeg -v error -re -i \"$0\" -f wav - | \"$@\"",
                stage.tone("tone.wav", seconds)};
  pipe.words.insert(pipe.words.end(), player.words.begin(), player.words.end());
  return pipe;
}

TEST(PipeThatKeepsTime, IsHeardFromItsBeginningHoweverLongTheStartWaits) {
  Stage stage;
  ASSERT_EQ(run(stage.play({stage.tone("short.wav", 0.5)}), kDeadline).exit_status, 0);
  // Within five seconds: it waits for its turn to identify.
  const Finished finished = run(fed_in_time(stage, stage.play({"--json", "-"}), 3.0), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("\"played\":3.0"));
  EXPECT_THAT(finished.out, HasSubstr("\"left_out_ms\":0"));
}

TEST(PipeThatKeepsTime, LosesItsBeginningWithLiveWhileTheStartWaitsAndSaysHowMuch) {
  Stage stage;
  ASSERT_EQ(run(stage.play({stage.tone("short.wav", 0.5)}), kDeadline).exit_status, 0);
  const Finished finished = run(fed_in_time(stage, stage.play({"--json", "--live", "-"}), 8.0), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err,
              ContainsRegex("[1-9]\\.[0-9] s of standard input were made before audio could flow, and --live "
                            "leaves them out"));
}

}  // namespace
}  // namespace vcplay::testing
