// The program whose output nobody reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kDeadline = 60s;

Command rehearse(const TemporaryFolder& folder, const std::vector<std::string>& options, double seconds) {
  Command command;
  command.words = {kProgram, "rehearse"};
  command.words.insert(command.words.end(), options.begin(), options.end());
  command.words.push_back(folder.write("tone.wav", Stage::wav(Stage::pcm(seconds))));
  return command;
}

// ── standard error ──

TEST(UnreadErrors, HoldUpNoRehearsal) {
  const TemporaryFolder folder;
  Command command = rehearse(folder, {"--fast", "-vv"}, 10);
  command.error_is_stuck = true;
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.out;
  EXPECT_FALSE(finished.timed_out);
}

/// A play that tells everything to a standard error that nobody reads, and its events to us.
Command unread_play(const Stage& stage, double seconds) {
  Command command = stage.play({"-vv", "--json", stage.tone("tone.wav", seconds)});
  command.error_is_stuck = true;
  return command;
}

TEST(UnreadErrors, HoldUpNoHeartbeat) {
  rehearsal::DiscordOptions options;
  options.heartbeat_interval = 200ms;
  options.voice_heartbeat_interval_ms = 200;
  Stage stage(options);
  const Finished finished = run(unread_play(stage, 3), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.out;
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(findings(report), "");
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_TRUE(report.left_cleanly);
}

TEST(UnreadErrors, DoNotKeepASignalFromEndingIt) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    Stage stage;
    Subprocess play(unread_play(stage, 60));
    ASSERT_TRUE(play.wait_for_text("\"joined\"", kDeadline));
    play.send(signal);
    const Finished finished = play.finish(kDeadline);
    EXPECT_EQ(finished.signal, signal) << finished.out;
    EXPECT_FALSE(finished.timed_out);
    EXPECT_TRUE(stage.discord().report().left_cleanly);
  }
}

TEST(UnreadErrors, DoNotKeepTwoControlCsFromEndingItAtOnce) {
  Stage stage;
  Subprocess play(unread_play(stage, 60));
  ASSERT_TRUE(play.wait_for_text("\"joined\"", kDeadline));
  play.send(SIGINT);
  play.send(SIGINT);
  const Finished finished = play.finish(kDeadline);
  EXPECT_EQ(finished.signal, SIGINT) << finished.out;
  EXPECT_FALSE(finished.timed_out);
}

TEST(UnreadErrors, AreThereForWhoeverReadsAtLast) {
  const TemporaryFolder folder;
  Command command;
  command.words = {kProgram, "rehearse", "--fast", folder.file("missing.wav")};
  command.error_is_stuck = true;
  Subprocess rehearsal(command);
  rehearsal.unstick();
  const Finished finished = rehearsal.finish(kDeadline);
  EXPECT_EQ(finished.exit_status, 3);
  EXPECT_THAT(finished.err, HasSubstr("missing.wav"));
}

// ── a terminal ──

/// A terminal of our own, which shows what is written to it until it is stopped.
class Screen {
 public:
  Screen() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) {
      throw std::runtime_error("no terminal");
    }
    name_ = ::ptsname(master_);
    slave_ = ::open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  ~Screen() {
    ::close(slave_);
    ::close(master_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Has the command's standard error here.
  [[nodiscard]] Command with(Command command) const {
    command.words.insert(command.words.begin(), {"sh", "-c", "exec \"$@\" 2>\"$0\"", name_});
    command.environment["TERM"] = "xterm";
    return command;
  }
  void stop() const { EXPECT_EQ(::tcflow(slave_, TCOOFF), 0); }  // Ctrl-S
  void go_on() const { EXPECT_EQ(::tcflow(slave_, TCOON), 0); }  // Ctrl-Q
  /// What was written since the last call.
  [[nodiscard]] std::string text() const {
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t count = 0; (count = ::read(master_, bytes.data(), bytes.size())) > 0;) {
      text.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  /// Waits until this is written.
  [[nodiscard]] bool shows(const std::string& words) const {
    std::string shown;
    pollfd ready{master_, POLLIN, 0};
    while (shown.find(words) == std::string::npos && ::poll(&ready, 1, 60'000) > 0) shown += text();
    return shown.find(words) != std::string::npos;
  }

 private:
  int master_;
  int slave_ = -1;
  std::string name_;
};

/// Plays, and its terminal stops once it is in the channel.
class PlayOnAStoppedTerminal : public ::testing::Test {
 protected:
  static rehearsal::DiscordOptions with_quick_heartbeats() {
    rehearsal::DiscordOptions options;
    options.heartbeat_interval = 500ms;
    options.voice_heartbeat_interval_ms = 500;
    return options;
  }
  void begin(double seconds) {
    play_ = std::make_unique<Subprocess>(
        screen_.with(stage_.play({"-vv", "--json", stage_.tone("tone.wav", seconds)})));
    ASSERT_TRUE(play_->wait_for_text("\"joined\"", kDeadline));
    ASSERT_TRUE(screen_.shows("\x1b[K")) << "the status line";
    screen_.stop();
  }
  Finished end() {
    const Finished finished = play_->finish(kDeadline);
    EXPECT_FALSE(finished.timed_out);
    EXPECT_THAT(screen_.text(), Not(HasSubstr("phase over"))) << "it was stopped";
    screen_.go_on();
    return finished;
  }

  Stage stage_{with_quick_heartbeats()};
  Screen screen_;
  std::unique_ptr<Subprocess> play_;
};

TEST_F(PlayOnAStoppedTerminal, GoesOnToItsEnd) {
  begin(3);
  EXPECT_EQ(end().exit_status, 0);
  const rehearsal::Report report = stage_.discord().report();
  EXPECT_EQ(findings(report), "") << "no heartbeat was late";
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_GE(report.audio_packets, 150U);
  EXPECT_TRUE(report.left_cleanly);
}

TEST_F(PlayOnAStoppedTerminal, EndsAtASignal) {
  begin(60);
  play_->send(SIGTERM);
  EXPECT_EQ(end().signal, SIGTERM);
  EXPECT_TRUE(stage_.discord().report().left_cleanly);
}

TEST_F(PlayOnAStoppedTerminal, EndsAtTwoControlCs) {
  begin(60);
  play_->send(SIGINT);
  play_->send(SIGINT);
  EXPECT_EQ(end().signal, SIGINT);
}

// ── standard output ──

TEST(UnreadEvents, HoldUpNoPlay) {
  rehearsal::DiscordOptions options;
  options.heartbeat_interval = 200ms;
  options.voice_heartbeat_interval_ms = 200;
  Stage stage(options);
  Command command = stage.play({"--json", stage.tone("tone.wav", 2)});
  command.output_is_stuck = true;
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.exit_status, 13) << "what was told has reached nobody";
  EXPECT_EQ(finished.err, "vcplay: Cannot write events to standard output: nobody reads them.\n");
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(findings(report), "");
  EXPECT_GE(report.audio_packets, 100U);
  EXPECT_TRUE(report.left_cleanly);
}

TEST(UnreadEvents, DoNotKeepASignalFromEndingIt) {
  Stage stage;
  Command command = stage.play({"-v", "--json", stage.tone("tone.wav", 60)});
  command.output_is_stuck = true;
  Subprocess play(command);
  ASSERT_TRUE(play.wait_for_text("audio is encrypted", kDeadline));
  play.send(SIGTERM);
  const Finished finished = play.finish(kDeadline);
  EXPECT_EQ(finished.signal, SIGTERM) << finished.err;
  EXPECT_TRUE(stage.discord().report().left_cleanly);
}

TEST(UnreadReport, WaitsForItsReaderOrASignal) {
  const TemporaryFolder folder;
  Command command = rehearse(folder, {"--fast", "-vv"}, 1);
  command.output_is_stuck = true;
  {
    Subprocess patient(command);
    ASSERT_TRUE(patient.wait_for_text("phase over", kDeadline));
    patient.live_on(1500ms);
    patient.unstick();
    const Finished finished = patient.finish(kDeadline);
    EXPECT_EQ(finished.exit_status, 0) << finished.err;
    EXPECT_THAT(finished.out, HasSubstr("Join, ms after the program's start"));
  }
  Subprocess unread(command);
  ASSERT_TRUE(unread.wait_for_text("phase over", kDeadline));
  unread.live_on(500ms);
  unread.send(SIGTERM);
  EXPECT_EQ(unread.finish(kDeadline).signal, SIGTERM);
}

}  // namespace
}  // namespace vcplay::testing
