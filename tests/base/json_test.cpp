// Reading JSON without trust, and the heartbeat.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/heartbeat.hpp"
#include "base/json.hpp"

namespace vcplay {
namespace {

TEST(Json, FindsNothingInWhatIsNoJson) {
  for (const char* const text :
       {"", "{", "{\"op\":}", "nul", "{\"op\":1}x", "\xff", "{\"op\":\"\xc3\x28\"}"}) {
    const nlohmann::json value = json::parse(text);
    EXPECT_TRUE(value.is_discarded()) << text;
    EXPECT_FALSE(json::integer(value, "op")) << text;
    EXPECT_TRUE(json::field(value, "op").is_null()) << text;
    EXPECT_TRUE(json::list(value, "op").empty()) << text;
  }
}

TEST(Json, TakesWholeNumbersInAnySpelling) {
  const nlohmann::json value = json::parse(
      R"({"a":7,"b":-7,"c":7.0,"d":7.5,"e":9223372036854775807,"f":9223372036854775808,"g":1e300,"h":"7","i":true})");
  EXPECT_EQ(json::integer(value, "a"), 7);
  EXPECT_EQ(json::integer(value, "b"), -7);
  EXPECT_EQ(json::integer(value, "c"), 7);
  EXPECT_EQ(json::integer(value, "e"), INT64_MAX);
  for (const char* const name : {"d", "f", "g", "h", "i", "missing"})
    EXPECT_FALSE(json::integer(value, name)) << name;
  EXPECT_EQ(json::integer_in(value, "a", 7, 7), 7);
  EXPECT_FALSE(json::integer_in(value, "a", 8, 9));
  EXPECT_FALSE(json::integer_in(value, "a", 5, 6));
}

TEST(Json, ReadsEachTypeAsItselfOnly) {
  const nlohmann::json value =
      json::parse(R"({"text":"x","flag":true,"number":41250.5,"list":[1],"object":{},"null":null})");
  EXPECT_EQ(json::text(value, "text"), "x");
  EXPECT_EQ(json::flag(value, "flag"), true);
  EXPECT_EQ(json::number(value, "number"), 41250.5);
  EXPECT_EQ(json::list(value, "list").size(), 1U);
  for (const char* const name : {"flag", "number", "list", "object", "null", "missing"}) {
    EXPECT_FALSE(json::text(value, name)) << name;
  }
  for (const char* const name : {"text", "number", "list", "object", "null"})
    EXPECT_FALSE(json::flag(value, name)) << name;
  for (const char* const name : {"text", "flag", "list", "object", "null"})
    EXPECT_FALSE(json::number(value, name)) << name;
  for (const char* const name : {"text", "flag", "object", "null"})
    EXPECT_TRUE(json::list(value, name).is_null()) << name;
}

TEST(Json, ReadsIdsAsStringsOrNumbers) {
  const nlohmann::json value =
      json::parse(R"({"a":"81384788765712384","b":81384788765712384,"c":"x","d":-1,"e":8.1e16,"f":[]})");
  EXPECT_EQ(json::id(value, "a"), Snowflake{81384788765712384});
  EXPECT_EQ(json::id(value, "b"), Snowflake{81384788765712384});
  for (const char* const name : {"c", "d", "e", "f", "missing"}) EXPECT_FALSE(json::id(value, name)) << name;
}

TEST(Json, RefusesToBeBuriedInBrackets) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_FALSE(json::parse(nested(json::kMaxDepth)).is_discarded());
  EXPECT_TRUE(json::parse(nested(json::kMaxDepth + 1)).is_discarded());
  EXPECT_TRUE(json::parse(std::string(1'000'000, '[')).is_discarded());
  EXPECT_FALSE(
      json::parse(R"(["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[[[["])")
          .is_discarded())
      << "brackets inside a text are text";
}

TEST(Json, WritesTextThatIsNoUtf8) { EXPECT_EQ(json::dump("a\xff"), "\"a\xef\xbf\xbd\""); }

// ── heartbeat ──

using Due = Heartbeat::Due;
constexpr TimePoint kStart{1000s};

TEST(Heartbeat, IsSilentBeforeHello) {
  Heartbeat heartbeat(0);
  EXPECT_FALSE(heartbeat.deadline());
  EXPECT_EQ(heartbeat.on_time(kStart), Due::nothing);
}

TEST(Heartbeat, BeatsOnAGridThatDoesNotDrift) {
  Heartbeat heartbeat(0);
  heartbeat.start(kStart + 20s, 40s);
  EXPECT_EQ(heartbeat.on_time(kStart + 20s - 1ns), Due::nothing);
  EXPECT_EQ(heartbeat.on_time(kStart + 21s), Due::beat) << "a second late";
  heartbeat.on_ack();
  EXPECT_EQ(heartbeat.deadline(), kStart + 60s) << "the next one is not";
  EXPECT_EQ(heartbeat.on_time(kStart + 60s), Due::beat);
}

TEST(Heartbeat, DoesNotBurstAfterAStall) {
  Heartbeat heartbeat(0);
  heartbeat.start(kStart, 40s);
  EXPECT_EQ(heartbeat.on_time(kStart + 1000s), Due::beat);
  EXPECT_EQ(heartbeat.on_time(kStart + 1000s), Due::nothing);
  EXPECT_EQ(heartbeat.deadline(), kStart + 1040s);
}

TEST(Heartbeat, IsLostWhenTooManyStandUnanswered) {
  Heartbeat strict(0);
  strict.start(kStart, 40s);
  EXPECT_EQ(strict.on_time(kStart), Due::beat);
  EXPECT_EQ(strict.on_time(kStart + 40s), Due::lost);

  Heartbeat patient(1);
  patient.start(kStart, 40s);
  EXPECT_EQ(patient.on_time(kStart), Due::beat);
  EXPECT_EQ(patient.on_time(kStart + 40s), Due::beat);
  patient.on_ack();
  EXPECT_EQ(patient.on_time(kStart + 80s), Due::beat);
  EXPECT_EQ(patient.on_time(kStart + 120s), Due::beat);
  EXPECT_EQ(patient.on_time(kStart + 160s), Due::lost);
}

TEST(Heartbeat, TakesOnlySaneIntervals) {
  EXPECT_EQ(Heartbeat::interval(41250.0), 41250ms);
  EXPECT_EQ(Heartbeat::interval(13750.25), 13750250us);
  for (const double silly : {0.0, -1.0, 9.9, 3'600'001.0, 1e300})
    EXPECT_FALSE(Heartbeat::interval(silly)) << silly;
  EXPECT_FALSE(Heartbeat::interval(std::nullopt));
}

}  // namespace
}  // namespace vcplay
