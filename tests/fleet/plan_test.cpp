// Which channel comes next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "fleet/plan.hpp"

namespace vcplay::fleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Snowflake kNorth{1};
constexpr Snowflake kSouth{2};
constexpr Snowflake kWest{3};

std::vector<std::size_t> all_next(Plan& plan) {
  std::vector<std::size_t> begun;
  while (const auto target = plan.take_next()) begun.push_back(*target);
  return begun;
}

TEST(Plan, BeginsWithAllThatCanBe) {
  Plan plan({kNorth, kSouth, kWest}, 100);
  EXPECT_THAT(all_next(plan), ElementsAre(0, 1, 2));
  EXPECT_FALSE(plan.is_over());
  for (const std::size_t target : {2U, 0U, 1U}) plan.ended(target);
  EXPECT_TRUE(plan.is_over());
}

TEST(Plan, VisitsChannelsOfOneGuildOneAfterTheOther) {
  Plan plan({kNorth, kNorth, kSouth, kNorth}, 100);
  EXPECT_THAT(all_next(plan), ElementsAre(0, 2));
  plan.ended(2);
  EXPECT_THAT(all_next(plan), IsEmpty()) << "nothing waits for the south";
  plan.ended(0);
  EXPECT_THAT(all_next(plan), ElementsAre(1));
  plan.ended(1);
  EXPECT_FALSE(plan.is_over());
  EXPECT_THAT(all_next(plan), ElementsAre(3));
  plan.ended(3);
  EXPECT_TRUE(plan.is_over());
}

TEST(Plan, GoesInWaves) {
  Plan plan({kNorth, kSouth, kWest, kNorth}, 2);
  EXPECT_THAT(all_next(plan), ElementsAre(0, 1));
  plan.ended(1);
  EXPECT_THAT(all_next(plan), ElementsAre(2)) << "who ends makes room for one";
  plan.ended(0);
  EXPECT_THAT(all_next(plan), ElementsAre(3));
  EXPECT_EQ(plan.begun(), 2U);
}

TEST(Plan, TakesThoseInOrderWhoseGuildHasBecomeFree) {
  Plan plan({kNorth, kNorth, kSouth, kWest}, 1);
  EXPECT_THAT(all_next(plan), ElementsAre(0));
  plan.ended(0);
  EXPECT_THAT(all_next(plan), ElementsAre(1)) << "its guild is free again, and it stands first";
  plan.ended(1);
  EXPECT_THAT(all_next(plan), ElementsAre(2));
}

TEST(Plan, BeginsNothingOnceItIsStopped) {
  Plan plan({kNorth, kNorth, kSouth}, 1);
  EXPECT_THAT(all_next(plan), ElementsAre(0));
  plan.stop();
  EXPECT_FALSE(plan.is_over()) << "one is still there";
  plan.ended(0);
  EXPECT_THAT(all_next(plan), IsEmpty());
  EXPECT_TRUE(plan.is_over());
}

TEST(Plan, OfNothingIsOver) { EXPECT_TRUE(Plan({}, 5).is_over()); }

TEST(Plan, HasFiftyThousandTargetsDoneInTheirOrder) {
  std::vector<Snowflake> guilds;
  for (std::uint64_t i = 0; i < 50'000; ++i) guilds.push_back({i / 2});
  Plan plan(guilds, 1000);
  std::vector<std::size_t> present = all_next(plan);
  EXPECT_EQ(present.size(), 1000U);
  std::size_t visits = present.size();
  while (!plan.is_over()) {
    plan.ended(present.back());
    present.pop_back();
    for (const std::size_t target : all_next(plan)) {
      present.push_back(target);
      ++visits;
    }
  }
  EXPECT_EQ(visits, guilds.size());
}

}  // namespace
}  // namespace vcplay::fleet
