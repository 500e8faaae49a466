// What a medium may ask of servers, by a clock that the test turns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/web_budget.hpp"

namespace vcplay::media {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr WebLimits kLimits = {10, 1'000, 20s, 2, 100};
constexpr TimePoint kBegin{1h};

class Budget : public ::testing::Test {
 protected:
  /// How many connections it pays for at `moment`.
  int connections(TimePoint moment) {
    int count = 0;
    while (budget_.charge_connection(moment)) ++count;
    return count;
  }
  WebBudget budget_{kLimits, kBegin};
};

TEST_F(Budget, PaysForSoManyConnectionsBeforeTheFirstSound) {
  EXPECT_EQ(connections(kBegin + 10s), 10) << "time alone earns nothing";
  EXPECT_EQ(budget_.fault(), "it wants more than 10 connections before any sound comes");
  budget_.note_sound(1h, kBegin + 11s);
  EXPECT_EQ(connections(kBegin + 1h), 0) << "spent is spent";
}

TEST_F(Budget, EarnsConnectionsBySoundAndByTheTimeAfterIt) {
  budget_.note_sound(5s, kBegin + 1s);
  EXPECT_EQ(connections(kBegin + 4s), 10 + 2 * 5 + 2 * 3);
  EXPECT_EQ(budget_.fault(), "it wants more than 2 connections for each second of sound");
}

TEST_F(Budget, PaysForSoManyBytesBeforeTheFirstSound) {
  EXPECT_TRUE(budget_.charge_bytes(1'000, kBegin));
  EXPECT_THAT(budget_.fault(), IsEmpty());
  EXPECT_FALSE(budget_.charge_bytes(1, kBegin));
  EXPECT_THAT(budget_.fault(), HasSubstr("before any sound comes"));
}

TEST_F(Budget, EarnsBytesWithEachSecondOfSound) {
  EXPECT_TRUE(budget_.charge_bytes(1'000, kBegin));
  for (int second = 1; second <= 3'600; ++second) {
    budget_.note_sound(1s, kBegin + 1s);
    ASSERT_TRUE(budget_.charge_bytes(100, kBegin + 1s)) << second;
  }
  EXPECT_FALSE(budget_.charge_bytes(1, kBegin + 1s));
  EXPECT_THAT(budget_.fault(), HasSubstr("for each second of sound"));
}

TEST_F(Budget, WaitsForTheFirstSoundButNotForTheSecond) {
  EXPECT_TRUE(budget_.look(kBegin + 20s));
  budget_.note_sound(1ms, kBegin + 20s);
  EXPECT_TRUE(budget_.look(kBegin + 24h)) << "a radio may be silent; others have patience with it";
}

TEST_F(Budget, IsSpentByTimeWithoutASound) {
  EXPECT_FALSE(budget_.look(kBegin + 21s));
  EXPECT_EQ(budget_.fault(), "no sound came within 20 s");
  EXPECT_FALSE(budget_.charge_bytes(0, kBegin));
}

TEST(WebLimits, AreTighterForWhatStrangersChose) {
  EXPECT_LT(kUntrustedLimits.connections, kTrustedLimits.connections);
  EXPECT_LT(kUntrustedLimits.bytes, kTrustedLimits.bytes);
  EXPECT_LT(kUntrustedLimits.patience, kTrustedLimits.patience);
  EXPECT_LT(kUntrustedLimits.connections_each_second, kTrustedLimits.connections_each_second);
  EXPECT_LT(kUntrustedLimits.bytes_each_second, kTrustedLimits.bytes_each_second);
}

}  // namespace
}  // namespace vcplay::media
