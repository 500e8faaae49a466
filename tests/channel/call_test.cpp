// Where the bot is in a call: it joins, follows a migration, and follows a move.
#include "channel/call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/actions.hpp"
#include "words/conversation.hpp"

namespace vcplay::channel {
namespace {

using test::only;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  EXPECT_THAT(words(discord.voice_ends(voice::After::wait, 4014)), ElementsAre("close"));
  EXPECT_THAT(words(discord.no_server()), ElementsAre("close", "retry in 0 ms"));
  EXPECT_THAT(words(discord.server("t2")), ElementsAre("open 10 s1 t2"));
  static_cast<void>(discord.call.voice_is_live(discord.now));
  // … and a second time.
  static_cast<void>(discord.voice_ends(voice::After::wait, 4022));
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

TEST(Call, FollowsMovesWhoseServersComeFirstWhileAnotherOneIsAwaited) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.no_server());
  for (const char* const token : {"t2", "t3", "t4"}) {
    const Snowflake there = discord.call.channel() == kHome ? kElsewhere : kHome;
    static_cast<void>(discord.server(token));
    EXPECT_THAT(words(discord.state(there)), ElementsAre("close", "retry in 0 ms", "moved " + there.str(),
                                                         "open " + there.str() + " s1 " + token));
  }
}

TEST(Call, FollowsAMoveWhoseServerComesFirstInAPause) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(voice::After::renew, 4006));
  EXPECT_THAT(words(discord.server("t2")), ElementsAre("open 10 s1 t2"));
  EXPECT_THAT(words(discord.state(kElsewhere)),
              ElementsAre("close", "retry in 0 ms", "moved 20", "open 20 s1 t2"));
}

TEST(Call, FollowsAMoveWhoseServerComesFirstAfterTheVoiceServerEndedTheCall) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(voice::After::wait, 4014));
  static_cast<void>(discord.server("t2"));
  EXPECT_THAT(words(discord.state(kElsewhere)),
              ElementsAre("close", "retry in 0 ms", "moved 20", "open 20 s1 t2"));
}

TEST(Call, AwaitsTheServerOfAMoveLongAfterTheLastOneWasNamed) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.no_server());
  static_cast<void>(discord.server("t2"));
  static_cast<void>(discord.after(100ms));
  EXPECT_THAT(words(discord.state(kElsewhere)), ElementsAre("close", "retry in 0 ms", "moved 20"));
  EXPECT_THAT(words(discord.server("t3")), ElementsAre("open 20 s1 t3"));
}

TEST(Call, FollowsAMoveAfterTheVoiceServerEndedTheCall) {
  Conversation discord;
  discord.live();
  static_cast<void>(discord.voice_ends(voice::After::wait, 4014));
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

}  // namespace
}  // namespace vcplay::channel
