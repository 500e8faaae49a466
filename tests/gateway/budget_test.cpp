// 120 messages in 60 s and no more, heartbeats included.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "words/actions.hpp"
#include "words/gateway_words.hpp"

namespace vcplay::gateway {
namespace {

using test::count;
using test::only;
using testing::IsEmpty;

constexpr std::uint64_t kFirstGuild = 300000000000000000;

Snowflake guild(int number) { return Snowflake{kFirstGuild + static_cast<std::uint64_t>(number)}; }
VoiceStateUpdate join(int number) { return {.guild = guild(number), .channel = kRoom}; }
VoiceStateUpdate leave(int number) { return {.guild = guild(number), .channel = {}}; }

/// A session whose messages are written down with their times. Discord answers each heartbeat.
struct Busy : Conversation {
  explicit Busy(double interval_ms = 41'250) {
    look_at(hears_hello(interval_ms));
    look_at(hears(ready()));
  }

  void wants(const VoiceStateUpdate& update) { look_at(asks(update)); }
  /// Time passes up to `until`, deadline by deadline.
  void pass(TimePoint until) {
    while (session.deadline() && *session.deadline() <= until) {
      now = std::max(now, *session.deadline());
      look_at(session.on_time(now));
    }
    now = until;
  }
  void look_at(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* const send = std::get_if<SendText>(&action)) wrote(json::parse(send->text));
      waited += static_cast<std::size_t>(std::holds_alternative<VoiceStateWaits>(action));
    }
  }
  void wrote(const json& message) {
    times.push_back(now);
    if (message["op"] == 1) {
      beats.push_back(now);
      hears(ack());
    }
    if (message["op"] == 4) orders.push_back(message["d"]);
  }
  /// The most messages that fell into any 60 s.
  [[nodiscard]] std::size_t busiest_minute() const {
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
      while (times[last] - times[first] > 60s) ++first;
      most = std::max(most, last - first + 1);
    }
    return most;
  }

  std::vector<TimePoint> times;
  std::vector<TimePoint> beats;
  std::vector<json> orders;
  std::size_t waited = 0;
};

TEST(GatewayBudget, BearsAHundredAndTenJoinsAMinute) {
  Busy session;
  constexpr int kMinutes = 20;
  constexpr int kJoins = 110;
  for (int minute = 0; minute < kMinutes; ++minute) {
    for (int i = 0; i < kJoins; ++i) {
      session.wants(join(minute * kJoins + i));
      session.pass(session.now + Duration(60s) / kJoins);
    }
  }
  session.pass(kStart + kMinutes * 60s + 1s);
  EXPECT_EQ(session.orders.size(), static_cast<std::size_t>(kMinutes * kJoins));
  EXPECT_EQ(session.waited, 0U) << "so many never wait";
  EXPECT_LE(session.busiest_minute(), kMostMessages);
  EXPECT_EQ(session.beats.size(), 29U) << "20 minutes and a second at 41.25 s, the first after half of that";
}

TEST(GatewayBudget, SpreadsAThousandJoinsAndLosesNoHeartbeat) {
  Busy session;
  for (int i = 0; i < 1000; ++i) session.wants(join(i));
  EXPECT_EQ(session.orders.size(), 115U) << "as many as there is room for, at once";
  EXPECT_EQ(session.waited, 885U);
  session.pass(kStart + 10min);
  EXPECT_EQ(session.orders.size(), 1000U);
  EXPECT_LE(session.busiest_minute(), kMostMessages);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(session.orders[static_cast<std::size_t>(i)]["guild_id"], guild(i).str()) << "in their order";
  }
  ASSERT_EQ(session.beats.size(), 15U);
  for (std::size_t i = 0; i < session.beats.size(); ++i) {
    EXPECT_EQ(session.beats[i], kStart + 20'625ms + static_cast<int>(i) * 41'250ms) << "to the moment";
  }
}

TEST(GatewayBudget, KeepsFreeWhatTheHeartbeatsNeed) {
  for (const double interval : {41'250.0, 10'000.0, 2'000.0, 1'000.0}) {
    Busy session(interval);
    for (int i = 0; i < 1000; ++i) session.wants(join(i));
    session.pass(kStart + 5min);
    EXPECT_LE(session.busiest_minute(), kMostMessages) << interval;
    EXPECT_GE(session.orders.size(), 5U * 50U) << interval;
  }
}

TEST(GatewayBudget, GivesWayToBeatsThatDiscordAsksFor) {
  Busy session;
  for (int i = 0; i < 20; ++i) session.look_at(session.hears({{"op", 1}, {"d", nullptr}}));
  EXPECT_EQ(session.beats.size(), 20U) << "they never wait";
  for (int i = 0; i < 1000; ++i) session.wants(join(i));
  session.pass(kStart + 61s);
  EXPECT_LE(session.busiest_minute(), kMostMessages);
}

TEST(GatewayBudget, IsOfOneConnection) {
  Busy session;
  for (int i = 0; i < 115; ++i) session.wants(join(i));
  session.resumes(session.closes(std::nullopt));
  session.wants(join(200));
  EXPECT_EQ(session.waited, 0U);
}

// ── who waits ──

TEST(GatewayBudget, TellsWhoWaitsAndWhenItGoesOut) {
  Busy session;
  for (int i = 0; i < 115; ++i) session.wants(join(i));
  EXPECT_EQ(only<VoiceStateWaits>(session.asks(join(115))).guild, guild(115));
  session.now += 61s - 1ns;
  EXPECT_EQ(count<VoiceStateSent>(session.session.on_time(session.now)), 0U);
  session.now += 1ns;
  const Actions due = session.session.on_time(session.now);
  EXPECT_EQ(only<VoiceStateSent>(due).guild, guild(115));
}

/// A session whose budget is used up, and which has three joins in the line.
struct Crowded : Busy {
  Crowded() {
    for (int i = 0; i < 115; ++i) wants(join(i));
    orders.clear();
    for (const int number : {201, 202, 203}) wants(join(number));
  }
  [[nodiscard]] std::vector<std::pair<json, json>> later() {
    pass(now + 2min);
    std::vector<std::pair<json, json>> said;
    for (const json& order : orders) said.emplace_back(order["guild_id"], order["channel_id"]);
    return said;
  }
};

using Said = std::vector<std::pair<json, json>>;

TEST(GatewayBudget, SaysOfEachGuildTheLatestAlone) {
  Crowded session;
  for (int i = 0; i < 100; ++i) session.wants({.guild = guild(202), .channel = Snowflake{kRoom.value + 1}});
  session.wants(leave(201));
  EXPECT_EQ(session.later(), (Said{{guild(201).str(), nullptr},
                                   {guild(202).str(), Snowflake{kRoom.value + 1}.str()},
                                   {guild(203).str(), kRoom.str()}}))
      << "each in the place of the first";
}

TEST(GatewayBudget, LetsLeavesGoFirst) {
  Crowded session;
  for (const int number : {1, 203, 2}) session.wants(leave(number));
  EXPECT_EQ(session.later(), (Said{{guild(1).str(), nullptr},
                                   {guild(203).str(), nullptr},
                                   {guild(2).str(), nullptr},
                                   {guild(201).str(), kRoom.str()},
                                   {guild(202).str(), kRoom.str()}}));
}

TEST(GatewayBudget, KeepsLeavesThroughALostConnection) {
  Crowded session;
  session.wants(leave(202));
  session.follows(session.closes(std::nullopt));
  session.hears_hello();
  session.look_at(session.hears(resumed()));
  EXPECT_EQ(session.later(), (Said{{guild(202).str(), nullptr}})) << "whoever wants to join asks again";
}

TEST(GatewayBudget, TakesALeaveWhileTheConnectionIsLost) {
  Busy session;
  const Actions lost = session.closes(std::nullopt);
  EXPECT_THAT(session.asks(leave(1)), IsEmpty());
  EXPECT_THAT(session.asks(join(2)), IsEmpty());
  session.follows(lost);
  EXPECT_EQ(count<VoiceStateSent>(session.hears_hello()), 0U);
  const Actions back = session.hears(resumed());
  EXPECT_TRUE(std::holds_alternative<Resumed>(back.front()));
  EXPECT_EQ(only<VoiceStateSent>(back).guild, guild(1)) << "whoever wanted to join asks again";
}

TEST(GatewayBudget, KeepsNothingForASessionThatIsGone) {
  Crowded session;
  session.wants(leave(202));
  session.identifies(session.hears(invalid_session(false)));
  session.look_at(session.hears(ready()));
  EXPECT_THAT(session.later(), IsEmpty()) << "it is in no channel";
}

}  // namespace
}  // namespace vcplay::gateway
