// Which frame belongs into a slot, for cursors that keep time with each other.
#include <gtest/gtest.h>

#include <algorithm>

#include "stream/stream_clock.hpp"

namespace vcplay::stream {
namespace {

const TimePoint kStart{1000s + 123'456ns};

TimePoint slot(int number, Duration moment = 0ms) { return kStart + number * kFrameDuration + moment; }

TEST(StreamClock, BeginsWithTheFirstWhoTakes) {
  StreamClock clock;
  EXPECT_EQ(clock.enter(slot(0), 0), 0U);
  EXPECT_EQ(clock.keep_up(slot(1), 1, 1), 1U);
  EXPECT_EQ(clock.enter(slot(1, 19ms), 2), 1U) << "within the same 20 ms the same frame";
  EXPECT_EQ(clock.enter(slot(2), 2), 2U);
}

TEST(StreamClock, StandsStillWhileNobodyTakes) {
  StreamClock clock;
  EXPECT_EQ(clock.enter(slot(0), 0), 0U);
  clock.leave();
  EXPECT_EQ(clock.enter(slot(1000), 1), 1U);
}

TEST(StreamClock, LetsNobodyInAheadOfTheForemost) {
  StreamClock clock;
  EXPECT_EQ(clock.enter(slot(0), 0), 0U);
  EXPECT_EQ(clock.enter(slot(50), 1), 1U) << "the foremost is held up by as much";
}

TEST(StreamClock, IsLateWhenTheOnlyOneIs) {
  StreamClock clock;
  EXPECT_EQ(clock.enter(slot(0), 0), 0U);
  EXPECT_EQ(clock.keep_up(slot(10), 1, 1), 1U) << "nothing is skipped after a stall";
  EXPECT_EQ(clock.enter(slot(10, 5ms), 2), 1U);
}

TEST(StreamClock, TakesWhoWasHeldUpToTheOthers) {
  StreamClock clock;
  EXPECT_EQ(clock.enter(slot(0), 0), 0U);
  EXPECT_EQ(clock.enter(slot(0, 5ms), 1), 0U);
  for (std::uint64_t number = 1; number <= 10; ++number) {
    EXPECT_EQ(clock.keep_up(slot(static_cast<int>(number)), number, number), number);
  }
  EXPECT_EQ(clock.keep_up(slot(10, 5ms), 1, 11), 10U);
}

TEST(StreamClock, AgreesAgainAfterAStallOfAll) {
  StreamClock clock;
  std::uint64_t a = clock.enter(slot(0), 0);
  std::uint64_t b = clock.enter(slot(0, 10ms), 1);
  std::uint64_t foremost = 1;
  const auto take = [&](std::uint64_t& own, TimePoint when) {
    own = clock.keep_up(when, own + 1, foremost);
    foremost = std::max(foremost, own + 1);
  };
  // Both were to send within slot 1 and are a tenth of a second late; each begins anew by its own reckoning.
  take(b, slot(5, 10ms));
  take(a, slot(5));
  for (int number = 6; number < 12; ++number) {
    take(a, slot(number));
    take(b, slot(number, 10ms));
  }
  EXPECT_EQ(a, b);
  EXPECT_EQ(a, 7U) << "the stall was not skipped";
}

TEST(StreamClock, WorksLongBeforeAndAfterItsOrigin) {
  StreamClock clock;
  EXPECT_EQ(clock.enter(TimePoint{1s}, 1'000'000'000), 1'000'000'000U);
  EXPECT_EQ(clock.enter(TimePoint{1s + 25ms}, 1'000'000'002), 1'000'000'001U);
  EXPECT_EQ(clock.keep_up(TimePoint{1s + 1h}, 1'000'180'000, 1'000'180'000), 1'000'180'000U);
}

TEST(StreamClock, BeginsWhenItIsToldTo) {
  StreamClock clock;
  EXPECT_FALSE(clock.begins_after(TimePoint{}));
  EXPECT_FALSE(clock.phase());
  clock.hold();
  EXPECT_TRUE(clock.is_held());
  EXPECT_TRUE(clock.begins_after(kStart + 24h));
  EXPECT_FALSE(clock.phase());
  clock.open_at(kStart);
  EXPECT_FALSE(clock.is_held());
  EXPECT_TRUE(clock.begins_after(kStart - 1ns));
  EXPECT_FALSE(clock.begins_after(kStart));
  EXPECT_EQ(clock.phase(), Duration(123'456ns));
  clock.open();
  EXPECT_FALSE(clock.begins_after(TimePoint{}));
}

}  // namespace
}  // namespace vcplay::stream
