// What becomes of a call that the bot is removed from, or whose voice session or gateway is lost.
#include "channel/call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/actions.hpp"
#include "words/conversation.hpp"

namespace vcplay::channel {
namespace {

using test::count;
using test::only;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  for (const auto& [then, code] :
       {std::pair{voice::After::wait, 4014}, {voice::After::wait, 4022}, {voice::After::renew, 4006}}) {
    Conversation discord;
    discord.live();
    static_cast<void>(discord.voice_ends(then, static_cast<std::uint16_t>(code)));
    EXPECT_THAT(words(discord.state(std::nullopt)), ElementsAre("end")) << code;
  }
}

TEST(Call, EndsWhenNobodySaysWhyTheCallWasEnded) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(voice::After::wait, 4014));
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
  EXPECT_THAT(words(discord.voice_ends(voice::After::renew, 4006)), ElementsAre("close", "retry in 250 ms"));
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
  EXPECT_THAT(words(discord.voice_ends(voice::After::renew, std::nullopt)),
              ElementsAre("close", "retry in 0 ms", "ask 10"));
  EXPECT_THAT(words(discord.server("t2")), IsEmpty());
  EXPECT_THAT(words(discord.after(100ms)), ElementsAre("open 10 s1 t2"));
  EXPECT_THAT(words(discord.voice_ends(voice::After::renew, std::nullopt)),
              ElementsAre("close", "retry in 2000 ms"));
  EXPECT_THAT(words(discord.after(2s)), ElementsAre("ask 10"));
}

TEST(Call, GivesUpAfterAsManyRenewalsAsTheReasonAllows) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(voice::After::renew, 4004, 0s, 1));
  static_cast<void>(discord.after(250ms));
  static_cast<void>(discord.server("t2"));
  static_cast<void>(discord.after(100ms));
  EXPECT_THAT(words(discord.voice_ends(voice::After::renew, 4004, 0s, 1)), ElementsAre("end and leave"));
}

TEST(Call, ForgetsOldRenewalsOnceASessionHasLasted) {
  Conversation discord;
  discord.live();
  for (int hour = 0; hour < 30; ++hour) {
    ASSERT_THAT(words(discord.voice_ends(voice::After::renew, 4006, 0s, 1)),
                ElementsAre("close", "retry in 250 ms"))
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
  static_cast<void>(discord.voice_ends(voice::After::renew, std::nullopt));
  EXPECT_THAT(words(discord.after(4s)), ElementsAre("leave"));
  EXPECT_THAT(words(discord.server("stale")), IsEmpty());
  EXPECT_THAT(words(discord.state(std::nullopt)), ElementsAre("ask 10"));
  static_cast<void>(discord.server("t2"));
  EXPECT_THAT(words(discord.state(kHome, "s2")), ElementsAre("open 10 s2 t2"));
}

TEST(Call, GivesUpWhenNothingHasHelpedForTwoMinutes) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(voice::After::renew, std::nullopt));
  while (count<call::Ended>(discord.after(1s)) == 0) ASSERT_LT(discord.now, kStart + 121s);
  EXPECT_EQ(discord.now, kStart + 120s);
}

TEST(Call, EndsAtOnceWhereARenewalWouldNotHelp) {
  Conversation discord;
  EXPECT_THAT(words(discord.live().voice_ends(voice::After::give_up, 4017)), ElementsAre("end and leave"));
}

TEST(Call, PausesBeforeARenewalInTheFirstJoin) {
  Conversation discord;
  static_cast<void>(discord.call.join(kStart));
  static_cast<void>(discord.server("t1"));
  static_cast<void>(discord.state(kHome));
  EXPECT_THAT(words(discord.voice_ends(voice::After::renew, 4006)), ElementsAre("close", "retry in 1000 ms"));
}

TEST(Call, GivesUpSoonerInAJoinThatNeverSucceeded) {
  Conversation discord;
  static_cast<void>(discord.call.join(kStart));
  for (int attempt = 0; attempt < 2; ++attempt) {
    static_cast<void>(discord.server("t"));
    static_cast<void>(discord.state(kHome));
    ASSERT_EQ(count<call::Retry>(discord.voice_ends(voice::After::renew, 4006)), 1U);
    static_cast<void>(discord.after(3s));
  }
  static_cast<void>(discord.server("t"));
  static_cast<void>(discord.state(kHome));
  EXPECT_THAT(words(discord.voice_ends(voice::After::renew, 4006)), ElementsAre("end and leave"));
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
  EXPECT_THAT(words(discord.voice_ends(voice::After::renew, std::nullopt)),
              ElementsAre("close", "retry in 0 ms"));
  EXPECT_THAT(words(discord.after(90s)), IsEmpty());
  EXPECT_THAT(words(discord.call.gateway_resumed(discord.now)), ElementsAre("ask 10"));
}

TEST(Call, AsksAnewWhatTheLostGatewayMayHaveSwallowed) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(voice::After::renew, std::nullopt));
  discord.call.gateway_lost();
  EXPECT_THAT(words(discord.call.gateway_resumed(discord.now)), ElementsAre("ask 10"));
}

TEST(Call, GivesTheWordTimeWhenTheGatewayIsBack) {
  Conversation discord;
  discord.live();
  discord.call.gateway_lost();
  static_cast<void>(discord.voice_ends(voice::After::wait, 4014));
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

// ── op 4 waits for its turn ──

TEST(Call, DoesNotCountTheTimeInWhichItsQuestionWaits) {
  Conversation discord;
  discord.live();
  EXPECT_THAT(words(discord.voice_ends(voice::After::renew, std::nullopt)),
              ElementsAre("close", "retry in 0 ms", "ask 10"));
  discord.call.question_waits(discord.now);
  EXPECT_FALSE(discord.call.deadline());
  EXPECT_THAT(words(discord.after(10min)), IsEmpty()) << "however many are in the line before it";
  discord.call.question_is_sent(discord.now);
  EXPECT_THAT(words(discord.after(4s - 1ns)), IsEmpty());
  EXPECT_THAT(words(discord.after(1ns)), ElementsAre("leave")) << "now nobody has answered";
  EXPECT_THAT(words(discord.after(2s)), ElementsAre("ask 10"));
  EXPECT_THAT(words(discord.after(2min)), ElementsAre("end and leave")) << "two minutes of its own";
}

TEST(Call, TakesAServerThatIsNamedWhileItsQuestionWaits) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(voice::After::renew, std::nullopt));
  discord.call.question_waits(discord.now);
  static_cast<void>(discord.after(1min));
  EXPECT_THAT(words(discord.server("t2")), IsEmpty());
  EXPECT_THAT(words(discord.after(100ms)), ElementsAre("open 10 s1 t2"));
}

TEST(Call, AsksAnewWhereTheGatewayWasLostBeforeItsTurn) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(voice::After::renew, std::nullopt));
  discord.call.question_waits(discord.now);
  static_cast<void>(discord.after(5min));
  discord.call.question_is_sent(discord.now);  // it is not, and waits no more
  discord.call.gateway_lost();
  EXPECT_THAT(words(discord.call.gateway_resumed(discord.now)), ElementsAre("ask 10"));
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
}  // namespace vcplay::channel
