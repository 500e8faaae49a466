// How the main gateway's session outlives its connections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gateway/session.hpp"
#include "words/actions.hpp"
#include "words/gateway_words.hpp"

namespace vcplay::gateway {
namespace {

using test::count;
using test::only;
using test::sent;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// ── RESUME and its replay ──

TEST(GatewayResume, ResumesAtReadysUrlWithTheLastSequence) {
  Conversation discord;
  discord.become_ready();
  discord.hears(dispatch(41, "PRESENCE_UPDATE", json::object()));
  EXPECT_TRUE(discord.session.can_resume());

  const Actions lost = discord.closes(std::nullopt, "connection reset");
  EXPECT_EQ(only<Reconnect>(lost).url, kResumeUrl);
  EXPECT_EQ(only<Reconnect>(lost).attempt, 1);
  EXPECT_EQ(only<Reconnect>(lost).after, 500ms) << "at once, but not with everybody else at once";
  EXPECT_THAT(only<Reconnect>(lost).reason.what(),
              AllOf(HasSubstr("was lost"), HasSubstr("connection reset")));
  EXPECT_EQ(count<CloseSocket>(lost), 0U) << "it is closed already";
  EXPECT_FALSE(discord.session.deadline()) << "the owner has the wait";
  EXPECT_FALSE(discord.session.is_ready());

  discord.follows(lost);
  EXPECT_EQ(sent<SendText>(discord.hears(hello())), json::parse(R"({"op":6,"d":{
      "token": "MTAwMDAw.GxAbCd.not-a-real-one", "session_id": "abcdef", "seq": 41}})"));
  EXPECT_FALSE(discord.session.is_ready());
  EXPECT_THAT(discord.asks(kJoin), IsEmpty()) << "the replay comes first";
  const Actions back = discord.hears(resumed(42));
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(count<Resumed>(back), 1U);
  EXPECT_TRUE(discord.session.is_ready());
  EXPECT_EQ(count<SendText>(discord.asks(kJoin)), 1U);
}

TEST(GatewayResume, HearsWhatItMissedAndCountsIt) {
  Conversation discord;
  discord.become_ready().follows(discord.closes(std::nullopt));
  discord.hears(hello());
  json state = voice_state("100000000000000002", nullptr);
  state["s"] = 50;
  EXPECT_EQ(only<OwnVoiceState>(discord.hears(state)).channel, std::nullopt) << "removed while it was away";
  json server = voice_server("rotterdam1.discord.media:443");
  server["s"] = 51;
  EXPECT_EQ(count<VoiceServer>(discord.hears(server)), 1U);

  // Lost in the middle of the replay: what came of it need not come again.
  const Actions again = discord.closes(std::nullopt);
  EXPECT_EQ(only<Reconnect>(again).attempt, 2);
  EXPECT_FALSE(discord.session.deadline()) << "RESUMED is not waited for any more";
  discord.follows(again);
  EXPECT_EQ(sent<SendText>(discord.hears(hello()))["d"]["seq"], 51);
  EXPECT_EQ(sent<SendText>(discord.waits()), json::parse(R"({"op":1,"d":51})"));
}

TEST(GatewayResume, ResumesASecondTimeAsTheFirst) {
  Conversation discord;
  discord.become_ready().resumes(discord.closes(std::nullopt));
  discord.hears(dispatch(77, "PRESENCE_UPDATE", json::object()));
  discord.now += 5s;
  const Actions lost = discord.closes(4000);
  EXPECT_EQ(only<Reconnect>(lost).attempt, 1) << "it lasted: a success";
  EXPECT_EQ(only<Reconnect>(lost).after, 500ms);
  discord.follows(lost);
  const json resume = sent<SendText>(discord.hears(hello()));
  EXPECT_EQ(resume["op"], 6);
  EXPECT_EQ(resume["d"]["seq"], 77);
  EXPECT_EQ(count<Resumed>(discord.hears(resumed(78))), 1U);
  EXPECT_THAT(discord.hears(resumed(79)), IsEmpty()) << "RESUMED comes once";
}

TEST(GatewayResume, BeatsByTheNewHello) {
  Conversation discord;
  discord.become_ready();
  discord.waits();  // this beat is never answered
  discord.follows(discord.closes(std::nullopt));
  discord.hears_hello(10'000);
  EXPECT_EQ(discord.session.deadline(), discord.now + 5s);
  EXPECT_EQ(sent<SendText>(discord.waits())["op"], 1) << "the old connection's beat is forgotten";
  discord.hears(ack());
  EXPECT_EQ(sent<SendText>(discord.waits())["op"], 1);
}

// ── what Discord says of it ──

TEST(GatewayResume, GoesWhereItIsSentAtOnce) {
  Conversation discord;
  discord.become_ready();
  const Actions actions = discord.hears(reconnect());
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<CloseSocket>(actions.front()));
  EXPECT_EQ(only<CloseSocket>(actions).code, 4000) << "1000 would end the session";
  EXPECT_EQ(only<Reconnect>(actions).after, 0s);
  EXPECT_EQ(only<Reconnect>(actions).url, kResumeUrl);
  for (const json& late : {guild_create(), reconnect(), invalid_session(false), json{{"op", 1}}})
    EXPECT_THAT(discord.hears(late), IsEmpty()) << "the old socket says nothing more";
  discord.resumes(actions);
}

TEST(GatewayResume, IsNotSentRoundAndRound) {
  Conversation discord;
  discord.become_ready().follows(discord.hears(reconnect()));
  discord.now += 1s;
  const Actions before_hello = discord.hears(reconnect());
  EXPECT_EQ(only<CloseSocket>(before_hello).code, 4000);
  EXPECT_EQ(only<Reconnect>(before_hello).after, 1s);
  discord.resumes(before_hello);
  discord.now += 5s;
  EXPECT_EQ(only<Reconnect>(discord.hears(reconnect())).after, 0s) << "a new story";
}

TEST(GatewayResume, MayBeSentAwayBeforeTheVeryFirstHello) {
  Conversation discord;
  const Actions actions = discord.hears(reconnect());
  EXPECT_EQ(only<Reconnect>(actions).url, "");
  EXPECT_EQ(only<Reconnect>(actions).after, 0s);
  discord.identifies(actions);
}

TEST(GatewayResume, ResumesASessionThatIsOnlyInterrupted) {
  Conversation discord;
  discord.become_ready();
  const Actions interrupted = discord.hears(invalid_session(true));
  EXPECT_EQ(only<CloseSocket>(interrupted).code, 4000);
  EXPECT_EQ(only<Reconnect>(interrupted).url, kResumeUrl);
  EXPECT_EQ(only<Reconnect>(interrupted).after, 500ms);
  discord.resumes(interrupted);
}

TEST(GatewayResume, IdentifiesAnewWhenThereIsNoSessionToBeInterrupted) {
  Conversation discord;
  discord.hears_hello();
  discord.hears(dispatch(5, "PRESENCE_UPDATE", json::object()));
  const Actions refused = discord.hears(invalid_session(true));
  EXPECT_EQ(only<Reconnect>(refused).after, 3s);
  discord.identifies(refused);
  discord.hears(dispatch(5, "PRESENCE_UPDATE", json::object()));
  discord.identifies(discord.closes(std::nullopt));
  EXPECT_EQ(sent<SendText>(discord.hears({{"op", 1}, {"d", nullptr}}))["d"], nullptr)
      << "no number is left of a session that never was";
}

TEST(GatewayResume, IdentifiesAnewWhenTheSessionIsGone) {
  for (const auto& [random, wait] :
       std::vector<std::pair<double, Duration>>{{0.0, 1s}, {0.5, 3s}, {1.0, 5s}}) {
    Conversation discord(config(random));
    discord.become_ready().follows(discord.closes(std::nullopt));
    EXPECT_EQ(sent<SendText>(discord.hears_hello())["op"], 6);
    const Actions gone = discord.hears(invalid_session(false));
    EXPECT_EQ(only<CloseSocket>(gone).code, 4000);
    EXPECT_EQ(only<Reconnect>(gone).after, wait);
    EXPECT_EQ(only<Reconnect>(gone).url, "");
    EXPECT_FALSE(discord.session.can_resume());
    discord.identifies(gone);
    EXPECT_EQ(sent<SendText>(discord.hears({{"op", 1}, {"d", nullptr}}))["d"], nullptr)
        << "the old session's numbers are gone with it";

    const Actions anew = discord.hears(ready({"81384788765712384"}, "ghijkl"));
    EXPECT_EQ(only<Ready>(anew).session_id, "ghijkl");
    EXPECT_EQ(count<GuildCreated>(discord.hears(guild_create())), 1U);
    discord.follows(discord.closes(std::nullopt));
    const json resume = sent<SendText>(discord.hears(hello()));
    EXPECT_EQ(resume["d"]["session_id"], "ghijkl");
    EXPECT_EQ(resume["d"]["seq"], 2);
  }
}

TEST(GatewayResume, NeverComesBackToASessionThatIsGone) {
  Conversation discord;
  discord.become_ready().identifies(discord.hears(invalid_session(false)));
  discord.hears(dispatch(1, "PRESENCE_UPDATE", json::object()));
  const Actions lost = discord.closes(std::nullopt);
  EXPECT_EQ(only<Reconnect>(lost).url, "");
  discord.identifies(lost);
}

TEST(GatewayResume, IsRemovedWhenALaterReadyDoesNotKnowTheGuild) {
  Conversation discord;
  discord.become_ready().identifies(discord.hears(invalid_session(false)));
  const Actions actions = discord.hears(ready({"300000000000000001"}));
  EXPECT_EQ(only<GuildMissing>(actions).guild, kGuild);
  EXPECT_EQ(only<GuildMissing>(actions).reason.cause(), Cause::removed);
  EXPECT_EQ(count<Failed>(actions), 0U) << "other guilds may be there";
}

// ── silence ──

TEST(GatewayResume, TakesTheFirstUnansweredBeatForALoss) {
  Conversation discord;
  discord.become_ready();
  discord.waits();
  discord.hears(ack());
  discord.waits();
  const Actions actions = discord.waits();
  EXPECT_EQ(only<CloseSocket>(actions).code, 4000) << "not 1000: the session must outlive it";
  EXPECT_EQ(only<Reconnect>(actions).url, kResumeUrl);
  EXPECT_THAT(why(actions), HasSubstr("heartbeat"));
  EXPECT_EQ(count<SendText>(actions), 0U);
  EXPECT_FALSE(discord.session.deadline());
  discord.resumes(actions);
}

TEST(GatewayResume, BeatsWhileTheOwnerHoldsTheIdentifyBack) {
  Conversation discord;
  discord.hears(hello());
  EXPECT_EQ(sent<SendText>(discord.waits())["op"], 1);
  const Actions unanswered = discord.waits();
  EXPECT_EQ(only<CloseSocket>(unanswered).code, 4000);
  EXPECT_EQ(only<Reconnect>(unanswered).url, "");
  discord.identifies(unanswered);
}

TEST(GatewayResume, WaitsTenSecondsForHello) {
  Conversation discord;
  EXPECT_EQ(discord.session.deadline(), kStart + 10s);
  const Actions silent = discord.waits();
  EXPECT_EQ(only<CloseSocket>(silent).code, 4000);
  EXPECT_THAT(why(silent), HasSubstr("HELLO"));
  discord.follows(silent).become_ready().follows(discord.closes(std::nullopt));
  EXPECT_EQ(discord.session.deadline(), discord.now + 10s) << "of each socket";
  discord.resumes(discord.waits());
}

TEST(GatewayResume, WaitsHalfAMinuteForTheAnswer) {
  Conversation discord;
  discord.hears_hello(100'000);
  EXPECT_EQ(discord.session.deadline(), kStart + 30s);
  discord.identifies(discord.waits());
  discord.hears(ready());
  discord.follows(discord.closes(std::nullopt));
  discord.hears_hello(100'000);
  EXPECT_EQ(discord.session.deadline(), discord.now + 30s) << "of RESUMED as of READY";
  discord.resumes(discord.waits());
  EXPECT_GT(*discord.session.deadline(), discord.now + 15s) << "the next beat, nothing else";
}

// ── bad input ──

TEST(GatewayResume, IdentifiesWhereThereIsNothingToResumeWith) {
  json no_sequence = ready();
  no_sequence["s"] = nullptr;
  json no_id = ready({"81384788765712384"}, "");
  json endless_id = ready({"81384788765712384"}, std::string(4096, 'x').c_str());
  for (const json& lame : {no_sequence, no_id, endless_id}) {
    Conversation discord;
    discord.hears_hello();
    EXPECT_EQ(count<Ready>(discord.hears(lame)), 1U);
    discord.identifies(discord.closes(std::nullopt));
  }
}

TEST(GatewayResume, AsksTheFirstUrlWhereReadyNamesNone) {
  json nameless = ready();
  nameless["d"].erase("resume_gateway_url");
  Conversation discord;
  discord.hears_hello();
  discord.hears(nameless);
  const Actions lost = discord.closes(std::nullopt);
  EXPECT_EQ(only<Reconnect>(lost).url, "");
  discord.resumes(lost);
}

TEST(GatewayResume, ShrugsAtAnswersToQuestionsThatItDidNotAsk) {
  Conversation discord;
  discord.hears(hello());
  EXPECT_THAT(discord.hears(ready()), IsEmpty()) << "before IDENTIFY";
  EXPECT_THAT(discord.hears(resumed()), IsEmpty());
  discord.may_identify();
  EXPECT_THAT(discord.hears(resumed()), IsEmpty()) << "to an IDENTIFY";
  discord.hears(ready());
  EXPECT_THAT(discord.hears(resumed()), IsEmpty());
  discord.follows(discord.closes(std::nullopt));
  EXPECT_THAT(discord.hears(dispatch(999, "RESUMED", nullptr)), IsEmpty()) << "before HELLO";
  EXPECT_EQ(sent<SendText>(discord.hears(hello()))["d"]["seq"], 9) << "nor does its number count";
  EXPECT_THAT(discord.hears(ready()), IsEmpty()) << "to a RESUME";
  EXPECT_FALSE(discord.session.is_ready());
}

TEST(GatewayResume, TakesAnInvalidSessionWithoutAWordForOneThatIsGone) {
  for (const json& data : {json(nullptr), json("true"), json(1), json::object()}) {
    Conversation discord;
    discord.become_ready();
    const Actions actions = discord.hears({{"op", 9}, {"d", data}});
    EXPECT_FALSE(discord.session.can_resume()) << data;
    discord.identifies(actions);
  }
}

}  // namespace
}  // namespace vcplay::gateway
