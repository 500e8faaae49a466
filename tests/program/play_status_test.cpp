// The channel says what plays: --set-status, from the first track to the leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <string>
#include <utility>

#include "resources/permissions.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 60s;

rehearsal::DiscordOptions with_permission() {
  rehearsal::DiscordOptions options;
  options.everyone_permissions = {resources::kViewChannel, resources::kConnect, resources::kSpeak,
                                  resources::kSetVoiceChannelStatus};
  return options;
}

TEST(PlayStatus, NamesEachTrackAndIsClearedAtTheEnd) {
  Stage stage(with_permission());
  const Finished finished = run(stage.play({"--json", "--set-status", "playing %filename%",
                                            stage.tone("first.wav", 1.5), stage.tone("second.wav", 1.5)}),
                                kDeadline);
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(finished.err, "");
  EXPECT_THAT(report.channel_statuses, ElementsAre("playing first.wav", "playing second.wav", ""));
  EXPECT_EQ(findings(report), "");
  EXPECT_TRUE(report.left_cleanly);
}

TEST(PlayStatus, IsClearedWhenSomebodyStopsIt) {
  Stage stage(with_permission());
  Subprocess process(stage.play({"--json", "--set-status", "%filename%", stage.tone("long.wav", 60)}));
  ASSERT_TRUE(process.wait_for_text("\"event\":\"track\"", kDeadline));
  process.live_on(1s);
  process.send(SIGTERM);
  const Finished finished = process.finish(kDeadline);
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(finished.signal, SIGTERM) << finished.err;
  EXPECT_THAT(report.channel_statuses, ElementsAre("long.wav", ""));
  EXPECT_TRUE(report.left_cleanly);
}

TEST(PlayStatus, IsLeftAloneWithoutThePermission) {
  Stage stage;
  const Finished finished =
      run(stage.play({"--set-status", "%filename%", stage.tone("a.wav", 1)}), kDeadline);
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << "the music plays all the same";
  EXPECT_THAT(finished.err, HasSubstr("Set Voice Channel Status"));
  EXPECT_THAT(report.channel_statuses, IsEmpty());
  EXPECT_EQ(findings(report), "");
}

TEST(PlayStatus, DoesNotHoldUpTheLeaveWhereRestIsOutOfOrder) {
  auto options = with_permission();
  options.rest_faults = {{.path_end = "/voice-status", .status = 500, .body = "", .times = 1'000}};
  Stage stage(options);
  const Finished finished =
      run(stage.play({"--json", "--set-status", "%filename%", stage.tone("a.wav", 1.5)}), kDeadline);
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(report.channel_statuses, IsEmpty());
  EXPECT_TRUE(report.left_cleanly);
}

TEST(PlayStatus, IsWarnedOfWhenDiscordRefusesIt) {
  auto options = with_permission();
  options.rest_faults = {{.path_end = "/voice-status",
                          .status = 403,
                          .body = R"({"message":"Missing Permissions","code":50013})",
                          .times = 1'000}};
  Stage stage(options);
  const Finished finished = run(
      stage.play({"--json", "--set-status", "%filename%", stage.tone("a.wav", 1), stage.tone("b.wav", 1)}),
      kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const std::size_t first = finished.err.find("The channel's status");
  ASSERT_NE(first, std::string::npos) << finished.err;
  EXPECT_EQ(finished.err.find("The channel's status", first + 1), std::string::npos) << "once is enough";
}

// ── on a terminal ──

/// The same command, on a terminal of its own, which script(1) makes.
Command on_a_terminal(Command command) {
  std::string line;
  for (const std::string& word : command.words) line += '\'' + word + "' ";
  command.words = {"/usr/bin/script", "-qefc", line, "/dev/null"};
  command.environment["TERM"] = "xterm";
  command.environment["SHELL"] = "/bin/sh";
  command.environment["LC_ALL"] = "C.UTF-8";
  return command;
}

TEST(OnATerminal, SaysWhatItWaitsFor) {
  Stage stage;
  const std::string pipe = stage.folder().file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  Subprocess process(on_a_terminal(stage.play({"-f", "s16le", "--rate", "48000", "--channels", "2", pipe})));
  ASSERT_TRUE(process.wait_for_text("waiting for the pipe to begin", kDeadline)) << "nobody writes into it";
  Command write;
  write.words = {"/bin/sh", "-c", "head -c 384000 /dev/zero > '" + pipe + "'"};
  EXPECT_EQ(run(write, kDeadline).exit_status, 0);
  const Finished finished = process.finish(kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.out;
  EXPECT_EQ(findings(stage.discord().report()), "");
}

}  // namespace
}  // namespace vcplay::testing
