// What the looks at a voice session's socket tell of its way out.
#include <gtest/gtest.h>

#include "channel/path_watch.hpp"

namespace vcplay::channel {
namespace {

using Finding = PathWatch::Finding;

const std::string kHome = "192.0.2.10";

/// The UDP path of a socket in kHome, examined once a second.
class Way {
 public:
  Finding sends(std::uint64_t packets = 50) {
    counts_.sent += packets;
    return look(kHome);
  }
  Finding is_cut() {
    counts_.unreachable += 50;
    return look(std::nullopt);
  }
  Finding is_stuck() {
    counts_.unreachable += 50;
    return look(kHome);
  }
  Finding is_refused() {
    counts_.sent += 50;
    counts_.refused += 1;  // routers say it once a second at the most
    return look(kHome);
  }
  Finding leads_from(const std::string& address) {
    counts_.sent += 50;
    return look(address);
  }
  Finding look(const std::optional<std::string>& route) {
    now_ += 1s;
    return watch.look({.counts = counts_, .route = route}, now_);
  }

  PathWatch watch{kHome};

 private:
  net::UdpCounts counts_;
  TimePoint now_{1000s};
};

TEST(PathWatchTest, SaysNothingOfAGoodWay) {
  Way way;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(way.sends(), Finding::nothing_new);
}

TEST(PathWatchTest, WaitsForANetworkThatIsDownAndTellsBothEndsOnce) {
  Way way;
  EXPECT_EQ(way.sends(), Finding::nothing_new);
  EXPECT_EQ(way.is_cut(), Finding::trouble_began);
  for (int i = 0; i < 59; ++i) EXPECT_EQ(way.is_cut(), Finding::nothing_new);
  EXPECT_EQ(way.sends(), Finding::trouble_ended);
  EXPECT_EQ(way.watch.failures(), 60U * 50);
  EXPECT_EQ(way.sends(), Finding::nothing_new);
}

TEST(PathWatchTest, CountsTheSecondTroubleAnew) {
  Way way;
  EXPECT_EQ(way.is_cut(), Finding::trouble_began);
  EXPECT_EQ(way.sends(), Finding::trouble_ended);
  EXPECT_EQ(way.is_cut(), Finding::trouble_began);
  EXPECT_EQ(way.sends(), Finding::trouble_ended);
  EXPECT_EQ(way.watch.failures(), 50U);
}

TEST(PathWatchTest, GivesASocketUpThatGetsNowhereThoughThereIsARoute) {
  Way way;
  EXPECT_EQ(way.is_stuck(), Finding::trouble_began);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(way.is_stuck(), Finding::nothing_new) << i;
  EXPECT_EQ(way.is_stuck(), Finding::gets_nowhere);
}

TEST(PathWatchTest, GivesAServerUpThatRefusesOnceASecond) {
  Way way;
  EXPECT_EQ(way.is_refused(), Finding::trouble_began);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(way.is_refused(), Finding::nothing_new) << i;
  EXPECT_EQ(way.is_refused(), Finding::gets_nowhere);
}

TEST(PathWatchTest, BearsARefusalNowAndThen) {
  Way way;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(way.is_refused(), Finding::trouble_began);
    EXPECT_EQ(way.sends(), Finding::trouble_ended);
  }
}

TEST(PathWatchTest, CountsTheSecondsWithARouteAlone) {
  Way way;
  EXPECT_EQ(way.is_stuck(), Finding::trouble_began);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(way.is_stuck(), Finding::nothing_new);
  EXPECT_EQ(way.is_cut(), Finding::nothing_new);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(way.is_stuck(), Finding::nothing_new) << i;
  EXPECT_EQ(way.is_stuck(), Finding::gets_nowhere);
}

TEST(PathWatchTest, JudgesNothingWhileNothingIsSent) {
  Way way;
  EXPECT_EQ(way.is_refused(), Finding::trouble_began);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(way.look(kHome), Finding::nothing_new);
  EXPECT_EQ(way.is_refused(), Finding::gets_nowhere);  // the next keepalive
}

TEST(PathWatchTest, LeavesAnAddressThatIsAnotherAtTwoLooks) {
  Way way;
  EXPECT_EQ(way.leads_from("198.51.100.7"), Finding::nothing_new);
  EXPECT_EQ(way.leads_from("198.51.100.7"), Finding::address_changed);
}

TEST(PathWatchTest, LetsAnAddressComeBack) {
  Way way;
  EXPECT_EQ(way.leads_from("198.51.100.7"), Finding::nothing_new);
  EXPECT_EQ(way.sends(), Finding::nothing_new);
  EXPECT_EQ(way.leads_from("198.51.100.7"), Finding::nothing_new);
  EXPECT_EQ(way.leads_from("203.0.113.1"), Finding::nothing_new);
  EXPECT_EQ(way.leads_from("203.0.113.1"), Finding::address_changed);
}

}  // namespace
}  // namespace vcplay::channel
