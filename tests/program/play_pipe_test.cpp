// A pipe that keeps time, as a microphone's does, into a play whose start has to wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::HasSubstr;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 60s;

TEST(PipeThatKeepsTime, IsHeardFromItsBeginningHoweverLongTheStartWaits) {
  Stage stage;
  ASSERT_EQ(run(stage.play({stage.tone("short.wav", 0.5)}), kDeadline).exit_status, 0);
  const Command player =
      stage.play({"--json", "-"});  // within five seconds: it waits for its turn to identify
  Command pipe = player;
  pipe.words = {"/bin/sh", "-c", "ffmpeg -v error -re -i \"$0\" -f wav - | \"$@\"",
                stage.tone("tone.wav", 3.0)};
  pipe.words.insert(pipe.words.end(), player.words.begin(), player.words.end());
  const Finished finished = run(pipe, kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("\"played\":3.0"));
  EXPECT_THAT(finished.out, HasSubstr("\"left_out_ms\":0"));
}

}  // namespace
}  // namespace vcplay::testing
