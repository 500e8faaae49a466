// The whole program in calls that are encrypted from end to end, ought to be, or are empty.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using nlohmann::json;
using rehearsal::Committing;
using rehearsal::Cue;
using rehearsal::DaveDisturbance;
using rehearsal::DiscordOptions;
using rehearsal::MemberScript;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr auto kDeadline = std::chrono::seconds(30);

/// The events of `play --json` that have this name.
std::vector<json> events(const Finished& finished, std::string_view name) {
  std::vector<json> found;
  std::istringstream lines(finished.out);
  for (std::string line; std::getline(lines, line);) {
    json event = json::parse(line);
    if (event.at("event") == name) found.push_back(std::move(event));
  }
  return found;
}

void expect_all_heard(const rehearsal::Report& report) {
  EXPECT_EQ(findings(report), "");
  EXPECT_EQ(report.encryption.undecryptable, 0U);
  EXPECT_EQ(report.encryption.plaintext, 0U);
  EXPECT_GT(report.encryption.decrypted, 0U);
  for (const rehearsal::ListenerReport& listener : report.listeners) {
    EXPECT_EQ(listener.lost, 0U) << listener.name;
    EXPECT_EQ(listener.undecryptable, 0U) << listener.name;
  }
}

TEST(PlayEncrypted, BothSidesComputeTheCodeThatTheEventsTell) {
  Stage stage;
  const Finished finished = run(stage.play({"--json", stage.tone("tone.wav", 1.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const rehearsal::Report report = stage.discord().report();
  expect_all_heard(report);
  EXPECT_GE(report.audio_packets, 50U);
  const auto e2ee = events(finished, "e2ee");
  ASSERT_THAT(e2ee, Not(IsEmpty()));
  EXPECT_EQ(e2ee.back().at("active"), true);
  EXPECT_EQ(e2ee.back().at("line"), "encrypted");
  EXPECT_EQ(e2ee.back().at("code"), report.encryption.privacy_code);
  EXPECT_EQ(report.encryption.privacy_code.size(), 30U);
  const std::string bot = stage.discord().options().accounts.front().user.str();
  ASSERT_THAT(report.listeners, SizeIs(1));
  EXPECT_THAT(e2ee.back().at("members").get<std::vector<std::string>>(),
              UnorderedElementsAre(bot, report.listeners.front().user.str()));
}

TEST(PlayEncrypted, AsksVerboselyToBeVerified) {
  Stage stage;
  const Finished finished = run(stage.play({"-v", stage.tone("tone.wav", 2.5)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("voice privacy code"));
  EXPECT_THAT(finished.err, HasSubstr("vcplay: End-to-end encryption: the fingerprint with user"));
  EXPECT_THAT(finished.err, Not(HasSubstr("In channel"))) << "there is one alone";
}

/// What the call does while the program plays; every frame of it must be heard all the same.
struct Trouble {
  std::string name;
  void (*furnish)(DiscordOptions&);
};
void PrintTo(const Trouble& trouble, std::ostream* out) { *out << trouble.name; }

class PlayThrough : public ::testing::TestWithParam<Trouble> {};

TEST_P(PlayThrough, IsHeardWholeByWhoeverIsEntitled) {
  DiscordOptions options;
  GetParam().furnish(options);
  Stage stage(options);
  const Finished finished = run(stage.play({stage.tone("tone.wav", 3.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const rehearsal::Report report = stage.discord().report();
  expect_all_heard(report);
  EXPECT_GE(report.audio_packets, 150U);
}

const Trouble kTroubles[] = {
    {"ThreeListeners", [](auto& o) { o.listeners = 3; }},
    {"OurCommitWins", [](auto& o) { o.member_scripts = {MemberScript{.commits = Committing::never}}; }},
    {"OurCommitComesLate",
     [](auto& o) { o.member_scripts = {MemberScript{.commits = Committing::at_once}}; }},
    {"Churn",
     [](auto& o) {
       o.listeners = 4;
       o.churn = 300ms;
     }},
    {"AMemberWhoIsNeverReady",
     [](auto& o) {
       o.listeners = 2;
       o.member_scripts = {MemberScript{},
                           MemberScript{.cue = Cue::audio, .joins_after = 500ms, .says_ready = false}};
     }},
    {"ACorruptedWelcome", [](auto& o) { o.dave_faults.corrupted_welcomes = 1; }},
    {"AStrangerIsAdded", [](auto& o) { o.dave_faults.mid_play = {DaveDisturbance::stranger_added}; }},
    {"AnUnknownTransition", [](auto& o) { o.dave_faults.mid_play = {DaveDisturbance::unknown_transition}; }},
    {"AnotherExternalSender",
     [](auto& o) { o.dave_faults.mid_play = {DaveDisturbance::other_external_sender}; }},
    {"AVersionChangeThatKeepsTheGroup",
     [](auto& o) {
       o.listeners = 2;  // a second epoch: with the first one opcode 24 would mean a new group
       o.member_scripts = {MemberScript{}, MemberScript{.cue = Cue::audio, .joins_after = 100ms}};
       o.dave_faults.mid_play = {DaveDisturbance::version_with_same_group};
     }},
};
INSTANTIATE_TEST_SUITE_P(Table, PlayThrough, ::testing::ValuesIn(kTroubles),
                         [](const auto& row) { return row.param.name; });

TEST(PlayEncrypted, ADowngradeHoldsTheAudioUntilThereIsAKeyAgain) {
  DiscordOptions options;
  options.dave_faults.mid_play = {DaveDisturbance::version_without_group};
  Stage stage(options);
  const Finished finished = run(stage.play({"--json", stage.tone("tone.wav", 2.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(findings(report), "");
  EXPECT_GE(report.audio_packets, 100U) << "not one frame went missing in the hold";
  EXPECT_EQ(report.encryption.plaintext, 0U);
  const auto e2ee = events(finished, "e2ee");
  EXPECT_TRUE(std::any_of(e2ee.begin(), e2ee.end(), [](const json& event) {
    return event.at("line") == "not-encrypted";
  })) << finished.out;
}

TEST(PlayEncrypted, PlaintextIsAWarningWhereItIsAllowed) {
  DiscordOptions options;
  options.dave_version = 0;
  options.requires_dave = false;
  Stage stage(options);
  const Finished finished =
      run(stage.play({"--allow-plaintext", "--json", stage.tone("tone.wav", 0.5)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err,
              HasSubstr("Audio is sent without end-to-end encryption, as --allow-plaintext permits.\n"));
  EXPECT_GE(stage.discord().report().audio_packets, 25U);
  EXPECT_EQ(events(finished, "e2ee").back().at("line"), "plain");
}

TEST(PlayEncrypted, AStageNeedsNoPermissionForPlaintext) {
  DiscordOptions options;
  options.channel_type = 13;                                             // GUILD_STAGE_VOICE
  options.everyone_permissions = {0x400, 0x100000, 0x200000, 0x400000};  // … and Mute Members: it may speak
  for (const std::vector<std::string>& permission : {std::vector<std::string>{}, {"--allow-plaintext"}}) {
    Stage stage(options);  // a new one: nobody has identified there just now
    std::vector<std::string> words = permission;
    words.push_back(stage.tone("tone.wav", 0.5));
    const Finished finished = run(stage.play(words), kDeadline);
    EXPECT_EQ(finished.exit_status, 0) << finished.err;
    const bool knows = !permission.empty();
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), knows ? 0 : 1) << finished.err;
    EXPECT_EQ(finished.err.find("Stage channels have no end-to-end encryption: audio is sent without; "
                                "--allow-plaintext says that you know.") != std::string::npos,
              !knows);
  }
}

// ── an empty channel ──

DiscordOptions nobody_until(Duration after) {
  DiscordOptions options;
  options.member_scripts = {MemberScript{.cue = Cue::session, .joins_after = after}};
  return options;
}

TEST(PlayAlone, LeavesWithItsOwnStatusWhenToldTo) {
  Stage stage(nobody_until(60s));
  const Finished finished = run(stage.play({"--when-alone", "exit", stage.tone("tone.wav", 1.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 14);
  EXPECT_THAT(finished.err,
              HasSubstr("Nobody is in the channel to listen; --when-alone play would play on.\n"));
  EXPECT_TRUE(stage.discord().report().left_cleanly);
}

TEST(PlayAlone, WaitsForSomebodyWhenToldTo) {
  Stage stage(nobody_until(1500ms));
  const Finished finished = run(stage.play({"--when-alone", "wait", stage.tone("tone.wav", 1.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const rehearsal::Report report = stage.discord().report();
  expect_all_heard(report);
  EXPECT_GE(report.audio_packets, 50U) << "from the first frame on";
}

TEST(PlayAlone, RunsOnAsARadioWould) {
  Stage stage(nobody_until(2500ms));
  const Finished finished = run(stage.play({stage.tone("tone.wav", 3.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  const rehearsal::Report report = stage.discord().report();
  expect_all_heard(report);
  EXPECT_GT(report.audio_packets, 25U) << "the rest";
  EXPECT_LT(report.audio_packets, 125U) << "a second of grace, then it ran";
}

}  // namespace
}  // namespace vcplay::testing
