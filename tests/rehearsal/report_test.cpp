// The report: quantiles, text and JSON.
#include "rehearsal/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "rehearsal/discord.hpp"
#include "rehearsal/histogram.hpp"
#include "rehearsal/rules.hpp"

namespace vcplay::rehearsal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PacingOf, TakesTheNearestRank) {
  std::vector<double> errors;
  for (int i = 1000; i >= 1; --i) errors.push_back(i);
  const Pacing pacing = pacing_of(errors);
  EXPECT_EQ(pacing.p50, 500);
  EXPECT_EQ(pacing.p99, 990);
  EXPECT_EQ(pacing.p999, 999);
  EXPECT_EQ(pacing.max, 1000);
  EXPECT_EQ(pacing.samples, 1000U);
  EXPECT_EQ(pacing_of({}).samples, 0U);
  EXPECT_EQ(pacing_of({7}).p50, 7);
}

TEST(ErrorHistogram, AgreesWithTheExactQuantiles) {
  ErrorHistogram histogram;
  std::vector<double> exact;
  std::uint64_t state = 1;
  for (int i = 0; i < 100'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto ns = static_cast<std::int64_t>((state >> 33) % (std::uint64_t{1} << (10 + (state >> 60))));
    histogram.add(Duration(i % 2 == 0 ? ns : -ns));
    exact.push_back(static_cast<double>(ns) / 1000.0);
  }
  const Pacing measured = histogram.pacing();
  const Pacing expected = pacing_of(exact);
  EXPECT_NEAR(measured.p50, expected.p50, 0.06 + expected.p50 * 0.001);
  EXPECT_NEAR(measured.p99, expected.p99, 0.06 + expected.p99 * 0.001);
  EXPECT_NEAR(measured.p999, expected.p999, 0.06 + expected.p999 * 0.001);
  EXPECT_EQ(measured.max, expected.max);
  EXPECT_EQ(measured.samples, 100'000U);
}

TEST(ErrorHistogram, TakesEvenAnHourOfError) {
  ErrorHistogram histogram;
  histogram.add(1h);
  EXPECT_EQ(histogram.pacing().max, 3.6e9);
}

TEST(Rules, HaveWordsOfTheirOwn) {
  std::set<std::string_view> words;
  for (int rule = 0; rule < static_cast<int>(Rule::count_of_rules); ++rule) {
    const std::string_view its = word(static_cast<Rule>(rule));
    EXPECT_TRUE(words.insert(its).second) << its;
  }
  EXPECT_EQ(word(Rule::rest_user_agent), "rest-user-agent");
  EXPECT_EQ(word(Rule::opus_undecodable), "opus-undecodable");
}

TEST(Report, IsOneObjectForPrograms) {
  Report report;
  report.findings = {{"burst", "five \xff packets", 2}};
  report.phases = {{"identify", 1500us}};
  report.mode = "aead_aes256_gcm_rtpsize";
  report.packets_received = 7;
  report.heard = 140ms;
  const auto object = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(object.at("findings").at(0).at("rule"), "burst");
  EXPECT_EQ(object.at("findings").at(0).at("count"), 2);
  EXPECT_EQ(object.at("phases").at(0).at("ms"), 1.5);
  EXPECT_EQ(object.at("packets").at("received"), 7);
  EXPECT_EQ(object.at("heard_seconds"), 0.14);
  EXPECT_TRUE(object.at("loudness_lufs").is_null());
}

TEST(Report, IsAFewHarmlessLinesForAPerson) {
  Report report;
  report.findings = {{"burst", "five \x1b[31m packets\nand more", 2}};
  report.loudness_lufs = -14.04;
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("-14.0 LUFS"));
  EXPECT_THAT(text, HasSubstr("burst"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_EQ(text.back(), '\n');
}

/// A call of three in which one of the two listeners missed something.
Report encrypted_report() {
  Report report;
  report.encryption = {.version = 1,
                       .epochs = 2,
                       .epoch = 7,
                       .privacy_code = "058708105556138052119572494877",
                       .members = 3,
                       .confirmations = 2,
                       .recent_codes = {},
                       .decrypted = 50,
                       .undecryptable = 2,
                       .plaintext = 1,
                       .silence = 5};
  report.listeners = {{"listener", Snowflake{1}, 55, 55, 0, 0}, {"listener-2", Snowflake{2}, 30, 27, 1, 2}};
  return report;
}

TEST(Report, TellsProgramsWhoHeardWhatUnderWhichCode) {
  const auto object = nlohmann::json::parse(to_json(encrypted_report()));
  const auto& e2ee = object.at("e2ee");
  EXPECT_EQ(e2ee.at("version"), 1);
  EXPECT_EQ(e2ee.at("epochs"), 2);
  EXPECT_EQ(e2ee.at("epoch"), 7);
  EXPECT_EQ(e2ee.at("privacy_code"), "058708105556138052119572494877");
  EXPECT_EQ(e2ee.at("members"), 3);
  EXPECT_EQ(e2ee.at("confirmations"), 2);
  EXPECT_EQ(e2ee.at("frames").at("decrypted"), 50);
  EXPECT_EQ(e2ee.at("frames").at("undecryptable"), 2);
  EXPECT_EQ(e2ee.at("frames").at("plaintext"), 1);
  EXPECT_EQ(e2ee.at("frames").at("silence"), 5);
  EXPECT_EQ(e2ee.at("everything_heard"), false);
  const auto& second = object.at("listeners").at(1);
  EXPECT_EQ(second.at("name"), "listener-2");
  EXPECT_EQ(second.at("user_id"), "2");
  EXPECT_EQ(second.at("entitled"), 30);
  EXPECT_EQ(second.at("heard"), 27);
  EXPECT_EQ(second.at("lost"), 1);
  EXPECT_EQ(second.at("undecryptable"), 2);
}

TEST(Report, TellsPeopleWhoHeardWhatUnderWhichCode) {
  const std::string text = to_text(encrypted_report());
  EXPECT_THAT(text, HasSubstr("DAVE 1, 2 epochs; 50 frames decrypted, 2 not, 1 in plain text\n"));
  EXPECT_THAT(text, HasSubstr("05870 81055 56138 05211 95724 94877, epoch 7, 3 members\n"
                              "            computed by 2 of the members here, too\n"));
  EXPECT_THAT(text, HasSubstr("listener-2 missed 3 of 30 packets (1 lost, 2 undecryptable)."));
}

TEST(Report, SaysThatNothingWasMissedOnlyWhenSomebodyCouldHaveHeard) {
  Report report = encrypted_report();
  report.listeners.pop_back();
  EXPECT_EQ(verdict_on_hearing(report), "Every member who was entitled to hear heard every packet.");
  report.listeners[0].entitled = report.listeners[0].heard = 0;
  EXPECT_EQ(verdict_on_hearing(report), "Nobody was entitled to hear anything.");
  EXPECT_THAT(to_text(Report{}), AllOf(HasSubstr("not encrypted"), HasSubstr("none, but nothing was sent")));
}

TEST(UnthrottledPacer, JumpsAheadWhileTheServerKeepsUp) {
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> processed{0};
  UnthrottledPacer pacer(sent, processed);
  const TimePoint start = pacer.now();
  for (int i = 1; i <= 10'000; ++i) {
    ++sent;
    ++processed;
    pacer.sleep_until(start + i * kFrameDuration);
    ASSERT_EQ(pacer.now(), start + i * kFrameDuration);
  }
  EXPECT_LT(Clock::now() - start, 200s) << "two hundred seconds of audio";
  EXPECT_TRUE(pacer.waits_for_data());
}

TEST(UnthrottledPacer, WaitsForTheServerWhicheverSenderSent) {
  std::atomic<std::uint64_t> one{0};
  std::atomic<std::uint64_t> another{0};
  std::atomic<std::uint64_t> processed{0};
  UnthrottledPacer pacer(one, processed);
  pacer.count(another);
  another = 33;
  const TimePoint before = Clock::now();
  pacer.sleep_until(pacer.now() + 20ms);
  EXPECT_GE(Clock::now() - before, 1s);
}

TEST(UnthrottledPacer, GoesOnAfterASecondWithoutTheServer) {
  std::atomic<std::uint64_t> sent{100};
  std::atomic<std::uint64_t> processed{0};
  UnthrottledPacer pacer(sent, processed);
  const TimePoint before = Clock::now();
  pacer.sleep_until(pacer.now() + 20ms);
  EXPECT_GE(Clock::now() - before, 1s);
  ++sent;  // what was lost does not hold it up again
  const TimePoint again = Clock::now();
  pacer.sleep_until(pacer.now() + 20ms);
  EXPECT_LT(Clock::now() - again, 900ms);
}

}  // namespace
}  // namespace vcplay::rehearsal
