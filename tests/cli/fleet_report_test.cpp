// The report of a rehearsal in many channels, as people and programs read it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
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

rehearsal::TargetOutcome target(std::uint64_t number) {
  rehearsal::TargetOutcome one;
  one.place = {Snowflake{81384788765712384 + (number << 22)}, Snowflake{381870553240000000 + number}};
  one.report.heard = 3s;
  one.report.packets_received = one.report.packets_heard = 155;
  one.report.audio_packets = 150;
  one.report.encryption.decrypted = 150;
  one.report.listeners = {{"listener", Snowflake{82198898841029460}, 155, 155, 0, 0}};
  one.status = 0;
  return one;
}

RehearsalResult fleet(std::uint64_t channels) {
  RehearsalResult result;
  for (std::uint64_t i = 0; i < channels; ++i) result.targets.push_back(target(i));
  result.report = result.targets.front().report;
  return result;
}

void kick(RehearsalResult& result, std::size_t which) {
  rehearsal::TargetOutcome& one = result.targets.at(which);
  one.report.heard = 1s;
  one.status = 8;
  one.reason = "The bot was disconnected from the channel.";
  result.failure = "2 of 14 channels failed.";
}

std::string first_line(const RehearsalResult& result) {
  const std::string text = to_report_text(result, Detail::one_screen, kPlain, 0);
  return text.substr(0, text.find('\n'));
}

TEST(VerdictOnMany, CountsChannels) {
  RehearsalResult result = fleet(14);
  EXPECT_EQ(first_line(result), "✓ 14 of 14 channels heard all 3.0 s, nothing lost, end-to-end encrypted");
  kick(result, 3);
  kick(result, 5);
  EXPECT_EQ(first_line(result), "✗ 12 of 14 channels heard all 3.0 s, nothing lost, end-to-end encrypted");
}

TEST(VerdictOnMany, SaysHowMuchEachHeardWhereThatDiffers) {
  RehearsalResult result = fleet(2);
  result.targets[1].report.heard = 2500ms;
  EXPECT_THAT(first_line(result), StartsWith("✓ 2 of 2 channels heard all of 2.5 to 3.0 s, "));
}

TEST(VerdictOnMany, NamesFindingsAndForeignCodes) {
  RehearsalResult result = fleet(3);
  result.targets[1].report.findings = {{"burst", "three packets came at once", 1}};
  EXPECT_THAT(first_line(result), StartsWith("✗ 2 of 3 channels"));
  EXPECT_THAT(first_line(result), HasSubstr("; 1 finding"));
  result.targets[2].privacy_code = "1";
  result.targets[2].report.encryption.recent_codes = {"2"};
  EXPECT_THAT(first_line(result), HasSubstr("DIFFERENT PRIVACY CODES IN 1 CHANNEL"));
}

TEST(VerdictOnMany, ClaimsNothingWhereNothingWasSent) {
  RehearsalResult result = fleet(2);
  for (auto& one : result.targets) one.report = {};
  EXPECT_EQ(first_line(result), "! nothing was sent, so nothing is proven");
}

TEST(ReportOnMany, FitsAScreenForAThousandChannels) {
  RehearsalResult result = fleet(1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    kick(result, i);
    for (int rule = 0; rule < 9; ++rule) {
      result.targets[i].report.findings.push_back(
          {"some-rule-" + std::to_string(rule), "one whole sentence says what has been wrong about it", 1});
    }
  }
  std::istringstream lines(to_report_text(result, Detail::one_screen, kPlain, 80));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(display_width(line), 80U) << line;
  EXPECT_LE(count, 24U);
}

TEST(ReportOnMany, IsOneObjectForPrograms) {
  RehearsalResult result = fleet(3);
  kick(result, 1);
  result.packets_sent = 465;
  const auto object = nlohmann::json::parse(to_json_line(result));
  EXPECT_EQ(object.at("channels"), 3);
  EXPECT_EQ(object.at("whole"), 2);
  EXPECT_EQ(object.at("sender").at("packets"), 465);
  ASSERT_EQ(object.at("targets").size(), 3U);
  EXPECT_EQ(object.at("targets").at(1).at("channel"), "381870553240000001");
  EXPECT_EQ(object.at("targets").at(1).at("status"), 8);
}

TEST(ReportOnMany, TellsHowLongTheJoinsTook) {
  RehearsalResult result = fleet(4);
  result.started = TimePoint{1h};
  result.joined = {TimePoint{1h} + 300ms, TimePoint{1h} + 800ms, TimePoint{1h} + 1300ms,
                   TimePoint{1h} + 1900ms};
  EXPECT_THAT(to_report_text(result, Detail::all, kPlain, 0),
              HasSubstr("\njoined      the first after 300 ms, half after 800, all 4 after 1900\n"));
  const auto joined = nlohmann::json::parse(to_json_line(result)).at("joined");
  EXPECT_EQ(joined.at("channels"), 4);
  EXPECT_EQ(joined.at("all_ms"), 1900.0);
}

TEST(ReportOnOne, HasItsTargetForProgramsAlone) {
  RehearsalResult result = fleet(1);
  const auto object = nlohmann::json::parse(to_json_line(result));
  EXPECT_EQ(object.at("targets").size(), 1U);
  EXPECT_EQ(object.at("heard_seconds"), 3.0);
  EXPECT_THAT(first_line(result), StartsWith("✓ 3.0 s heard by 1 of 1 listener"));
}

}  // namespace
}  // namespace vcplay::cli
