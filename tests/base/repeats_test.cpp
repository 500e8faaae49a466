// Lines of one kind, on a clock that moves when told.
#include "base/repeats.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/said_once.hpp"

namespace vcplay {
namespace {

constexpr TimePoint kStart{1000s};
constexpr Repeats::Kind kHere{"here.cpp", 1};
constexpr Repeats::Kind kThere{"here.cpp", 2};

TEST(Repeats, ShowThreeAtOnce) {
  Repeats repeats;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(repeats.next(kHere, "line", kStart), 0U);
  EXPECT_EQ(repeats.next(kHere, "line", kStart), std::nullopt);
  EXPECT_EQ(repeats.next(kThere, "line", kStart), 0U) << "another kind";
}

TEST(Repeats, ShowOneAMinuteFromThenOn) {
  Repeats repeats;
  for (int i = 0; i < 13; ++i) static_cast<void>(repeats.next(kHere, "line", kStart));
  EXPECT_EQ(repeats.next(kHere, "line", kStart + 59s), std::nullopt);
  EXPECT_EQ(repeats.next(kHere, "line", kStart + 60s), 11U) << "and tell how many were left out";
  EXPECT_EQ(repeats.next(kHere, "line", kStart + 61s), std::nullopt);
  EXPECT_EQ(repeats.next(kHere, "line", kStart + 120s), 1U);
}

TEST(Repeats, ShowAllThatComeSeldom) {
  Repeats repeats;
  for (int minute = 0; minute < 1000; ++minute)
    EXPECT_EQ(repeats.next(kHere, "line", kStart + minute * 1min), 0U);
}

TEST(Repeats, ShowThreeAgainAfterAQuietTime) {
  Repeats repeats;
  for (int i = 0; i < 4; ++i) static_cast<void>(repeats.next(kHere, "line", kStart));
  EXPECT_EQ(repeats.next(kHere, "line", kStart + 1h), 1U);
  EXPECT_EQ(repeats.next(kHere, "line", kStart + 1h), 0U);
  EXPECT_EQ(repeats.next(kHere, "line", kStart + 1h), 0U);
  EXPECT_EQ(repeats.next(kHere, "line", kStart + 1h), std::nullopt);
}

TEST(Repeats, TellOnceWhatNobodyHeard) {
  Repeats repeats;
  for (int i = 0; i < 5; ++i) static_cast<void>(repeats.next(kHere, std::string(1'000'000, 'x'), kStart));
  static_cast<void>(repeats.next(kThere, "line", kStart));
  const auto left_out = repeats.take_left_out();
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_EQ(left_out[0].count, 2U);
  EXPECT_EQ(left_out[0].sample, std::string(Repeats::kSampleBytes, 'x'));
  EXPECT_TRUE(repeats.take_left_out().empty());
}

TEST(SaidOnce, IsNewOnceAndNeverGrowsBeyondItsBound) {
  SaidOnce said;
  EXPECT_TRUE(said.is_new("a.wav is damaged"));
  EXPECT_TRUE(said.is_new("b.wav is damaged"));
  EXPECT_FALSE(said.is_new("a.wav is damaged"));
  for (std::size_t i = 0; i < SaidOnce::kMost; ++i) static_cast<void>(said.is_new(std::to_string(i)));
  EXPECT_TRUE(said.is_new("a.wav is damaged")) << "it was forgotten with all others";
}

}  // namespace
}  // namespace vcplay
