// The report of a rehearsal, as people read it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "base/text.hpp"
#include "cli/rehearsal_output.hpp"

namespace vcplay::cli {
namespace {

using rehearsal::Detail;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Style kPlain{.utf8 = true, .color = false};

rehearsal::ListenerReport listener(std::uint64_t heard, std::uint64_t lost) {
  rehearsal::ListenerReport report;
  report.name = "listener";
  report.entitled = heard + lost;
  report.heard = heard;
  report.lost = lost;
  return report;
}

/// Of a second that somebody else heard whole.
RehearsalResult good() {
  RehearsalResult result;
  result.report.packets_received = result.report.packets_heard = 66;
  result.report.audio_packets = 51;
  result.report.silence_packets = 15;
  result.report.heard = std::chrono::milliseconds(1'020);
  result.report.loudness_lufs = -13.2;
  result.report.mode = "aead_aes256_gcm_rtpsize";
  result.report.encryption.version = 1;
  result.report.encryption.epochs = 1;
  result.report.encryption.decrypted = 52;
  result.report.encryption.members = 2;
  result.report.encryption.privacy_code = "058708105556138052119572494877";
  result.report.listeners = {listener(66, 0)};
  result.report.speaking_ended = result.report.left_cleanly = true;
  media::TrackResult track;
  track.location = "/somewhere/on/this/machine/there/is/a song with a name.opus";
  track.reencoded = "it goes on where the track before it ended";
  result.tracks = {track};
  return result;
}

std::string first_line(const RehearsalResult& result) {
  const std::string text = to_report_text(result, Detail::one_screen, kPlain, 0);
  return text.substr(0, text.find('\n'));
}

TEST(Verdict, IsTheFirstLine) {
  EXPECT_EQ(first_line(good()), "✓ 1.0 s heard by 1 of 1 listener, nothing lost, end-to-end encrypted");
}

TEST(Verdict, CountsWhatWasMissed) {
  RehearsalResult result = good();
  result.report.listeners.push_back(listener(60, 6));
  result.report.findings = {{"wrong-sequence", "6 are missing", 1}};
  EXPECT_EQ(first_line(result),
            "✗ 1.0 s heard by 1 of 2 listeners, 6 packets lost, end-to-end encrypted; 1 finding");
}

TEST(Verdict, SaysWhatTheScriptTookAway) {
  RehearsalResult result = good();
  result.report.packets_dropped_by_script = 22;
  EXPECT_EQ(
      first_line(result),
      "✓ 1.0 s heard by 1 of 1 listener, nothing lost but 22 packets by the script, end-to-end encrypted");
}

TEST(Verdict, ClaimsNothingWhereNothingWasSent) {
  RehearsalResult result = good();
  result.report.audio_packets = 0;
  result.report.heard = {};
  EXPECT_EQ(first_line(result), "! nothing was sent, so nothing is proven");
  result.failure = "\"gone.wav\" cannot be opened";
  EXPECT_THAT(first_line(result), StartsWith("✗ nothing was sent"));
}

TEST(Verdict, CountsTracksThatFailed) {
  RehearsalResult result = good();
  media::TrackResult failed;
  failed.error = "\"gone.wav\" cannot be opened";
  result.tracks.push_back(failed);
  result.failure = failed.error;
  EXPECT_THAT(first_line(result), StartsWith("✗ 1.0 s heard by 1 of 1 listener"));
  EXPECT_THAT(first_line(result), HasSubstr("; 1 of 2 tracks failed"));
}

TEST(Verdict, SaysWhyItEndedEarly) {
  RehearsalResult result = good();
  result.failure = result.ended_early = "The bot was removed from the voice channel.";
  result.report.left_cleanly = false;
  result.report.was_removed = true;
  EXPECT_EQ(first_line(result),
            "✗ 1.0 s heard by 1 of 1 listener, nothing lost, end-to-end encrypted, ended early");
  const std::string text = to_report_text(result, Detail::one_screen, kPlain, 0);
  EXPECT_THAT(text, HasSubstr("ended early\nreason      The bot was removed from the voice channel.\n"));
  EXPECT_THAT(text, HasSubstr("ended       stopped speaking, was removed from the channel\n"));
  EXPECT_THAT(to_json_line(result), HasSubstr("\"ended_early\":\"The bot was removed"));
}

TEST(Verdict, NeverCallsPlainAudioEncrypted) {
  RehearsalResult result = good();
  result.report.encryption.plaintext = 1;
  EXPECT_THAT(first_line(result), HasSubstr("not all of it end-to-end encrypted"));
  std::swap(result.report.encryption.plaintext, result.report.encryption.clear);
  EXPECT_THAT(first_line(result), HasSubstr("not all of it end-to-end encrypted")) << "allowed or not";
  result.report.encryption.decrypted = 0;
  EXPECT_THAT(first_line(result), HasSubstr("not end-to-end encrypted"));
}

TEST(Verdict, IsBadWhereTheTwoSidesComputedOtherCodes) {
  RehearsalResult result = good();
  result.privacy_code = "1";
  result.report.encryption.recent_codes = {"2"};
  EXPECT_THAT(first_line(result), StartsWith("✗ "));
  EXPECT_THAT(first_line(result), HasSubstr("DIFFERENT PRIVACY CODES"));
}

TEST(ReportText, FitsAScreen) {
  std::istringstream lines(to_report_text(good(), Detail::one_screen, kPlain, 80));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(display_width(line), 80U) << line;
  EXPECT_LE(count, 24U);
}

/// Of five hours with a fault every few minutes: few people's figures are longer.
RehearsalResult long_and_stormy() {
  RehearsalResult result = good();
  rehearsal::Report& report = result.report;
  report.packets_received = report.packets_heard = 900'000;
  report.audio_packets = 899'000;
  report.silence_packets = 1'000;
  report.heard = std::chrono::hours(5);
  report.encryption.epochs = report.encryption.epoch = 999;
  report.encryption.decrypted = 899'999;
  report.encryption.members = 100;
  report.arrival = {.p50 = 99.9, .p99 = 999.9, .p999 = 9'999.9, .max = 9'999.9, .samples = 899'000};
  report.faults = {{"migrate after 500ms", 4h}, {"lose udp 5% for 10s in all", 5h}};
  report.gateway_identifies = report.voice_identifies = 99;
  report.gateway_resumes = report.voice_resumes = 999;
  report.channel_statuses = {"a song", ""};
  report.phases = {{"session-description", 64ms}};
  result.bare = result.sender = {.p50 = 1, .p99 = 2, .p999 = 3, .max = 99'999, .samples = 899'000};
  result.packets_sent = 900'000;
  result.audio_packets_sent = 899'000;
  for (const auto phase : {channel::Phase::finding_gateway, channel::Phase::discovering_address})
    result.phases.push_back({phase, result.started + 12'345ms});
  result.tracks.front().location = "song.opus";
  return result;
}

TEST(ReportText, HasNoLineThatATerminalWouldHaveToBreak) {
  for (const Detail detail : {Detail::one_screen, Detail::all}) {
    std::istringstream lines(to_report_text(long_and_stormy(), detail, kPlain, 0));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80U) << line;
  }
}

TEST(ReportText, KeepsWholeLinesForPrograms) {
  EXPECT_THAT(to_report_text(good(), Detail::one_screen, kPlain, 0),
              HasSubstr("with a name.opus: re-encoded: it goes on where the track before it ended\n"));
}

TEST(ReportText, KeepsToAsciiOutsideOfUtf8) {
  RehearsalResult result = good();
  result.bare = result.sender = {.p50 = 1, .p99 = 2, .p999 = 3, .max = 4, .samples = 50};
  result.report.findings = {{"burst", "five packets", 2}};
  const std::string text = to_report_text(result, Detail::all, {.utf8 = false, .color = false}, 80);
  EXPECT_THAT(text, StartsWith("no 1.0 s heard by"));
  EXPECT_THAT(text, HasSubstr("finding     burst (2 x): five packets\n"));
  EXPECT_THAT(text, HasSubstr("arrival     us off the grid:"));
  EXPECT_THAT(text, HasSubstr("pacing      us late:    p50"));
  EXPECT_TRUE(
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
}

TEST(ReportText, IsShortenedToFindings) {
  RehearsalResult result = good();
  EXPECT_EQ(to_report_text(result, Detail::findings, kPlain, 0), "");
  result.report.findings = {{"burst", "five packets", 2}};
  EXPECT_EQ(to_report_text(result, Detail::findings, kPlain, 0), "finding     burst (2 ×): five packets\n");
}

TEST(ReportText, IsNoneOfZeros) {
  RehearsalResult nothing;
  nothing.failure = "\"gone.wav\" cannot be opened";
  EXPECT_EQ(to_report_text(nothing, Detail::one_screen, kPlain, 80), "");
  EXPECT_THAT(to_report_text(nothing, Detail::all, kPlain, 80), HasSubstr("nothing was sent"));
  nothing.report.findings = {{"identify-intents", "a rule that was broken before the first packet", 1}};
  EXPECT_THAT(to_report_text(nothing, Detail::one_screen, kPlain, 0),
              HasSubstr("finding     identify-intents"));
}

}  // namespace
}  // namespace vcplay::cli
