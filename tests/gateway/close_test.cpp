// What the main gateway's session does behind each close code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "words/actions.hpp"
#include "words/gateway_words.hpp"

namespace vcplay::gateway {
namespace {

using test::count;
using test::only;
using test::sent;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

enum class Then { resumes, identifies, fails };

struct Closing {
  std::optional<std::uint16_t> code;
  Then then;
  Cause cause;
  const char* words;
  Duration after = 500ms;
  Hint hint = Hint::none;
};

const std::vector<Closing>& closings() {
  static const std::vector<Closing> all = {
      {std::nullopt, Then::resumes, Cause::network, "was lost"},
      {1000, Then::resumes, Cause::network, "closed the gateway (1000)"},
      {1001, Then::resumes, Cause::network, "(1001)"},
      {1006, Then::resumes, Cause::network, "(1006)"},
      {1011, Then::resumes, Cause::network, "(1011)"},
      {4000, Then::resumes, Cause::network, "(4000)"},
      {4001, Then::resumes, Cause::network, "did not understand vcplay (4001)"},
      {4002, Then::resumes, Cause::network, "did not understand vcplay (4002)"},
      {4003, Then::identifies, Cause::network, "no longer knows the gateway session (4003)", 3s},
      {4004, Then::fails, Cause::token_refused, "(4004)", 0s, Hint::check_token},
      {4005, Then::resumes, Cause::network, "did not understand vcplay (4005)"},
      {4006, Then::resumes, Cause::network, "(4006)"},
      {4007, Then::identifies, Cause::network, "no longer knows the gateway session (4007)", 3s},
      {4008, Then::resumes, Cause::network, "too much was sent (4008)", 60s + 500ms},
      {4009, Then::identifies, Cause::network, "timed out (4009)", 3s},
      {4010, Then::fails, Cause::usage, "refused shard 0/1 (4010)", 0s, Hint::choose_shard},
      {4011, Then::fails, Cause::usage, "0/1 is too few (4011)", 0s, Hint::use_more_shards},
      {4012, Then::fails, Cause::unexpected, "update vcplay"},
      {4013, Then::fails, Cause::unexpected, "intents"},
      {4014, Then::fails, Cause::unexpected, "intents"},
      {4015, Then::resumes, Cause::network, "(4015)"},
      {4999, Then::resumes, Cause::network, "(4999)"},
  };
  return all;
}

TEST(GatewayClose, KnowsWhatToDoBehindEachCloseCode) {
  for (const Closing& closing : closings()) {
    SCOPED_TRACE(closing.code.value_or(0));
    Conversation discord;
    discord.become_ready();
    const Actions actions = discord.closes(closing.code);
    ASSERT_EQ(actions.size(), 1U);
    EXPECT_THAT(why(actions), HasSubstr(closing.words));
    if (closing.then == Then::fails) {
      EXPECT_EQ(only<Failed>(actions).error.cause(), closing.cause);
      EXPECT_EQ(only<Failed>(actions).error.hint(), closing.hint);
      continue;
    }
    EXPECT_EQ(only<Reconnect>(actions).reason.cause(), closing.cause);
    EXPECT_EQ(only<Reconnect>(actions).after, closing.after);
    const bool resumes = closing.then == Then::resumes;
    EXPECT_EQ(only<Reconnect>(actions).url, resumes ? kResumeUrl : "");
    EXPECT_EQ(discord.session.can_resume(), resumes);
    resumes ? discord.resumes(actions) : discord.identifies(actions);
  }
}

TEST(GatewayClose, KnowsItBeforeReadyToo) {
  for (const Closing& closing : closings()) {
    SCOPED_TRACE(closing.code.value_or(0));
    Conversation discord;
    discord.hears_hello();
    const Actions actions = discord.closes(closing.code);
    EXPECT_THAT(why(actions), HasSubstr(closing.words));
    EXPECT_EQ(count<Failed>(actions), closing.then == Then::fails ? 1U : 0U);
    if (closing.then != Then::fails) discord.identifies(actions);
  }
}

TEST(GatewayClose, FailsAtOnceWhenTheTokenIsRefusedInTheMiddleOfAResume) {
  Conversation discord;
  discord.become_ready().follows(discord.closes(std::nullopt));
  discord.hears_hello();
  EXPECT_EQ(only<Failed>(discord.closes(4004)).error.cause(), Cause::token_refused);
}

TEST(GatewayClose, ResumesAfterAFarewellOnce) {
  for (const std::uint16_t code : {std::uint16_t{1000}, std::uint16_t{1001}}) {
    Conversation discord;
    discord.become_ready().follows(discord.closes(code));
    EXPECT_EQ(sent<SendText>(discord.hears_hello())["op"], 6);
    discord.identifies(discord.closes(code));
  }
  Conversation discord;
  discord.become_ready().resumes(discord.closes(1001));
  discord.resumes(discord.closes(1001));
}

TEST(GatewayClose, StopsWhenItIsMisunderstoodThreeTimesInARow) {
  Conversation discord;
  discord.become_ready().resumes(discord.closes(4002));
  discord.resumes(discord.closes(4001));
  const Actions third = discord.closes(4002, "bad payload");
  EXPECT_EQ(only<Failed>(third).error.cause(), Cause::unexpected);
  EXPECT_THAT(why(third), AllOf(HasSubstr("(4002: bad payload)"), HasSubstr("report a bug")));
}

TEST(GatewayClose, CountsMisunderstandingsBeforeResumedHoweverLongTheyTake) {
  Conversation discord;
  discord.become_ready();
  discord.now += 1h;
  Actions actions = discord.closes(4002);
  for (int again = 0; again < 2; ++again) {
    discord.follows(actions);
    EXPECT_EQ(sent<SendText>(discord.hears_hello())["op"], 6);
    actions = discord.closes(4002);
  }
  EXPECT_EQ(only<Failed>(actions).error.cause(), Cause::unexpected);
}

TEST(GatewayClose, ForgivesAMisunderstandingWhenSomethingElseOrAGoodMinuteLiesBetween) {
  Conversation discord;
  discord.become_ready().resumes(discord.closes(4002));
  discord.resumes(discord.closes(4002));
  discord.resumes(discord.closes(4000));
  discord.resumes(discord.closes(4002));
  discord.resumes(discord.closes(4002));
  discord.now += 60s;
  discord.resumes(discord.closes(4002));
  discord.resumes(discord.closes(4002));
  EXPECT_EQ(count<Failed>(discord.closes(4002)), 1U);
}

// ── what Discord says to it ──

TEST(GatewayClose, QuotesTheCloseReasonHarmlessly) {
  Conversation discord;
  const Actions actions = discord.closes(4000, "\x1b[31moops\r\n");
  EXPECT_THAT(why(actions),
              AllOf(HasSubstr("4000: "), HasSubstr("oops"), Not(HasSubstr("\x1b")), Not(HasSubstr("\n"))));
}

TEST(GatewayClose, NeverRepeatsTheToken) {
  const std::string quoted = std::string("what is ") + kToken + " and " + kToken + "?";
  for (const Closing& closing : closings()) {
    Conversation discord;
    discord.become_ready();
    Actions actions = discord.closes(closing.code, quoted);
    EXPECT_THAT(why(actions), Not(HasSubstr(kToken))) << closing.code.value_or(0);
    while (count<Reconnect>(actions) == 1) {
      discord.now += only<Reconnect>(actions).after;
      actions = discord.closes(std::nullopt, quoted);
      EXPECT_THAT(why(actions), AllOf(Not(HasSubstr(kToken)), HasSubstr("[hidden]")));
    }
  }
}

}  // namespace
}  // namespace vcplay::gateway
