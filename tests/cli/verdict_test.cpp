// What a run in many channels came to: who heard it, who did not, and why.
#include "cli/verdict.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "cli/exit_status.hpp"

namespace vcplay::cli {
namespace {

/// Three channels that heard two media.
class VerdictOnARun : public ::testing::Test {
 protected:
  VerdictOnARun() {
    outcome_.tracks = 2;
    outcome_.targets.resize(3);
    for (TargetOutcome& target : outcome_.targets) {
      target.began = target.joined = target.was_sent_all = true;
      target.audio_packets = 100;
    }
  }
  void kick(std::size_t target) {
    outcome_.targets[target].error = Error(Cause::removed, "The bot was removed.");
    outcome_.targets[target].was_sent_all = false;
  }
  void stop(std::size_t target) {
    outcome_.signal = SIGINT;
    outcome_.targets[target].was_sent_all = false;
    outcome_.targets[target].was_stopped = true;
  }
  /// "15: 1 of 3 channels failed; the others heard it."
  [[nodiscard]] std::string verdict_on_all() const {
    const std::optional<Error> error = verdict(outcome_);
    if (!error) return "0";
    return std::to_string(number(to_exit_status(error->cause()))) + ": " + error->what();
  }
  [[nodiscard]] std::string verdict_on_one(std::size_t target) const {
    const TargetVerdict one = verdict_on(outcome_.targets[target], outcome_);
    return std::to_string(one.status) + ": " + one.reason;
  }

  PlayerOutcome outcome_;
};

TEST_F(VerdictOnARun, IsGoodWhereAllHeardAll) {
  EXPECT_EQ(verdict_on_all(), "0");
  EXPECT_EQ(verdict_on_one(0), "0: ");
}

TEST_F(VerdictOnARun, CountsChannelsThatFailed) {
  kick(1);
  EXPECT_EQ(verdict_on_all(), "15: 1 of 3 channels failed; the others heard it.");
  EXPECT_EQ(verdict_on_one(1), "8: The bot was removed.");
  EXPECT_EQ(verdict_on_one(2), "0: ");
  kick(0);
  kick(2);
  EXPECT_EQ(verdict_on_all(), "8: The bot was removed.");
}

TEST_F(VerdictOnARun, SaysThatNobodyHeardAnythingWhereNoMediaCouldBePlayed) {
  outcome_.failed_tracks = 2;
  for (TargetOutcome& target : outcome_.targets) target.audio_packets = 0;
  EXPECT_EQ(verdict_on_all(), "3: Nothing could be played.");
  kick(1);
  EXPECT_EQ(verdict_on_all(), "3: Nothing could be played, and 1 of 3 channels failed.");
  outcome_.targets[0].audio_packets = outcome_.targets[2].audio_packets = 5;  // both media broke off
  EXPECT_EQ(
      verdict_on_all(),
      "15: 1 of 3 channels failed; the others heard it, as far as it could be played: 2 of 2 media failed.");
}

TEST_F(VerdictOnARun, NamesWhatTheOthersDidNotHear) {
  kick(1);
  outcome_.failed_tracks = 1;
  EXPECT_EQ(
      verdict_on_all(),
      "15: 1 of 3 channels failed; the others heard it, as far as it could be played: 1 of 2 media failed.");
  outcome_.failed_tracks = 0;
  outcome_.targets[2].audio_packets = 0;  // nobody was there
  EXPECT_EQ(verdict_on_all(), "15: 1 of 3 channels failed; 1 heard it.");
}

TEST_F(VerdictOnARun, TellsWhomASignalStopped) {
  stop(2);
  EXPECT_EQ(verdict_on_all(), "0");
  EXPECT_EQ(verdict_on_one(0), "0: ");
  EXPECT_EQ(verdict_on_one(2), "130: A signal stopped it before the end.");
  kick(1);
  EXPECT_EQ(verdict_on_all(), "15: 1 of 3 channels failed; 1 heard it.");
  EXPECT_EQ(verdict_on_one(1), "8: The bot was removed.");
  stop(0);
  EXPECT_EQ(verdict_on_all(), "15: 1 of 3 channels failed.");
}

TEST_F(VerdictOnARun, TellsWhatStoppedAChannelBesidesASignal) {
  outcome_.targets[0].was_stopped = true;
  outcome_.failed_tracks = 2;
  EXPECT_EQ(verdict_on_one(0), "3: Nothing could be played.");
  outcome_.error = Error(Cause::unexpected, "The decoder hangs.");
  EXPECT_EQ(verdict_on_one(0), "1: The decoder hangs.");
  EXPECT_EQ(verdict_on_all(), "1: The decoder hangs.");
}

}  // namespace
}  // namespace vcplay::cli
