// One row for each way in which Discord fails in the middle of a song, and what the program makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "rehearsal/fault_script.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using rehearsal::DiscordOptions;
using rehearsal::Report;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

using Words = std::vector<std::string>;

constexpr auto kDeadline = 60s;
// Between two packets there are 20 ms; the rest is for a busy machine.
constexpr Duration kNoGap = 150ms;
constexpr Duration kShortGap = 1500ms;
constexpr std::ptrdiff_t kMostLines = 10;  // whatever comes, and however often

const Words kNothing = {};
const Words kGatewayResume = {"gateway-resume"};
const Words kVoiceResume = {"voice-resume", "speaking-on"};
const Words kNewVoice = {"voice-identify", "select-protocol", "speaking-on"};

Words operator+(Words first, const Words& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// What the account said between the join and the leave.
Words in_the_middle(Words wire) {
  const Words join = {"gateway-identify", "voice-state", "voice-identify", "select-protocol", "speaking-on"};
  const Words leave = {"speaking-off", "voice-state-null"};
  if (wire.size() >= join.size() && std::equal(join.begin(), join.end(), wire.begin())) {
    wire.erase(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(join.size()));
  }
  if (wire.size() >= leave.size() && std::equal(leave.rbegin(), leave.rend(), wire.rbegin())) {
    wire.resize(wire.size() - leave.size());
  }
  return wire;
}

// ── what is survived ──

/// What the player said to one of the two servers, in order. Its words to the other one are left out, since
/// they may come at any point.
Words to_the_gateway(Words wire) {
  std::erase_if(wire, [](const std::string& word) {
    return !word.starts_with("gateway") && !word.starts_with("voice-state");
  });
  return wire;
}

Words to_the_voice_server(Words wire) {
  std::erase_if(wire, [](const std::string& word) {
    return word.starts_with("gateway") || word.starts_with("voice-state");
  });
  return wire;
}

/// A fault, the account's words because of it, and what the listener misses at most.
struct Survived {
  std::string name;
  std::string script;
  Words wire;
  Duration gap = kNoGap;
  Duration missed{};  // the part of the song that was sent to a server that was gone
  Words options = {};
  double seconds = 1.6;  // of the song
  std::string warning = {};
  Duration heartbeat = 41'250ms;  // of the main gateway
};

void PrintTo(const Survived& row, std::ostream* out) { *out << row.name; }

class Plays : public ::testing::TestWithParam<Survived> {};

TEST_P(Plays, ToItsEnd) {
  const Survived& row = GetParam();
  DiscordOptions options;
  options.script = rehearsal::parse_script(row.script);
  options.heartbeat_interval = row.heartbeat;
  Stage stage(options);

  const Finished finished =
      run(stage.play(row.options + Words{stage.tone("song.wav", row.seconds)}), kDeadline);

  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(row.warning));
  EXPECT_LE(std::count(finished.err.begin(), finished.err.end(), '\n'), kMostLines) << finished.err;
  EXPECT_THAT(report.findings, IsEmpty()) << findings(report);
  EXPECT_FALSE(report.faults.empty()) << "nothing went wrong: the song was over before it";
  EXPECT_THAT(in_the_middle(report.wire), ElementsAreArray(row.wire)) << finished.err;
  EXPECT_LE(report.longest_gap, row.gap);
  const auto song = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(row.seconds));
  EXPECT_GE(report.heard + row.missed, song);
  EXPECT_LE(report.heard, song + 20ms);
  EXPECT_TRUE(report.left_cleanly);
}

const Survived kSurvived[] = {
    // the main gateway: audio flows on
    {"GatewayDropped", "at 300ms drop gateway", kGatewayResume},
    {"GatewayDroppedTwice",
     "at 200ms drop gateway; at 1800ms drop gateway",
     kGatewayResume + kGatewayResume,
     kNoGap,
     0s,
     {},
     3.5},
    {"GatewayAskedToReconnect", "at 300ms reconnect gateway", kGatewayResume},
    {"GatewaySessionToBeResumed", "at 300ms invalidate gateway resumable", kGatewayResume},
    {"GatewayUnknownError", "at 300ms close gateway 4000", kGatewayResume},
    {"GatewayRestarted", "at 300ms close gateway 1001", kGatewayResume},
    {"GatewayRateLimited",
     "at 300ms close gateway 4008",
     // … and only the leave is worth another try within the minute
     Words{"speaking-off"} + kGatewayResume + Words{"voice-state-null"},
     kNoGap,
     0s,
     {},
     1.0},
    {"GatewayRefusesForAWhile",
     "at 200ms refuse gateway for 1s; at 200ms drop gateway",
     kGatewayResume,
     kNoGap,
     0s,
     {},
     5.0},
    // … or not, because a new session is in no channel
    {"GatewaySessionInvalid",
     "at 300ms invalidate gateway",
     Words{"gateway-identify", "voice-state"} + kNewVoice,
     kShortGap,
     1s,
     {},
     7.0},
    {"GatewaySessionForgotten",
     "at 300ms forget gateway; at 300ms drop gateway",
     Words{"gateway-resume", "gateway-identify", "voice-state"} + kNewVoice,
     kShortGap,
     1s,
     {},
     8.0},
    // One beat of those 620 ms, which the next one misses; by then the server answers again.
    {"GatewayAcknowledgesNothing",
     "at 100ms ignore gateway acks for 620ms",
     kGatewayResume,
     kNoGap,
     0s,
     {},
     2.0,
     {},
     600ms},
    // the voice gateway: audio flows on
    {"VoiceDropped", "at 300ms drop voice", kVoiceResume},
    {"VoiceDroppedTwice", "at 200ms drop voice; at 900ms drop voice", kVoiceResume + kVoiceResume},
    {"VoiceServerCrashed", "at 300ms close voice 4015", kVoiceResume},
    {"VoiceRefusesForAWhile",
     "at 200ms refuse voice for 500ms; at 200ms drop voice",
     kVoiceResume,
     kNoGap,
     0s,
     {},
     3.0},
    // … or the session is gone
    {"VoiceSessionForgotten", "at 300ms forget voice; at 300ms drop voice",
     Words{"voice-resume", "voice-state"} + kNewVoice, kShortGap, 700ms},
    {"VoiceSessionInvalid", "at 300ms close voice 4006", Words{"voice-state"} + kNewVoice, kShortGap, 100ms},
    {"VoiceSessionTimedOut", "at 300ms close voice 4009", Words{"voice-state"} + kNewVoice, kShortGap, 100ms},
    {"VoiceServerNotFound", "at 300ms close voice 4011", Words{"voice-state"} + kNewVoice, 6500ms, 100ms},
    {"VoiceUnknownCode", "at 300ms close voice 4999", Words{"voice-state"} + kNewVoice, kShortGap, 100ms},
    // servers and channels
    {"Migrated", "at 300ms migrate after 500ms", kNewVoice, kShortGap, 100ms},
    {"MigratedTwice",
     "at 200ms migrate after 200ms; at 1200ms migrate after 200ms",
     kNewVoice + kNewVoice,
     kShortGap,
     200ms,
     {},
     2.5},
    {"MigratedAtOnce", "at 300ms migrate at once", kNewVoice, kShortGap, 100ms},
    {"Moved", "at 300ms move", kNewVoice, kShortGap, 100ms},
    {"MovedAndReturned",
     "at 300ms move",
     Words{"voice-state"} + kNewVoice,
     kShortGap,
     100ms,
     {"--on-move", "return"}},
    {"GuildOutage", "at 300ms guild outage for 500ms", kNothing},
    {"BitrateChanged", "at 300ms bitrate 64k", kNothing},
    {"Muted", "at 300ms mute; at 600ms unmute", kNothing, 500ms, 400ms, {}, 1.6, "muted by the server"},
    {"NoLongerAllowedToSpeak", "at 300ms deny speaking", kNothing, 5s, 2s, {}, 1.6, "permission to speak"},
    // what no honest server does
    {"KeyNamedAgain", "at 200ms rekey; at 500ms rekey same; at 800ms rekey first; at 1100ms rekey", kNothing},
    {"FirstKeyInTheNextSession", "at 200ms rekey first; at 300ms close voice 4006; at 700ms rekey same",
     Words{"voice-state"} + kNewVoice, kShortGap, 100ms},
    {"Flooded",
     "at 300ms flood voice 400; at 700ms flood gateway 400; at 1s large gateway 300k",
     kNothing,
     500ms,
     0s,
     {},
     1.6,
     "refused a message"},
    // UDP
    {"Lossy", "lose udp 10%", kNothing, 500ms, 1s},
    {"UdpBlocked", "at 300ms block udp for 500ms", kNothing, 700ms, 600ms},
    // the host
    {"LateAcknowledgements", "delay acks 500ms", kNothing},
    {"DiscordStalls", "at 300ms stall 700ms", kNothing, 900ms},
};

INSTANTIATE_TEST_SUITE_P(Through, Plays, ::testing::ValuesIn(kSurvived),
                         [](const auto& row) { return row.param.name; });

// ── what is not ──

/// A fault, the exit status that it leads to and a word of its one sentence.
struct Explained {
  std::string name;
  std::string script;
  int exit_status;
  std::string word;
  Words options = {};
};

void PrintTo(const Explained& row, std::ostream* out) { *out << row.name; }

class Ends : public ::testing::TestWithParam<Explained> {};

TEST_P(Ends, WithOneSentenceAndItsStatus) {
  const Explained& row = GetParam();
  DiscordOptions options;
  options.script = rehearsal::parse_script(row.script);
  Stage stage(options);

  const Finished finished = run(stage.play(row.options + Words{stage.tone("song.wav", 20.0)}), kDeadline);

  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, row.exit_status) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(row.word));
  EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished.err;
  EXPECT_THAT(report.findings, IsEmpty()) << findings(report);
  EXPECT_EQ(report.gateway_identifies, 1U);
  EXPECT_EQ(report.voice_identifies, 1U);
}

const Explained kExplained[] = {
    {"TokenRefused", "at 300ms close gateway 4004", 5, "token"},
    {"WrongShard", "at 300ms close gateway 4010", 2, "shard"},
    {"IntentsRefused", "at 300ms close gateway 4014", 1, "intents"},
    {"CallEndedByTheServer", "at 300ms close voice 4014", 8, "removed"},
    {"CallTerminated", "at 300ms close voice 4022", 8, "ended"},
    {"EncryptionRequired", "at 300ms close voice 4017", 9, "end-to-end"},
    {"VoiceRateLimited", "at 300ms close voice 4021", 7, "4021"},
    {"VoiceProtocolUnknown", "at 300ms close voice 4012", 1, "4012"},
    {"Kicked", "at 300ms kick", 8, "removed from the voice channel"},
    {"MovedAway", "at 300ms move", 8, "moved", {"--on-move", "exit"}},
    {"ChannelDeleted", "at 300ms delete channel", 8, "deleted"},
    {"GuildLeft", "at 300ms remove guild", 8, "guild"},
    {"TakenOver", "at 300ms take over", 10, "Another process"},
};

INSTANTIATE_TEST_SUITE_P(After, Ends, ::testing::ValuesIn(kExplained),
                         [](const auto& row) { return row.param.name; });

/// Those of one call are tried in play_fleet_faults_test.cpp, where others play on beside it.
TEST(PlayRecovery, IsTriedWithEachFaultOfTheGatewayAndOfTheWholeDiscord) {
  std::set<rehearsal::FaultKind> tried;
  const auto note = [&](const std::string& script) {
    for (const auto& one : rehearsal::parse_script(script)) tried.insert(one.fault.kind);
  };
  for (const Survived& row : kSurvived) note(row.script);
  for (const Explained& row : kExplained) note(row.script);
  for (const rehearsal::FaultForm& form : rehearsal::fault_forms()) {
    if (reach_of(form.kind) == rehearsal::FaultReach::call) continue;
    EXPECT_TRUE(tried.contains(form.kind)) << form.words;
  }
}

// ── what needs a story ──

TEST(PlayRecovery, KeepsItsPlaceInTheChannelWhileTheGatewayIsAwayAndLeavesItAtTheEnd) {
  DiscordOptions options;
  options.script = rehearsal::parse_script("at 900ms drop gateway");
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("song.wav", 1.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_TRUE(stage.discord().report().left_cleanly) << "no ghost";
}

TEST(PlayRecovery, TellsEachReconnectionOnceAsAnEvent) {
  DiscordOptions options;
  options.script = rehearsal::parse_script("at 200ms drop voice; at 900ms migrate at once");
  Stage stage(options);
  const Finished finished = run(stage.play({"--json", stage.tone("song.wav", 2.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const auto events = [&](std::string_view name) {
    const std::string wanted = fmt::format("\"event\":\"{}\"", name);
    std::size_t found = 0;
    for (std::size_t at = 0; (at = finished.out.find(wanted, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(events("reconnect"), 2U) << finished.out;
  EXPECT_EQ(events("joined"), 2U) << finished.out;
  EXPECT_EQ(events("left"), 1U) << finished.out;
  EXPECT_THAT(finished.out, HasSubstr("\"reconnects\":2"));
}

TEST(PlayRecovery, ResumesBothSessionsWhicheverServerComesBackFirst) {
  DiscordOptions options;
  options.script = rehearsal::parse_script("at 200ms drop gateway; at 900ms drop voice");
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("song.wav", 2.5)}), kDeadline);
  const Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(report.findings, IsEmpty()) << findings(report);
  const Words wire = in_the_middle(report.wire);
  EXPECT_THAT(to_the_gateway(wire), ElementsAreArray(kGatewayResume)) << finished.err;
  EXPECT_THAT(to_the_voice_server(wire), ElementsAreArray(kVoiceResume)) << finished.err;
  EXPECT_GE(report.heard, 2500ms);
}

TEST(PlayRecovery, WritesNothingForWhatNobodyHears) {
  DiscordOptions options;
  options.script = rehearsal::parse_script("at 200ms drop voice; at 300ms drop gateway");
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("song.wav", 2.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0);
  EXPECT_THAT(finished.err, IsEmpty()) << "cron mails every line";
}

}  // namespace
}  // namespace vcplay::testing
