// The program stays small, whatever a server says while a song plays and whatever is in the next file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "rehearsal/fault_script.hpp"
#include "words/index_bomb.hpp"
#include "words/peak_memory.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using rehearsal::DiscordOptions;
using rehearsal::Report;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 120s;

/// `command` under a limit that the kernel holds it to: allocations beyond it fail. It counts what is asked
/// for and not what is used: the stacks of all threads in full, and what the heap keeps for later.
Command within(int megabytes, const Command& command) {
  Command limited = command;
  limited.words = {"/bin/sh", "-c", fmt::format("ulimit -d {}; exec \"$@\"", megabytes * 1024), "sh"};
  limited.words.insert(limited.words.end(), command.words.begin(), command.words.end());
  return limited;
}

/// Heartbeats that are due every four seconds, on both gateways; the largest message takes a part of one to
/// arrive and to be read, and longer on a busy machine.
DiscordOptions in_a_hurry() {
  DiscordOptions options;
  options.heartbeat_interval = 4s;
  options.voice_heartbeat_interval_ms = 4'000;
  return options;
}

// The largest that are let through, of each shape.
constexpr const char* kLargest =
    "at 300ms large gateway 16000k; at 2s large gateway 16000k; at 4s large gateway 16000k;"
    "at 400ms large voice 262144; at 600ms large voice 262144; at 1s large voice 262144;"
    "at 3s crowd 3000; at 5s flood proposals 3000; at 6500ms flood voice 3000";

class PlayUnderALimit : public ::testing::Test {
 protected:
  static constexpr double kMostMegabytes = 150;
  static constexpr int kLimit = 256;

  void SetUp() override {
    if (!kMemoryTells) GTEST_SKIP() << "a sanitizer takes memory of its own";
  }
  /// Runs it under the limit, and looks at how much it took.
  static Finished play(const Command& command) {
    const Finished finished = run(within(kLimit, command), kDeadline);
    EXPECT_LT(finished.peak_megabytes, kMostMegabytes) << finished.err;
    RecordProperty("megabytes", std::to_string(finished.peak_megabytes));
    return finished;
  }
};

TEST_F(PlayUnderALimit, StaysSmallUnderTheLargestMessages) {
  DiscordOptions options = in_a_hurry();
  options.script = rehearsal::parse_script(kLargest);
  Stage stage(options);
  const Finished finished = play(stage.play({stage.tone("song.wav", 9.0)}));
  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(report.faults, SizeIs(9));
  EXPECT_GE(report.heard, 8800ms);
  EXPECT_EQ(findings(report), "") << "heartbeats went on";
  EXPECT_EQ(report.voice_identifies + report.voice_resumes, 1U) << "none of them was too large";
  EXPECT_THAT(finished.err, Not(HasSubstr("a message of more than")));
}

TEST_F(PlayUnderALimit, StaysSmallUnderTheLargestAnswers) {
  DiscordOptions options;
  const std::string brackets = '[' + std::string(8'000'000, ' ') + ']';
  options.rest_faults = {{.path_end = "/gateway/bot", .status = 502, .body = brackets, .times = 2},
                         {.path_end = "/gateway/bot", .status = 429, .body = brackets}};
  Stage stage(options);
  const Finished finished = play(stage.play({stage.tone("song.wav", 0.5)}));
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(findings(stage.discord().report()), "");
}

TEST_F(PlayUnderALimit, StaysSmallWhereAFileWantsMemoryAtTheSameTime) {
  DiscordOptions options = in_a_hurry();
  options.script = rehearsal::parse_script(kLargest);
  Stage stage(options);
  const std::string bomb = stage.folder().write("bomb.mov", index_bomb());
  const Finished finished = play(stage.play(
      {stage.tone("one.wav", 2.5), bomb, stage.tone("two.wav", 2.5), bomb, stage.tone("three.wav", 4.0)}));
  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 4) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("bomb.mov"));
  EXPECT_GE(report.heard, 8800ms);
  EXPECT_EQ(findings(report), "");
}

TEST_F(PlayUnderALimit, SaysFewLinesOfAFlood) {
  DiscordOptions options;
  options.script = rehearsal::parse_script(
      "at 200ms flood proposals 3000; at 500ms flood voice 3000; at 700ms flood gateway 3000");
  Stage stage(options);
  const Finished finished = play(stage.play({stage.tone("song.wav", 1.5)}));
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(stage.discord().report().faults, SizeIs(3));
  EXPECT_THAT(finished.err, HasSubstr("refused a message"));
  // Three of each kind, and one that says how many more there were.
  EXPECT_LE(std::count(finished.err.begin(), finished.err.end(), '\n'), 30) << finished.err;
}

}  // namespace
}  // namespace vcplay::testing
