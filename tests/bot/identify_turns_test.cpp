// When which shard may identify.
#include "bot/identify_turns.hpp"

#include <gtest/gtest.h>

#include <map>

namespace vcplay::bot {
namespace {

constexpr TimePoint kStart{1000s};

/// When each of `shards` shards has identified, where each does so as soon as it may.
std::map<int, TimePoint> timeline(int shards, int max_concurrency) {
  IdentifyTurns turns(max_concurrency);
  std::map<int, TimePoint> times;
  for (TimePoint now = kStart; static_cast<int>(times.size()) < shards; now += 50ms) {
    for (int shard = 0; shard < shards; ++shard) {
      if (times.contains(shard) || turns.wait(shard, now) > Duration::zero()) continue;
      turns.identifies(shard, now);
      times[shard] = now;
    }
  }
  return times;
}

TEST(IdentifyTurns, ComeEveryFiveSecondsWhereTheBotHasOneBucket) {
  const auto times = timeline(4, 1);
  for (int shard = 0; shard < 4; ++shard) EXPECT_EQ(times.at(shard), kStart + shard * 5250ms);
}

TEST(IdentifyTurns, OfOneBucketDoNotHoldUpThoseOfAnother) {
  const auto times = timeline(48, 16);
  for (int shard = 0; shard < 48; ++shard) EXPECT_EQ(times.at(shard), kStart + shard / 16 * 5250ms) << shard;
}

TEST(IdentifyTurns, CountTheIdentifiesOfTheSameShard) {
  IdentifyTurns turns(16);
  turns.identifies(3, kStart);
  EXPECT_EQ(turns.wait(3, kStart + 2s), 3250ms);
  EXPECT_EQ(turns.wait(19, kStart + 2s), 3250ms) << "the same bucket";
  EXPECT_EQ(turns.wait(4, kStart + 2s), 0s);
  EXPECT_EQ(turns.wait(3, kStart + 1min), 0s);
}

TEST(IdentifyTurns, TakeANumberThatIsNoneForOne) {
  for (const int wrong : {0, -1}) EXPECT_EQ(IdentifyTurns(wrong).wait(7, kStart), 0s);
}

}  // namespace
}  // namespace vcplay::bot
