// What is encoded for channels whose turn has not come.
#include "fleet/later_limits.hpp"

#include <gtest/gtest.h>

namespace vcplay::fleet {
namespace {

constexpr Snowflake kNorth{1};
constexpr Snowflake kSouth{2};
constexpr Snowflake kHall{10};
constexpr Snowflake kLounge{11};
constexpr Snowflake kGarden{20};

resources::Guild guild(Snowflake id, const std::vector<std::pair<Snowflake, int>>& channels) {
  resources::Guild guild;
  guild.id = id;
  for (const auto& [channel, bitrate] : channels) {
    resources::Channel one;
    one.id = channel;
    one.bitrate = bitrate;
    guild.channels.push_back(one);
  }
  return guild;
}

class Limits : public ::testing::Test {
 protected:
  Limits() {
    limits_.add(0, kNorth, kHall);
    limits_.add(1, kNorth, kLounge);
    limits_.add(2, kSouth, kGarden);
  }
  bool describe(const resources::Guild& guild) { return limits_.describe(guild.id, &guild); }
  LaterLimits limits_;
};

TEST_F(Limits, AreTheLeastOfAllThatWait) {
  EXPECT_FALSE(limits_.are_known());
  EXPECT_TRUE(describe(guild(kNorth, {{kHall, 96'000}, {kLounge, 64'000}})));
  EXPECT_EQ(limits_.least(), 64'000);
  EXPECT_FALSE(limits_.are_known()) << "the south";
  EXPECT_TRUE(describe(guild(kSouth, {{kGarden, 128'000}})));
  EXPECT_EQ(limits_.least(), 64'000);
  EXPECT_TRUE(limits_.are_known());
}

TEST_F(Limits, CountNoChannelThatIsPlayedInNowOrNever) {
  limits_.begun(1, kNorth);
  EXPECT_TRUE(describe(guild(kNorth, {{kHall, 96'000}, {kLounge, 8'000}, {kGarden, 8'000}})));
  EXPECT_EQ(limits_.least(), 96'000);
  EXPECT_FALSE(describe(guild(Snowflake{3}, {{kHall, 8'000}})));
}

TEST_F(Limits, WaitForNobodyWhoseTurnHasCome) {
  limits_.begun(2, kSouth);
  EXPECT_TRUE(describe(guild(kNorth, {})));
  EXPECT_TRUE(limits_.are_known());
  EXPECT_EQ(limits_.least(), std::nullopt);
}

TEST_F(Limits, WaitForNoGuildWhereTheBotIsNot) {
  EXPECT_TRUE(describe(guild(kNorth, {{kHall, 96'000}})));
  EXPECT_TRUE(limits_.describe(kSouth, nullptr));
  EXPECT_TRUE(limits_.are_known());
}

TEST_F(Limits, AreToldAnewWhenOneFallsAndNotWhenItRises) {
  static_cast<void>(describe(guild(kSouth, {{kGarden, 64'000}})));
  static_cast<void>(describe(guild(kNorth, {{kHall, 96'000}})));
  EXPECT_TRUE(describe(guild(kSouth, {{kGarden, 32'000}})));
  EXPECT_EQ(limits_.least(), 32'000);
  EXPECT_FALSE(describe(guild(kSouth, {{kGarden, 384'000}}))) << "what is kept was encoded for the least";
}

}  // namespace
}  // namespace vcplay::fleet
