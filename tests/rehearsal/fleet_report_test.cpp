// What many channels come to: sums, the worst by name, and one screen for a thousand.
#include "rehearsal/fleet_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TargetOutcome whole(std::uint64_t number, Duration heard = 3s) {
  TargetOutcome target;
  target.place = {Snowflake{81384788765712384 + number}, Snowflake{381870553240000000 + number}};
  target.report.heard = heard;
  target.report.packets_received = target.report.packets_heard = 155;
  target.report.audio_packets = 150;
  target.report.encryption.decrypted = 150;
  target.report.listeners = {{"listener", Snowflake{82198898841029460}, 155, 155, 0, 0}};
  target.status = 0;
  return target;
}

TargetOutcome lossy(std::uint64_t number, std::uint64_t lost) {
  TargetOutcome target = whole(number);
  target.report.listeners[0].heard -= lost;
  target.report.listeners[0].lost = lost;
  return target;
}

TargetOutcome kicked(std::uint64_t number) {
  TargetOutcome target = whole(number, 1200ms);
  target.status = 8;
  target.reason = "The bot was disconnected from the channel.";
  return target;
}

TEST(ATarget, IsWholeWhenNobodyMissedAnythingAndItEndedWell) {
  EXPECT_TRUE(is_whole(whole(1)));
  EXPECT_FALSE(is_whole(lossy(1, 1)));
  EXPECT_FALSE(is_whole(kicked(1)));
  EXPECT_FALSE(is_whole(whole(1, 0s)));
  TargetOutcome found = whole(1);
  found.report.findings = {{"burst", "three packets came at once", 1}};
  EXPECT_FALSE(is_whole(found));
  TargetOutcome overheard = whole(1);
  overheard.privacy_code = "1";
  overheard.report.encryption.recent_codes = {"2"};
  EXPECT_FALSE(is_whole(overheard));
  overheard.report.encryption.recent_codes = {"1", "2"};
  EXPECT_TRUE(is_whole(overheard)) << "who has just left may not have heard of the last epoch";
}

TEST(Targets, AreAnArrayOfObjects) {
  const std::vector<TargetOutcome> targets = {whole(1), kicked(2), lossy(3, 4)};
  const json array = json::parse(targets_json(targets));
  ASSERT_EQ(array.size(), 3U);
  EXPECT_EQ(array[0], json::parse(R"({"guild": "81384788765712385", "channel": "381870553240000001",
      "heard_seconds": 3.0, "packets": 155, "lost": 0, "status": 0, "reason": null})"));
  EXPECT_EQ(array[1].at("heard_seconds"), 1.2);
  EXPECT_EQ(array[1].at("reason"), "The bot was disconnected from the channel.");
  EXPECT_EQ(array[2].at("lost"), 4);
}

TEST(Sums, AreOfAllChannels) {
  std::vector<TargetOutcome> targets = {whole(1), whole(2, 2900ms), kicked(3), lossy(4, 5), whole(5, 0s)};
  targets[0].report.arrival.p99 = 7;
  targets[3].report.findings = {{"burst", "three packets came at once", 2}};
  targets[4].report.findings = {{"burst", "four packets came at once", 3}};
  const FleetSums sums = sum_of(targets);
  EXPECT_EQ(sums.channels, 5U);
  EXPECT_EQ(sums.whole, 2U);
  EXPECT_EQ(sums.silent, 1U);
  EXPECT_EQ(sums.packets_received, 775U);
  EXPECT_EQ(sums.missed, 5U);
  EXPECT_EQ(sums.listeners, 5U);
  EXPECT_EQ(sums.heard_least, 2900ms);
  EXPECT_EQ(sums.heard_most, 3s);
  EXPECT_EQ(sums.worst_arrival.p99, 7);
  ASSERT_EQ(sums.findings.size(), 1U);
  EXPECT_EQ(sums.findings[0].finding.count, 5U);
  EXPECT_EQ(sums.findings[0].channels, 2U);
  EXPECT_EQ(sums.findings[0].finding.detail, "three packets came at once");
  EXPECT_EQ(json::parse(to_json(sums)).at("findings").at(0).at("channel"), "381870553240000004");
}

TEST(TheText, NamesTheWorstFirst) {
  const std::vector<TargetOutcome> targets = {whole(1), lossy(2, 3), lossy(3, 9), kicked(4)};
  const std::string text = to_text(targets, Detail::one_screen);
  EXPECT_THAT(text, StartsWith("worst       381870553240000004: 1.20 s heard; The bot was disconnected"));
  EXPECT_LT(text.find("381870553240000003: 3.00 s heard, 9 packets lost"),
            text.find("381870553240000002: 3.00 s heard, 3 packets lost"));
  EXPECT_THAT(text, Not(HasSubstr("381870553240000001")));
  EXPECT_THAT(text, HasSubstr("encrypted in 4 of 4 channels\n"));
  EXPECT_THAT(to_text(targets, Detail::all), HasSubstr("\n  381870553240000001: 3.00 s heard\n"));
  EXPECT_THAT(to_text(targets, Detail::findings), IsEmpty());
}

TEST(TheText, FitsAScreenForAThousand) {
  std::vector<TargetOutcome> targets;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    targets.push_back(i % 3 == 0 ? kicked(i) : lossy(i, 1));
    for (int rule = 0; rule < 20; ++rule)
      targets.back().report.findings.push_back({"rule-" + std::to_string(rule), "it was broken", 1});
  }
  const std::string text = to_text(targets, Detail::one_screen);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 15);
  EXPECT_THAT(text, HasSubstr("… 17 more rules were broken\n"));
  EXPECT_THAT(text, HasSubstr("… 995 more\n"));
}

TEST(TheText, LetsNoReasonWriteOnTheTerminal) {
  TargetOutcome target = kicked(1);
  target.reason = "\x1b[2J";
  EXPECT_THAT(to_text(std::vector{target}, Detail::one_screen), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace vcplay::rehearsal
