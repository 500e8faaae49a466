// The program on a host that stops it, wants it gone, or has run out of something.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using ::testing::HasSubstr;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr auto kDeadline = 60s;
// From the signal to the end of the process.
constexpr auto kLeavingTime = 2s;

/// A server whose connections open and then stay without a word.
class MuteServer {
 public:
  MuteServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(fd_, generic, size) != 0 || ::listen(fd_, 8) != 0 || ::getsockname(fd_, generic, &size) != 0) {
      ADD_FAILURE() << "no server";
    }
    port_ = ntohs(address.sin_port);
  }
  ~MuteServer() { ::close(fd_); }
  MuteServer(const MuteServer&) = delete;
  MuteServer& operator=(const MuteServer&) = delete;
  [[nodiscard]] std::string host_and_port() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

/// `command` as a shell runs it after `preparation`.
Command after(const std::string& preparation, const Command& command) {
  Command shell = command;
  shell.words = {"/bin/sh", "-c", preparation + "; exec \"$@\"", "sh"};
  shell.words.insert(shell.words.end(), command.words.begin(), command.words.end());
  return shell;
}

// ── stopped and continued ──

TEST(PlayHost, BeingStoppedForTwoSecondsCostsThoseAndIsMadeUpForByNoBurst) {
  Stage stage;
  Subprocess player(stage.play({"--json", stage.tone("tone.wav", 6.0)}));
  ASSERT_TRUE(player.wait_for_text("\"event\":\"track\"", kDeadline));
  player.send(SIGSTOP);
  player.live_on(2s);
  player.send(SIGCONT);
  const Finished finished = player.finish(kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  rehearsal::Report report = stage.discord().report();
  // Nobody could say silence before he was stopped.
  std::erase_if(report.findings, [](const auto& finding) { return finding.rule == "missing-silence"; });
  EXPECT_EQ(findings(report), "");
  EXPECT_GE(report.longest_gap, 1900ms);
  EXPECT_LT(report.longest_gap, 2500ms);
  // Nothing is skipped: what was queued waits. Packets of a burst would come long before their time.
  EXPECT_GE(report.audio_packets, 299U);
  EXPECT_LT(report.arrival.p99, 60'000.0) << "more than three packets' worth";
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_EQ(report.voice_identifies, 1U);
  EXPECT_EQ(report.gateway_identifies, 1U);
}

TEST(PlayHost, BeingSuspendedForLongerThanTheServersWaitCostsTheCallAndNotTheSong) {
  rehearsal::DiscordOptions options;
  options.heartbeat_interval = 1s;
  options.voice_heartbeat_interval_ms = 1'000;
  Stage stage(options);
  Subprocess player(stage.play({"--json", stage.tone("tone.wav", 4.0)}));
  ASSERT_TRUE(player.wait_for_text("\"event\":\"track\"", kDeadline));
  player.send(SIGSTOP);
  player.live_on(5s);
  player.send(SIGCONT);
  const Finished finished = player.finish(kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  rehearsal::Report report = stage.discord().report();
  // Who is suspended neither says silence nor sends heartbeats.
  std::erase_if(report.findings, [](const auto& finding) {
    return finding.rule == "missing-silence" || finding.rule.ends_with("heartbeat-missed");
  });
  EXPECT_EQ(findings(report), "");
  EXPECT_GE(report.gateway_resumes + report.gateway_identifies, 2U);
  EXPECT_GE(report.voice_resumes + report.voice_identifies, 2U);
  EXPECT_GE(report.audio_packets, 199U);
  EXPECT_TRUE(report.left_cleanly);
}

// ── asked to leave ──

/// A place where a join halts, and the words that show that the player has reached it.
struct Halt {
  std::string name;
  void (*furnish)(rehearsal::DiscordOptions&);
  std::string words;
};

void PrintTo(const Halt& halt, std::ostream* out) { *out << halt.name; }

const Halt kHalts[] = {
    {"Identifying", [](auto& o) { o.says_nothing_on_connect = true; }, "phase identifying"},
    {"WaitingForTheGuild", [](auto& o) { o.guild_is_unavailable = true; }, "phase waiting-for-guild"},
    {"JoiningTheChannel", [](auto& o) { o.ignores_join = true; }, "phase joining-channel"},
    {"IdentifyingToVoice", [](auto& o) { o.voice_says_nothing = true; }, "phase identifying-voice"},
    {"DiscoveringTheAddress", [](auto& o) { o.never_answers_discovery = true; }, "phase discovering-address"},
    {"SelectingTheProtocol", [](auto& o) { o.never_describes_session = true; }, "phase selecting-protocol"},
    {"Playing", [](auto&) {}, "\"event\":\"track\""},
};

class PlayHostLeaves : public ::testing::TestWithParam<Halt> {};

TEST_P(PlayHostLeaves, WithinTwoSecondsOfATerm) {
  rehearsal::DiscordOptions options;
  GetParam().furnish(options);
  Stage stage(options);
  Subprocess player(stage.play({"-v", "-v", "--json", stage.tone("tone.wav", 30.0)}));
  ASSERT_TRUE(player.wait_for_text(GetParam().words, kDeadline));
  player.send(SIGTERM);
  const Finished finished = player.finish(kLeavingTime);
  EXPECT_EQ(finished.signal, SIGTERM) << "it was still there after 2 s\n" << finished.err;
  const rehearsal::Report report = stage.discord().report();
  const bool joined = std::count(report.wire.begin(), report.wire.end(), "voice-state") > 0;
  EXPECT_EQ(std::count(report.wire.begin(), report.wire.end(), "voice-state-null"), joined ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(InEachPhase, PlayHostLeaves, ::testing::ValuesIn(kHalts),
                         [](const auto& row) { return row.param.name; });

TEST(PlayHost, LeavesWithinTwoSecondsWhileTheGatewayIsMute) {
  const Stage stage;
  const MuteServer mute;
  Command command = stage.play({"-v", "-v", stage.tone("tone.wav", 30.0)});
  command.words.insert(command.words.end(), {"--gateway-url", "wss://" + mute.host_and_port()});
  Subprocess player(command);
  ASSERT_TRUE(player.wait_for_text("phase opening-gateway", kDeadline));
  player.send(SIGTERM);
  EXPECT_EQ(player.finish(kLeavingTime).signal, SIGTERM);
}

TEST(PlayHost, LeavesWithinTwoSecondsWhileTheVoiceServerIsMute) {
  const MuteServer mute;
  rehearsal::DiscordOptions options;
  options.voice_endpoint = mute.host_and_port();
  Stage stage(options);
  Subprocess player(stage.play({"-v", "-v", stage.tone("tone.wav", 30.0)}));
  ASSERT_TRUE(player.wait_for_text("phase opening-voice", kDeadline));
  player.send(SIGTERM);
  EXPECT_EQ(player.finish(kLeavingTime).signal, SIGTERM);
  EXPECT_TRUE(stage.discord().report().left_cleanly) << "no ghost in the channel";
}

TEST(PlayHost, LeavesWithinTwoSecondsWhileRestIsMute) {
  const Stage stage;
  const MuteServer mute;
  Command command = stage.play({"-v", "-v", stage.tone("tone.wav", 30.0)});
  command.words.insert(command.words.end(), {"--api-url", "https://" + mute.host_and_port() + "/api/v10"});
  Subprocess player(command);
  ASSERT_TRUE(player.wait_for_text("phase finding-gateway", kDeadline));
  player.send(SIGTERM);
  EXPECT_EQ(player.finish(kLeavingTime).signal, SIGTERM);
}

TEST(PlayHost, LeavesWithinTwoSecondsWhileTheLastWordsAreHeard) {
  Stage stage;
  Subprocess player(stage.play({"-v", "-v", stage.tone("tone.wav", 0.5)}));
  ASSERT_TRUE(player.wait_for_text("phase lingering", kDeadline));
  player.send(SIGTERM);
  const Finished finished = player.finish(kLeavingTime);
  EXPECT_FALSE(finished.timed_out);
  EXPECT_TRUE(stage.discord().report().left_cleanly);
}

// ── standard streams ──

TEST(PlayHost, PlaysOnWithoutStandardError) {
  Stage stage;
  const Finished finished =
      run(after("exec 2>&-", stage.play({"-v", stage.tone("tone.wav", 1.0)})), kDeadline);
  EXPECT_EQ(finished.exit_status, 0);
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(findings(report), "");
  EXPECT_GE(report.audio_packets, 50U);
}

TEST(PlayHost, PlaysOnWhenNobodyReadsStandardError) {
  Stage stage;
  // The reader of the pipe ends at once: each line would raise SIGPIPE.
  Command command = stage.play({"-v", "-v", stage.tone("tone.wav", 1.0)});
  command.words.insert(command.words.begin(),
                       {"/bin/sh", "-c", "{ \"$@\" 2>&1 >&3 | true; } 3>&1; sleep 3", "sh"});
  static_cast<void>(run(command, kDeadline));
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(findings(report), "");
  EXPECT_GE(report.audio_packets, 50U);
  EXPECT_TRUE(report.left_cleanly);
}

TEST(PlayHost, PlaysOnWithoutAnyStandardStream) {
  Stage stage;
  const Finished finished =
      run(after("exec 0<&- 1>&- 2>&-", stage.play({stage.tone("tone.wav", 1.0)})), kDeadline);
  EXPECT_EQ(finished.exit_status, 0);
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(findings(report), "");
  EXPECT_GE(report.audio_packets, 50U);
}

// ── out of something ──

TEST(PlayHost, AFullDiskUnderARecordingIsSaid) {
  const TemporaryFolder folder;
  Command command;
  const std::string full = folder.file("full.wav");
  ASSERT_EQ(::symlink("/dev/full", full.c_str()), 0);
  command.words = {kProgram,   "rehearse", "--fast",
                   "--output", full,       folder.write("tone.wav", Stage::wav(Stage::pcm(10.0)))};
  const Finished finished = run(command, kDeadline);
  EXPECT_EQ(finished.signal, 0);
  EXPECT_NE(finished.exit_status, 0);
  EXPECT_THAT(finished.err, HasSubstr("No space left"));
}

class PlayHostWithFewFiles : public ::testing::TestWithParam<int> {};

#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
// The sanitizer tests addresses with a pipe. Without a descriptor for that, every object looks wrong to it.
#define VCPLAY_SANITIZER_NEEDS_FILES
#endif
#endif
#ifdef VCPLAY_SANITIZER_NEEDS_FILES
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PlayHostWithFewFiles);
#else
INSTANTIATE_TEST_SUITE_P(Descriptors, PlayHostWithFewFiles,
                         ::testing::Values(6, 8, 10, 12, 14, 16, 18, 20, 24));
#endif

/// Wherever the last descriptor goes, the end is a sentence; and what is opened later is the system's limit,
/// not a crash.
TEST_P(PlayHostWithFewFiles, SaysWhatItLacks) {
  Stage stage;
  const std::string limit = "ulimit -n " + std::to_string(GetParam());
  const Finished finished = run(after(limit, stage.play({stage.tone("tone.wav", 0.5)})), kDeadline);
  EXPECT_EQ(finished.signal, 0) << finished.err;
  EXPECT_FALSE(finished.timed_out);
  if (finished.exit_status != 0) {
    EXPECT_THAT(finished.err, HasSubstr("vcplay: "));
  }
}

}  // namespace
}  // namespace vcplay::testing
