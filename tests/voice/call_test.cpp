// Where the bot is and what becomes of its voice session, decided on a clock that moves when told.
#include "voice/call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "words/actions.hpp"

namespace vcplay::voice {
namespace {

using test::count;
using test::only;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr TimePoint kStart{1000s};
constexpr Snowflake kHome{10};
constexpr Snowflake kElsewhere{20};

/// The order of the actions, as words.
std::vector<std::string> words(const call::Actions& actions) {
  std::vector<std::string> all;
  for (const call::Action& action : actions) {
    if (const auto* const ask = std::get_if<call::Ask>(&action)) {
      all.push_back(ask->channel ? "ask " + ask->channel->str() : "leave");
    } else if (std::holds_alternative<call::CloseVoice>(action)) {
      all.emplace_back("close");
    } else if (const auto* const open = std::get_if<call::OpenVoice>(&action)) {
      all.push_back("open " + open->channel.str() + " " + open->session_id + " " + open->token);
    } else if (const auto* const moved = std::get_if<call::Moved>(&action)) {
      all.push_back("moved " + moved->channel.str());
    } else if (const auto* const retry = std::get_if<call::Retry>(&action)) {
      all.push_back("retry in " + std::to_string(retry->after / 1ms) + " ms");
    } else {
      all.emplace_back(std::get<call::Ended>(action).there ? "end and leave" : "end");
    }
  }
  return all;
}

/// A call and what the two gateways say to it.
class Conversation {
 public:
  explicit Conversation(OnMove on_move = OnMove::follow, OnKick on_kick = OnKick::exit)
      : call({.channel = kHome, .on_move = on_move, .on_kick = on_kick}) {}

  call::Actions state(std::optional<Snowflake> channel, const std::string& session = "s1") {
    return call.own_voice_state({.channel = channel, .session_id = session}, now);
  }
  call::Actions server(const std::string& token) { return call.voice_server({token, "voice.example"}, now); }
  call::Actions no_server() { return call.voice_server({"gone", std::nullopt}, now); }
  call::Actions after(Duration time) {
    now += time;
    return call.on_time(now);
  }
  call::Actions voice_ends(After then, std::optional<std::uint16_t> code, Duration pause = {}, int most = 5) {
    return call.voice_is_over({then, pause, most, code, Error(Cause::network, "It broke.")}, now);
  }
  /// Joined, opened, described.
  Conversation& live() {
    static_cast<void>(call.join(now));
    static_cast<void>(state(kHome));
    static_cast<void>(server("t1"));
    static_cast<void>(call.voice_is_live(now));
    return *this;
  }

  TimePoint now = kStart;
  Call call;
};

// ── the join ──

TEST(Call, OpensWhenBothHalvesOfTheAnswerAreThere) {
  Conversation discord;
  EXPECT_THAT(words(discord.call.join(kStart)), ElementsAre("ask 10"));
  EXPECT_THAT(words(discord.state(kHome)), IsEmpty());
  EXPECT_THAT(words(discord.server("t1")), ElementsAre("open 10 s1 t1"));
}

TEST(Call, OpensWhenTheServerComesFirst) {
  Conversation discord;
  static_cast<void>(discord.call.join(kStart));
  EXPECT_THAT(words(discord.server("t1")), IsEmpty());
  EXPECT_THAT(words(discord.state(kHome)), ElementsAre("open 10 s1 t1"));
}

TEST(Call, TakesNoEchoOfAnEarlierRunForAnAnswer) {
  Conversation discord;
  static_cast<void>(discord.call.join(kStart));
  EXPECT_THAT(words(discord.state(kElsewhere, "old")), IsEmpty());
  EXPECT_THAT(words(discord.state(std::nullopt, "old")), IsEmpty());
  static_cast<void>(discord.server("t1"));
  EXPECT_THAT(words(discord.state(kHome)), ElementsAre("open 10 s1 t1"));
}

TEST(Call, LeavesThePatienceOfTheFirstJoinToItsOwner) {
  Conversation discord;
  static_cast<void>(discord.call.join(kStart));
  EXPECT_FALSE(discord.call.deadline());
}

// ── migration ──

TEST(Call, GoesToAnotherServerThatIsNamedWhilePlaying) {
  Conversation discord;
  discord.live();
  EXPECT_THAT(words(discord.server("t2")), ElementsAre("close", "retry in 0 ms"));
  EXPECT_THAT(words(discord.after(100ms)), ElementsAre("open 10 s1 t2"));
}

TEST(Call, WaitsForTheServerThatFollowsAnEmptyName) {
  Conversation discord;
  discord.live();
  EXPECT_THAT(words(discord.no_server()), ElementsAre("close", "retry in 0 ms"));
  EXPECT_THAT(words(discord.after(59s)), IsEmpty());
  EXPECT_THAT(words(discord.server("t2")), ElementsAre("open 10 s1 t2"));
}

TEST(Call, AsksAgainWhenNoServerFollows) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.no_server());
  EXPECT_THAT(words(discord.after(60s)), ElementsAre("close", "retry in 0 ms", "ask 10"));
}

TEST(Call, MigratesAlsoWhenTheCloseComesFirst) {
  Conversation discord;
  discord.live();
  EXPECT_THAT(words(discord.voice_ends(After::wait, 4014)), ElementsAre("close"));
  EXPECT_THAT(words(discord.no_server()), ElementsAre("close", "retry in 0 ms"));
  EXPECT_THAT(words(discord.server("t2")), ElementsAre("open 10 s1 t2"));
  static_cast<void>(discord.call.voice_is_live(discord.now));
  // … and a second time.
  static_cast<void>(discord.voice_ends(After::wait, 4022));
  EXPECT_THAT(words(discord.server("t3")), ElementsAre("close", "retry in 0 ms", "open 10 s1 t3"));
}

// ── moves ──

TEST(Call, FollowsAMove) {
  Conversation discord;
  discord.live();
  EXPECT_THAT(words(discord.state(kElsewhere)), ElementsAre("close", "retry in 0 ms", "moved 20"));
  EXPECT_THAT(words(discord.server("t2")), ElementsAre("open 20 s1 t2"));
  EXPECT_EQ(discord.call.channel(), kElsewhere);
}

TEST(Call, FollowsAMoveWhoseServerComesFirst) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.server("t2"));
  EXPECT_THAT(words(discord.state(kElsewhere)),
              ElementsAre("close", "retry in 0 ms", "moved 20", "open 20 s1 t2"));
}

TEST(Call, FollowsAMoveAfterTheVoiceServerEndedTheCall) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(After::wait, 4014));
  static_cast<void>(discord.state(kElsewhere));
  EXPECT_THAT(words(discord.server("t2")), ElementsAre("open 20 s1 t2"));
}

TEST(Call, AsksForTheNewChannelWhenNoServerComesWithTheMove) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.state(kElsewhere));
  EXPECT_THAT(words(discord.after(4s)), ElementsAre("close", "retry in 0 ms", "ask 20"));
}

TEST(Call, GoesBackWhereAskedToButNotForEver) {
  Conversation discord(OnMove::go_back);
  discord.live();
  for (int move = 0; move < 5; ++move) {
    EXPECT_THAT(words(discord.state(kElsewhere)), ElementsAre("close", "retry in 0 ms", "ask 10"));
    static_cast<void>(discord.server("t"));
    EXPECT_THAT(words(discord.state(kHome)), ElementsAre("open 10 s1 t"));
    static_cast<void>(discord.call.voice_is_live(discord.now));
  }
  const call::Actions last = discord.state(kElsewhere);
  EXPECT_THAT(words(last), ElementsAre("close", "retry in 0 ms", "end and leave"));
  EXPECT_EQ(only<call::Ended>(last).reason.cause(), Cause::removed);
}

TEST(Call, ForgivesMovesOfLongAgo) {
  Conversation discord(OnMove::go_back);
  discord.live();
  for (int move = 0; move < 12; ++move) {
    ASSERT_THAT(words(discord.state(kElsewhere)), ElementsAre("close", "retry in 0 ms", "ask 10")) << move;
    static_cast<void>(discord.server("t"));
    static_cast<void>(discord.state(kHome));
    static_cast<void>(discord.call.voice_is_live(discord.now));
    static_cast<void>(discord.after(15s));
  }
}

TEST(Call, EndsWithAMoveWhereAskedTo) {
  Conversation discord(OnMove::exit);
  discord.live();
  const call::Actions actions = discord.state(kElsewhere);
  EXPECT_THAT(words(actions), ElementsAre("end and leave"));
  EXPECT_EQ(only<call::Ended>(actions).reason.cause(), Cause::removed);
}

// ── removal ──

TEST(Call, EndsWhenItIsRemoved) {
  Conversation discord;
  discord.live();
  const call::Actions actions = discord.state(std::nullopt);
  EXPECT_THAT(words(actions), ElementsAre("end"));
  EXPECT_EQ(only<call::Ended>(actions).reason.cause(), Cause::removed);
  EXPECT_THAT(words(discord.server("t2")), IsEmpty());
}

TEST(Call, EndsWhenItIsRemovedAfterTheVoiceServerSaidSo) {
  for (const auto& [then, code] : {std::pair{After::wait, 4014}, {After::wait, 4022}, {After::renew, 4006}}) {
    Conversation discord;
    discord.live();
    static_cast<void>(discord.voice_ends(then, static_cast<std::uint16_t>(code)));
    EXPECT_THAT(words(discord.state(std::nullopt)), ElementsAre("end")) << code;
  }
}

TEST(Call, EndsWhenNobodySaysWhyTheCallWasEnded) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(After::wait, 4014));
  EXPECT_THAT(words(discord.after(4999ms)), IsEmpty());
  const call::Actions actions = discord.after(1ms);
  EXPECT_THAT(words(actions), ElementsAre("end and leave"));
  EXPECT_STREQ(only<call::Ended>(actions).reason.what(), "It broke.");
}

TEST(Call, ComesBackOnceAMinuteAndFiveTimes) {
  Conversation discord(OnMove::follow, OnKick::rejoin);
  discord.live();
  for (int kick = 0; kick < 5; ++kick) {
    EXPECT_THAT(words(discord.state(std::nullopt)), ElementsAre("close", "retry in 60000 ms"));
    EXPECT_THAT(words(discord.after(59'999ms)), IsEmpty());
    EXPECT_THAT(words(discord.after(1ms)), ElementsAre("ask 10"));
    static_cast<void>(discord.server("t"));
    EXPECT_THAT(words(discord.state(kHome, "new")), ElementsAre("open 10 new t"));
    static_cast<void>(discord.call.voice_is_live(discord.now));
  }
  EXPECT_THAT(words(discord.state(std::nullopt, "new")), ElementsAre("end"));
}

TEST(Call, ComesBackSoonerWhenTheLastJoinIsLongAgo) {
  Conversation discord(OnMove::follow, OnKick::rejoin);
  discord.live();
  static_cast<void>(discord.after(10min));
  EXPECT_THAT(words(discord.state(std::nullopt)), ElementsAre("close", "retry in 2000 ms"));
}

TEST(Call, NeverFightsAnotherProcess) {
  Conversation discord;
  discord.live();
  const call::Actions actions = discord.state(kHome, "another's");
  EXPECT_THAT(words(actions), ElementsAre("end"));
  EXPECT_EQ(only<call::Ended>(actions).reason.cause(), Cause::busy);
}

TEST(Call, NeverFightsAnotherProcessWhoseVictoryTheVoiceServerSaidFirst) {
  Conversation discord;
  discord.live();
  EXPECT_THAT(words(discord.voice_ends(After::renew, 4006)), ElementsAre("close", "retry in 250 ms"));
  EXPECT_THAT(words(discord.state(kHome, "another's")), ElementsAre("end"));
}

TEST(Call, EndsWithItsChannelAndItsGuild) {
  Conversation deleted;
  EXPECT_THAT(words(deleted.live().call.channel_deleted(kElsewhere)), IsEmpty());
  EXPECT_THAT(words(deleted.call.channel_deleted(kHome)), ElementsAre("end"));
  Conversation removed;
  EXPECT_THAT(words(removed.live().call.guild_deleted(false, kStart)), ElementsAre("end"));
}

TEST(Call, PlaysOnThroughAnOutageOfTheGuild) {
  Conversation discord;
  EXPECT_THAT(words(discord.live().call.guild_deleted(true, kStart)), IsEmpty());
  EXPECT_TRUE(discord.call.is_live());
}

// ── renewal ──

TEST(Call, RenewsAtOnceAndThenMoreSlowly) {
  Conversation discord;
  discord.live();
  EXPECT_THAT(words(discord.voice_ends(After::renew, std::nullopt)),
              ElementsAre("close", "retry in 0 ms", "ask 10"));
  EXPECT_THAT(words(discord.server("t2")), IsEmpty());
  EXPECT_THAT(words(discord.after(100ms)), ElementsAre("open 10 s1 t2"));
  EXPECT_THAT(words(discord.voice_ends(After::renew, std::nullopt)),
              ElementsAre("close", "retry in 2000 ms"));
  EXPECT_THAT(words(discord.after(2s)), ElementsAre("ask 10"));
}

TEST(Call, GivesUpAfterAsManyRenewalsAsTheReasonAllows) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(After::renew, 4004, 0s, 1));
  static_cast<void>(discord.after(250ms));
  static_cast<void>(discord.server("t2"));
  static_cast<void>(discord.after(100ms));
  EXPECT_THAT(words(discord.voice_ends(After::renew, 4004, 0s, 1)), ElementsAre("end and leave"));
}

TEST(Call, ForgetsOldRenewalsOnceASessionHasLasted) {
  Conversation discord;
  discord.live();
  for (int hour = 0; hour < 30; ++hour) {
    ASSERT_THAT(words(discord.voice_ends(After::renew, 4006, 0s, 1)), ElementsAre("close", "retry in 250 ms"))
        << hour;
    static_cast<void>(discord.after(250ms));
    static_cast<void>(discord.server("t"));
    ASSERT_THAT(words(discord.after(100ms)), ElementsAre("open 10 s1 t")) << hour;
    static_cast<void>(discord.call.voice_is_live(discord.now));
    static_cast<void>(discord.after(1h));
  }
}

TEST(Call, LeavesAndAsksAnewWhenTheQuestionIsNotAnswered) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(After::renew, std::nullopt));
  EXPECT_THAT(words(discord.after(4s)), ElementsAre("leave"));
  EXPECT_THAT(words(discord.server("stale")), IsEmpty());
  EXPECT_THAT(words(discord.state(std::nullopt)), ElementsAre("ask 10"));
  static_cast<void>(discord.server("t2"));
  EXPECT_THAT(words(discord.state(kHome, "s2")), ElementsAre("open 10 s2 t2"));
}

TEST(Call, GivesUpWhenNothingHasHelpedForTwoMinutes) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(After::renew, std::nullopt));
  while (count<call::Ended>(discord.after(1s)) == 0) ASSERT_LT(discord.now, kStart + 121s);
  EXPECT_EQ(discord.now, kStart + 120s);
}

TEST(Call, EndsAtOnceWhereARenewalWouldNotHelp) {
  Conversation discord;
  EXPECT_THAT(words(discord.live().voice_ends(After::give_up, 4017)), ElementsAre("end and leave"));
}

TEST(Call, PausesBeforeARenewalInTheFirstJoin) {
  Conversation discord;
  static_cast<void>(discord.call.join(kStart));
  static_cast<void>(discord.server("t1"));
  static_cast<void>(discord.state(kHome));
  EXPECT_THAT(words(discord.voice_ends(After::renew, 4006)), ElementsAre("close", "retry in 1000 ms"));
}

TEST(Call, GivesUpSoonerInAJoinThatNeverSucceeded) {
  Conversation discord;
  static_cast<void>(discord.call.join(kStart));
  for (int attempt = 0; attempt < 2; ++attempt) {
    static_cast<void>(discord.server("t"));
    static_cast<void>(discord.state(kHome));
    ASSERT_EQ(count<call::Retry>(discord.voice_ends(After::renew, 4006)), 1U);
    static_cast<void>(discord.after(3s));
  }
  static_cast<void>(discord.server("t"));
  static_cast<void>(discord.state(kHome));
  EXPECT_THAT(words(discord.voice_ends(After::renew, 4006)), ElementsAre("end and leave"));
}

TEST(Call, RenewsWhenNoDatagramGetsThrough) {
  Conversation discord;
  discord.live();
  EXPECT_THAT(words(discord.call.path_is_lost({Cause::network, "UDP is dead."}, discord.now)),
              ElementsAre("close", "retry in 0 ms", "ask 10"));
  EXPECT_THAT(words(discord.call.path_is_lost({Cause::network, "UDP is dead."}, discord.now)), IsEmpty());
}

// ── the main gateway comes and goes ──

TEST(Call, AsksWhenTheGatewayIsBack) {
  Conversation discord;
  discord.live();
  discord.call.gateway_lost();
  EXPECT_THAT(words(discord.voice_ends(After::renew, std::nullopt)), ElementsAre("close", "retry in 0 ms"));
  EXPECT_THAT(words(discord.after(90s)), IsEmpty());
  EXPECT_THAT(words(discord.call.gateway_resumed(discord.now)), ElementsAre("ask 10"));
}

TEST(Call, AsksAnewWhatTheLostGatewayMayHaveSwallowed) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(After::renew, std::nullopt));
  discord.call.gateway_lost();
  EXPECT_THAT(words(discord.call.gateway_resumed(discord.now)), ElementsAre("ask 10"));
}

TEST(Call, GivesTheWordTimeWhenTheGatewayIsBack) {
  Conversation discord;
  discord.live();
  discord.call.gateway_lost();
  static_cast<void>(discord.voice_ends(After::wait, 4014));
  EXPECT_THAT(words(discord.after(30s)), IsEmpty());
  EXPECT_THAT(words(discord.call.gateway_resumed(discord.now)), IsEmpty());
  EXPECT_THAT(words(discord.after(5s)), ElementsAre("end and leave"));
}

TEST(Call, JoinsAgainInANewGatewaySession) {
  Conversation discord;
  discord.live();
  discord.call.gateway_lost();
  EXPECT_THAT(words(discord.call.join(discord.now)), ElementsAre("ask 10"));
  EXPECT_THAT(words(discord.state(std::nullopt)), IsEmpty());  // the old session's
  static_cast<void>(discord.server("t2"));
  EXPECT_THAT(words(discord.state(kHome, "s2")), ElementsAre("open 10 s2 t2"));
}

TEST(Call, PlaysOnWhileTheGatewayResumes) {
  Conversation discord;
  discord.live();
  discord.call.gateway_lost();
  EXPECT_THAT(words(discord.after(5min)), IsEmpty());
  EXPECT_THAT(words(discord.call.gateway_resumed(discord.now)), IsEmpty());
  EXPECT_TRUE(discord.call.is_live());
}

}  // namespace
}  // namespace vcplay::voice
