// How often the main gateway's session is tried again, how long it waits between, and when it gives up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "words/actions.hpp"
#include "words/gateway_words.hpp"

namespace vcplay::gateway {
namespace {

using test::count;
using test::only;
using test::sent;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The wait before each further attempt, one for each time that the new socket does not open.
std::vector<Duration> waits_of(Conversation& discord, Actions actions) {
  std::vector<Duration> waits;
  while (count<Reconnect>(actions) == 1) {
    waits.push_back(only<Reconnect>(actions).after);
    EXPECT_EQ(only<Reconnect>(actions).attempt, static_cast<int>(waits.size()));
    actions = discord.fails_to_follow(actions);
  }
  EXPECT_EQ(count<Failed>(actions), 1U);
  return waits;
}

// ── how often, and how long between ──

TEST(GatewayPatience, TriesTwentyTimesWithGrowingWaits) {
  Conversation discord;
  discord.become_ready();
  Actions actions = discord.closes(std::nullopt);
  const std::vector<Duration> waits = waits_of(discord, actions);
  std::vector<Duration> expected = {500ms, 1s, 2s, 4s, 8s, 16s, 32s};
  expected.resize(20, 60s);
  EXPECT_EQ(waits, expected);
  EXPECT_FALSE(discord.session.deadline());
}

TEST(GatewayPatience, SpreadsItsWaits) {
  const std::vector<std::pair<double, std::vector<Duration>>> spreads = {{0.0, {0ms, 750ms, 1500ms, 3s}},
                                                                         {1.0, {1s, 1250ms, 2500ms, 5s}}};
  for (const auto& [random, first_waits] : spreads) {
    Conversation discord(config(random));
    discord.become_ready();
    std::vector<Duration> waits = waits_of(discord, discord.closes(std::nullopt));
    ASSERT_EQ(waits.size(), 20U);
    waits.resize(4);
    EXPECT_EQ(waits, first_waits);
  }
}

TEST(GatewayPatience, SaysThatItIsLostForGood) {
  Conversation discord;
  discord.become_ready();
  Actions actions = discord.closes(std::nullopt);
  for (int failure = 1; failure < 20; ++failure) actions = discord.fails_to_follow(actions);
  EXPECT_EQ(only<Reconnect>(actions).attempt, 20);
  actions = discord.fails_to_follow(actions);
  EXPECT_EQ(only<Failed>(actions).error.cause(), Cause::network);
  EXPECT_THAT(why(actions),
              AllOf(HasSubstr("lost for good"), HasSubstr("20 attempts"), HasSubstr("connection refused")));
}

TEST(GatewayPatience, StartsToCountAnewAfterASuccess) {
  Conversation discord;
  discord.become_ready();
  Actions actions = discord.closes(std::nullopt);
  for (int failure = 0; failure < 3; ++failure) actions = discord.fails_to_follow(actions);
  EXPECT_EQ(only<Reconnect>(actions).after, 4s);
  discord.resumes(actions);
  discord.now += 5s;
  const std::vector<Duration> waits = waits_of(discord, discord.closes(std::nullopt));
  ASSERT_EQ(waits.size(), 20U);
  EXPECT_EQ(waits[0], 500ms);
  EXPECT_EQ(waits[1], 1s);
}

TEST(GatewayPatience, TakesNoConnectionForASuccessThatDoesNotLast) {
  Conversation discord;
  discord.become_ready();
  Actions actions = discord.closes(std::nullopt);
  for (const Duration wait : {500ms, 1000ms, 2000ms, 4000ms}) {
    EXPECT_EQ(only<Reconnect>(actions).after, wait);
    discord.resumes(actions);
    actions = discord.closes(std::nullopt);
  }
}

TEST(GatewayPatience, CountsConnectionsThatOpenAndComeToNothing) {
  Conversation discord;
  discord.become_ready();
  Actions actions = discord.closes(std::nullopt);
  int attempts = 0;
  while (count<Reconnect>(actions) == 1) {
    ASSERT_LT(attempts, 100);
    EXPECT_EQ(only<Reconnect>(actions).attempt, ++attempts);
    discord.follows(actions);
    discord.hears_hello();
    actions = discord.closes(4000);
  }
  EXPECT_EQ(attempts, 20);
  EXPECT_EQ(count<Failed>(actions), 1U);
}

TEST(GatewayPatience, ResumesAtTheFirstUrlWhenReadysCannotBeReached) {
  Conversation discord;
  discord.become_ready();
  Actions actions = discord.closes(std::nullopt);
  for (int failure = 1; failure <= 5; ++failure) {
    EXPECT_EQ(only<Reconnect>(actions).url, kResumeUrl) << failure;
    actions = discord.fails_to_follow(actions);
  }
  EXPECT_EQ(only<Reconnect>(actions).url, "");
  discord.follows(actions);
  EXPECT_EQ(sent<SendText>(discord.hears_hello())["op"], 6) << "the session is as good there";
  actions = discord.closes(std::nullopt);
  EXPECT_EQ(only<Reconnect>(actions).url, "") << "no success yet";
  discord.resumes(actions);
  EXPECT_EQ(only<Reconnect>(discord.closes(std::nullopt)).url, kResumeUrl) << "it may be back";
}

TEST(GatewayPatience, StaysWithReadysUrlWhileItSaysHello) {
  Conversation discord;
  discord.become_ready();
  Actions actions = discord.closes(std::nullopt);
  for (int round = 0; round < 2; ++round) {
    for (int failure = 1; failure < 5; ++failure) actions = discord.fails_to_follow(actions);
    EXPECT_EQ(only<Reconnect>(actions).url, kResumeUrl);
    discord.follows(actions);
    discord.hears_hello();
    actions = discord.closes(std::nullopt);
    EXPECT_EQ(only<Reconnect>(actions).url, kResumeUrl);
  }
}

TEST(GatewayPatience, CountsSilenceAndBeingSentAwayAsUnreached) {
  Conversation discord;
  discord.become_ready();
  Actions actions = discord.closes(std::nullopt);
  for (int failure = 1; failure <= 5; ++failure) {
    EXPECT_EQ(only<Reconnect>(actions).url, kResumeUrl) << failure;
    discord.follows(actions);
    actions = failure == 1 ? discord.hears(reconnect()) : discord.waits();
  }
  EXPECT_EQ(only<Reconnect>(actions).url, "");
}

// ── identifies are counted ──

TEST(GatewayPatience, IdentifiesThreeTimesWithoutAReadyAndNoMore) {
  Conversation discord;
  discord.hears_hello();
  discord.identifies(discord.hears(invalid_session(false)));
  discord.identifies(discord.closes(std::nullopt));
  const Actions enough = discord.hears(invalid_session(false));
  EXPECT_EQ(only<CloseSocket>(enough).code, 1000);
  EXPECT_EQ(only<Failed>(enough).error.cause(), Cause::network);
  EXPECT_THAT(why(enough), AllOf(HasSubstr("did not accept"), HasSubstr("3 IDENTIFYs")));
}

TEST(GatewayPatience, CountsIdentifiesAnewAfterReady) {
  Conversation discord;
  discord.hears_hello();
  discord.identifies(discord.hears(invalid_session(false)));
  discord.identifies(discord.hears(invalid_session(false)));
  discord.hears(ready());
  discord.identifies(discord.hears(invalid_session(false)));
  discord.identifies(discord.closes(4009));
  discord.identifies(discord.closes(std::nullopt));
  EXPECT_EQ(count<Failed>(discord.closes(std::nullopt)), 1U);
}

TEST(GatewayPatience, CountsNoIdentifyThatWasNotSent) {
  Conversation discord;
  Actions actions = discord.closes(std::nullopt);
  for (int i = 0; i < 5; ++i) {
    discord.follows(actions);
    EXPECT_EQ(count<WantsIdentify>(discord.hears(hello())), 1U);
    actions = discord.closes(std::nullopt);
  }
  EXPECT_EQ(count<Reconnect>(actions), 1U);
}

TEST(GatewayPatience, IdentifiesMoreSlowlyTheShorterItsSessionsLive) {
  Conversation discord;
  discord.become_ready();
  std::vector<Duration> waits;
  for (int i = 0; i < 4; ++i) {
    discord.now += 10s;
    const Actions gone = discord.hears(invalid_session(false));
    waits.push_back(only<Reconnect>(gone).after);
    discord.identifies(gone);
    discord.hears(ready());
  }
  EXPECT_THAT(waits, ElementsAre(3s, 6s, 12s, 24s));
  discord.now += 60s;
  EXPECT_EQ(only<Reconnect>(discord.hears(invalid_session(false))).after, 3s);
}

// ── the owner's part ──

TEST(GatewayPatience, HurriesWhenThereIsNoTimeToWait) {
  Conversation discord;
  discord.become_ready();
  EXPECT_THAT(discord.session.hurry(discord.now), IsEmpty()) << "it is connected";
  const Actions limited = discord.closes(4008);
  EXPECT_GT(only<Reconnect>(limited).after, 60s - 1ns);
  discord.now += 1s;
  const Actions hurried = discord.session.hurry(discord.now);
  EXPECT_EQ(only<Reconnect>(hurried).after, 0s);
  EXPECT_EQ(only<Reconnect>(hurried).url, kResumeUrl);
  EXPECT_EQ(only<Reconnect>(hurried).attempt, 1);
  EXPECT_THAT(discord.session.hurry(discord.now), IsEmpty()) << "it is under way";
  discord.resumes(hurried);
  EXPECT_THAT(discord.session.hurry(discord.now), IsEmpty());
}

TEST(GatewayPatience, DoesNotHurryWhatIsBeingTriedAlready) {
  Conversation discord;
  discord.become_ready();
  discord.closes(std::nullopt);
  discord.now += 500ms;
  EXPECT_THAT(discord.session.hurry(discord.now), IsEmpty());
}

TEST(GatewayPatience, TakesTheOldSocketsEchoForNoFailure) {
  Conversation discord;
  discord.become_ready();
  discord.hears(invalid_session(true));
  discord.now += 200ms;
  const Actions echo = discord.closes(4000);
  EXPECT_EQ(only<Reconnect>(echo).attempt, 1);
  EXPECT_EQ(only<Reconnect>(echo).after, 300ms) << "what is left of the wait";
  discord.resumes(echo);
}

TEST(GatewayPatience, DrawsByHalvesWithoutRandomness) {
  Config plain = config();
  plain.random = {};
  Conversation discord(std::move(plain));
  discord.become_ready();
  EXPECT_EQ(discord.session.deadline(), kStart + 20s);
  EXPECT_EQ(only<Reconnect>(discord.closes(std::nullopt)).after, 500ms);
}

}  // namespace
}  // namespace vcplay::gateway
