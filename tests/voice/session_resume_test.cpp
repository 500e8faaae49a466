// How a voice session outlives its websockets, and how each close code ends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "words/actions.hpp"
#include "words/voice_words.hpp"

namespace vcplay::voice {
namespace {

using test::count;
using test::only;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

json resume(int seq_ack) {
  return {{"op", 7},
          {"d",
           {{"server_id", "81384788765712384"},
            {"session_id", "voice-session"},
            {"token", "voice-token"},
            {"seq_ack", seq_ack}}}};
}

json numbered(int sequence) { return {{"op", 77}, {"seq", sequence}, {"d", nullptr}}; }

Duration wait_of(const Actions& actions) { return only<Reconnect>(actions).after; }

// ── the resume ──

TEST(VoiceResume, ResumesALostConnectionAndGoesOn) {
  Conversation server;
  server.become_live();
  server.hears(numbered(41));
  EXPECT_TRUE(server.session.is_live());

  const Actions lost = server.is_cut(std::nullopt, "Connection reset by peer");
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(only<Reconnect>(lost).after, 200ms);
  EXPECT_EQ(only<Reconnect>(lost).attempt, 1);
  EXPECT_THAT(only<Reconnect>(lost).reason.what(), HasSubstr("was lost (Connection reset by peer)"));
  EXPECT_FALSE(server.session.is_live());
  EXPECT_TRUE(server.session.has_session());

  EXPECT_EQ(test::sent<SendText>(server.opens_again()), resume(41)) << "no second IDENTIFY";
  EXPECT_THAT(server.session.on_open(server.now), IsEmpty()) << "once";
  EXPECT_THAT(server.hears(hello()), IsEmpty());
  EXPECT_FALSE(server.session.is_live()) << "not before RESUMED";
  const Actions actions = server.hears(resumed());
  ASSERT_EQ(actions.size(), 1U) << "nothing was ever spoken, so there is nothing to repeat";
  EXPECT_EQ(count<Resumed>(actions), 1U);
  EXPECT_TRUE(server.session.is_live());
  EXPECT_THAT(server.hears(resumed()), IsEmpty()) << "a second RESUMED";
}

TEST(VoiceResume, ResumesASecondTimeWithWhatTheFirstBrought) {
  Conversation server;
  server.become_live();
  server.hears(numbered(41));
  server.is_cut_and_resumes();
  server.hears(numbered(42));
  server.hears_bytes({0x00, 43, 200});
  server.is_cut();
  EXPECT_EQ(test::sent<SendText>(server.opens_again(400ms)), resume(43));
  server.hears(hello());
  EXPECT_EQ(count<Resumed>(server.hears(resumed())), 1U);
}

TEST(VoiceResume, AcknowledgesTheLastNumberOverTextAndBinary) {
  Conversation server;
  server.become_live();
  server.is_cut();
  EXPECT_EQ(test::sent<SendText>(server.opens_again()), resume(-1)) << "nothing numbered was seen";
  server.hears(hello());
  server.hears(resumed());
  server.hears(numbered(65'535));
  server.is_cut();
  EXPECT_EQ(test::sent<SendText>(server.opens_again(400ms)), resume(65'535));
  server.hears_bytes({0x00, 0x00, 200});  // replayed before RESUMED, and the counter has wrapped
  server.is_cut();
  EXPECT_EQ(test::sent<SendText>(server.opens_again(800ms)), resume(0)) << "0 is a number like any other";
  server.hears_bytes({0x01, 0x00, 200});
  server.hears(numbered(1));
  server.is_cut();
  EXPECT_EQ(test::sent<SendText>(server.opens_again(1600ms)), resume(1)) << "the last, not the greatest";
}

TEST(VoiceResume, BeatsAsTheNewHelloSaysAndNotWhileThereIsNoSocket) {
  Conversation server;
  server.become_live();
  server.hears(numbered(7));
  server.is_cut();
  EXPECT_FALSE(server.session.deadline());
  EXPECT_THAT(server.session.on_time(server.now + 1h), IsEmpty());
  static_cast<void>(server.opens_again());
  server.hears(hello(5'000));
  server.hears(resumed());
  const TimePoint open = server.now;
  EXPECT_EQ(test::sent<SendText>(server.waits())["d"]["seq_ack"], 7);
  EXPECT_EQ(server.now, open + 5s);
}

TEST(VoiceResume, OwesNothingForTheBeatsOfTheSocketBefore) {
  Conversation server;
  server.become_live();
  server.waits();
  server.waits();
  server.is_cut_and_resumes();
  EXPECT_EQ(count<SendText>(server.waits()), 1U);
  EXPECT_EQ(count<SendText>(server.waits()), 1U) << "two fresh ones may stand unanswered";
  EXPECT_EQ(count<Reconnect>(server.waits()), 1U);
}

TEST(VoiceResume, IgnoresWhatComesLateFromTheSocketBefore) {
  Conversation server;
  server.become_live();
  server.hears(numbered(7));
  server.is_cut();
  EXPECT_THAT(server.hears(numbered(8)), IsEmpty());
  EXPECT_THAT(server.hears_bytes({0x00, 9, 200}), IsEmpty());
  EXPECT_THAT(server.hears(resumed()), IsEmpty());
  EXPECT_THAT(server.hears(description(2)), IsEmpty());
  EXPECT_EQ(server.session.sequence(), 7) << "what was not taken in must be asked for again";
  EXPECT_THAT(server.is_cut(4006), IsEmpty()) << "the wait is not over: this is the old socket's own end";
  EXPECT_EQ(test::sent<SendText>(server.opens_again()), resume(7));
}

TEST(VoiceResume, TakesNeitherReadyNorDescriptionForAnAnswerToResume) {
  Conversation server;
  server.become_live();
  server.is_cut();
  static_cast<void>(server.opens_again());
  EXPECT_THAT(server.hears(ready()), IsEmpty());
  EXPECT_THAT(server.hears(description(2)), IsEmpty()) << "the key stays what it is";
  EXPECT_THAT(server.session.select_protocol("198.51.100.4", 1), IsEmpty());
  EXPECT_EQ(count<Resumed>(server.hears(resumed())), 1U);
}

TEST(VoiceResume, TakesNoResumedThatItDidNotAskFor) {
  Conversation server;
  EXPECT_THAT(server.hears(resumed()), IsEmpty());
  static_cast<void>(server.session.on_open(kStart));
  EXPECT_THAT(server.hears(resumed()), IsEmpty());
  server.hears(ready());
  EXPECT_THAT(server.hears(resumed()), IsEmpty());
  EXPECT_FALSE(server.session.is_live());
  EXPECT_FALSE(server.session.has_session());
}

// ── speaking ──

TEST(VoiceResume, SaysSpeakingAgainAfterResumed) {
  Conversation server;
  server.become_live();
  static_cast<void>(server.session.speaking(kMicrophone));
  const Actions actions = server.is_cut_and_resumes();
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(count<Resumed>(actions), 1U);
  EXPECT_EQ(test::sent<SendText>(actions),
            json::parse(R"({"op":5,"d":{"speaking":1,"delay":0,"ssrc":4000000000}})"));
  EXPECT_THAT(server.session.speaking(kMicrophone), IsEmpty()) << "that is known now";
  EXPECT_EQ(test::sent<SendText>(server.is_cut_and_resumes(400ms))["d"]["speaking"], 1) << "the second time";
}

TEST(VoiceResume, SaysWhatWasWantedLastWhileNobodyHeardIt) {
  Conversation server;
  server.become_live();
  server.is_cut();
  EXPECT_THAT(server.session.speaking(kMicrophone), IsEmpty()) << "no socket";
  EXPECT_THAT(server.session.speaking(kNotSpeaking), IsEmpty());
  static_cast<void>(server.opens_again());
  EXPECT_THAT(server.session.speaking(kMicrophone | kPriority), IsEmpty()) << "no session";
  EXPECT_EQ(test::sent<SendText>(server.hears(resumed()))["d"]["speaking"], 5);
}

// ── when it does not come back ──

TEST(VoiceResume, TriesSixTimesWithGrowingWaitsThenWantsANewSession) {
  Conversation server;
  server.become_live();
  Actions actions = server.is_cut();
  int attempt = 0;
  for (const Duration wait : {200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms}) {
    EXPECT_EQ(wait_of(actions), wait);
    EXPECT_EQ(only<Reconnect>(actions).attempt, ++attempt);
    server.now += wait;
    actions = server.is_cut(std::nullopt, "Connection refused");  // it did not open
  }
  EXPECT_EQ(only<Over>(actions).then, After::renew);
  EXPECT_EQ(only<Over>(actions).pause, 0s) << "there was enough of that";
  EXPECT_EQ(only<Over>(actions).most_renewals, 5);
  EXPECT_THAT(only<Over>(actions).reason.what(), HasSubstr("Connection refused"));
  EXPECT_THAT(server.session.on_open(server.now), IsEmpty());
}

TEST(VoiceResume, SpreadsItsWaits) {
  for (const double drawn : {0.0, 0.999}) {
    Config with = config();
    with.random = [drawn] { return drawn; };
    Conversation server(std::move(with));
    server.become_live();
    EXPECT_NEAR(std::chrono::duration<double>(wait_of(server.is_cut())).count(), drawn < 0.5 ? 0.15 : 0.25,
                0.001);
  }
}

TEST(VoiceResume, CountsTriesUntilAServerAnswersAHeartbeat) {
  Conversation server;
  server.become_live();
  server.is_cut_and_resumes();
  EXPECT_EQ(only<Reconnect>(server.is_cut()).attempt, 2)
      << "a server that takes it back only to lose it again";
  static_cast<void>(server.opens_again(400ms));
  server.hears(hello());
  server.hears(resumed());
  server.waits();
  server.hears(ack());
  const Actions actions = server.is_cut();
  EXPECT_EQ(only<Reconnect>(actions).attempt, 1);
  EXPECT_EQ(wait_of(actions), 200ms);
}

TEST(VoiceResume, TakesNoHeartbeatAcknowledgedBeforeResumedForASuccess) {
  Conversation server;
  server.become_live();
  server.is_cut();
  static_cast<void>(server.opens_again());
  server.hears(hello());
  server.hears(ack());
  EXPECT_EQ(only<Reconnect>(server.is_cut()).attempt, 2);
}

TEST(VoiceResume, WantsANewSessionAtOnceWhenTheOldOneIsRefused) {
  for (const int code : {4006, 4009}) {
    Conversation server;
    server.become_live();
    server.is_cut();
    static_cast<void>(server.opens_again());
    server.hears(hello());
    const Actions actions = server.is_cut(static_cast<std::uint16_t>(code), "Session is no longer valid.");
    ASSERT_EQ(actions.size(), 1U);
    EXPECT_EQ(only<Over>(actions).then, After::renew);
    EXPECT_EQ(only<Over>(actions).pause, 0s);
    EXPECT_EQ(only<Over>(actions).most_renewals, 5);
    EXPECT_EQ(only<Over>(actions).code, code);
    EXPECT_TRUE(server.session.has_session()) << "there was one";
    EXPECT_FALSE(server.session.is_live());
  }
}

// ── silence ──

/// The answer that does not come, and how long it is waited for.
struct Silence {
  const char* words;
  std::vector<json> heard;
  Duration patience;
};

TEST(VoiceResume, WaitsTenSecondsForEachAnswer) {
  const std::vector<Silence> silences = {
      {"HELLO", {ready()}, 10s},
      {"IDENTIFY", {hello(60'000)}, 10s},
      {"describe", {hello(60'000), ready()}, 15s},
  };
  for (const Silence& silence : silences) {
    Conversation server;
    static_cast<void>(server.session.on_open(kStart));
    for (const json& message : silence.heard) server.hears(message);
    EXPECT_THAT(server.session.on_time(kStart + silence.patience - 1ns), IsEmpty()) << silence.words;
    const Actions actions = server.waits();
    EXPECT_EQ(server.now, kStart + silence.patience) << silence.words;
    ASSERT_EQ(actions.size(), 2U) << silence.words;
    EXPECT_EQ(std::get<CloseSocket>(actions[0]).code, 4900) << silence.words;
    EXPECT_THAT(std::get<Over>(actions[1]).reason.what(), HasSubstr(silence.words));
    EXPECT_EQ(std::get<Over>(actions[1]).then, After::renew) << "there is nothing to resume yet";
    EXPECT_EQ(std::get<Over>(actions[1]).pause, 1s) << silence.words;
    EXPECT_EQ(std::get<Over>(actions[1]).most_renewals, 3) << silence.words;
  }
}

TEST(VoiceResume, WaitsTenSecondsForHelloAndResumedAndThenTriesAgain) {
  for (const json& heard : {resumed(), hello(60'000)}) {
    Conversation server;
    server.become_live();
    server.is_cut();
    static_cast<void>(server.opens_again());
    server.hears(heard);
    const TimePoint open = server.now;
    const Actions actions = server.waits();
    EXPECT_EQ(server.now, open + 10s);
    EXPECT_EQ(only<CloseSocket>(actions).code, 4900);
    EXPECT_EQ(only<Reconnect>(actions).attempt, 2) << only<Reconnect>(actions).reason.what();
    EXPECT_FALSE(server.session.is_live());
    EXPECT_EQ(test::sent<SendText>(server.opens_again(400ms))["op"], 7);
  }
}

TEST(VoiceResume, EndsWhenTheNewHelloIsNone) {
  Conversation server;
  server.become_live();
  server.is_cut();
  static_cast<void>(server.opens_again());
  const Actions actions = server.hears({{"op", 8}, {"d", nullptr}});
  EXPECT_EQ(only<Over>(actions).then, After::renew);
  EXPECT_EQ(only<Over>(actions).most_renewals, 1);
  EXPECT_FALSE(server.session.deadline());
}

// ── the close codes ──

/// What a live session makes of a code; what one that is not described yet does, where that differs.
struct Row {
  std::optional<std::uint16_t> code;
  std::optional<After> then;  // nothing: resume
  Duration pause;
  Duration pause_before;
  int most_renewals;
  Cause cause;
  const char* words;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {std::nullopt, {}, 0s, 1s, 3, Cause::network, "was lost"},
      {1000, {}, 0s, 1s, 3, Cause::network, "(1000)"},
      {1006, {}, 0s, 1s, 3, Cause::network, "(1006)"},
      {3999, {}, 0s, 1s, 3, Cause::network, "(3999)"},
      {4000, After::renew, 0s, 1s, 1, Cause::network, "(4000)"},
      {4001, After::renew, 0s, 1s, 1, Cause::unexpected, "did not understand this vcplay (4001)"},
      {4002, After::renew, 0s, 1s, 1, Cause::unexpected, "did not understand this vcplay (4002)"},
      {4003, After::renew, 0s, 1s, 1, Cause::unexpected, "did not understand this vcplay (4003)"},
      {4004, After::renew, 0s, 1s, 2, Cause::network, "refused the token"},
      {4005, After::renew, 0s, 1s, 1, Cause::unexpected, "did not understand this vcplay (4005)"},
      {4006, After::renew, 0s, 1s, 5, Cause::network, "no longer valid (4006)"},
      {4009, After::renew, 0s, 1s, 5, Cause::network, "timed out (4009)"},
      {4011, After::renew, 5s, 5s, 5, Cause::network, "did not find the voice server"},
      {4012, After::give_up, 0s, 0s, 0, Cause::unexpected, "did not understand this vcplay (4012)"},
      {4013, {}, 0s, 1s, 3, Cause::network, "crashed (4013)"},
      {4014, After::wait, 0s, 0s, 0, Cause::removed, "removed from the channel"},
      {4015, {}, 0s, 1s, 3, Cause::network, "crashed (4015)"},
      {4016, After::renew, 0s, 1s, 1, Cause::unexpected, "did not understand this vcplay (4016)"},
      {4017, After::give_up, 0s, 0s, 0, Cause::encryption, "requires end-to-end encryption (DAVE)"},
      {4020, After::renew, 0s, 1s, 1, Cause::unexpected, "did not understand this vcplay (4020)"},
      {4021, After::give_up, 0s, 0s, 0, Cause::network, "wait some minutes"},
      {4022, After::wait, 0s, 0s, 0, Cause::removed, "call was ended"},
      {4900, After::renew, 0s, 1s, 1, Cause::network, "(4900)"},
      {4999, After::renew, 0s, 1s, 1, Cause::network, "(4999)"},
      {65'535, After::renew, 0s, 1s, 1, Cause::network, "(65535)"},
  };
  return all;
}

std::string name(const Row& row) { return row.code ? std::to_string(*row.code) : "no code"; }

void expect_end(const Row& row, After then, Duration pause, const Actions& actions) {
  ASSERT_EQ(actions.size(), 1U) << name(row);
  ASSERT_EQ(count<Over>(actions), 1U) << name(row);
  const Over& over = only<Over>(actions);
  EXPECT_EQ(over.then, then) << name(row);
  EXPECT_EQ(over.pause, pause) << name(row);
  EXPECT_EQ(over.most_renewals, row.most_renewals) << name(row);
  EXPECT_EQ(over.code, row.code) << name(row);
  EXPECT_EQ(over.reason.cause(), row.cause) << name(row);
  EXPECT_THAT(over.reason.what(), HasSubstr(row.words));
}

void expect_resume(const Row& row, const Actions& actions) {
  ASSERT_EQ(actions.size(), 1U) << name(row);
  ASSERT_EQ(count<Reconnect>(actions), 1U) << name(row);
  EXPECT_EQ(only<Reconnect>(actions).reason.cause(), row.cause) << name(row);
  EXPECT_THAT(only<Reconnect>(actions).reason.what(), HasSubstr(row.words));
}

TEST(VoiceClose, OfALiveSessionDoesAsTheTableSays) {
  for (const Row& row : rows()) {
    Conversation server;
    server.become_live();
    const Actions actions = server.is_cut(row.code);
    row.then ? expect_end(row, *row.then, row.pause, actions) : expect_resume(row, actions);
  }
}

TEST(VoiceClose, InsteadOfResumedDoesAsTheTableSays) {
  for (const Row& row : rows()) {
    Conversation server;
    server.become_live();
    server.is_cut();
    static_cast<void>(server.opens_again());
    server.hears(hello());
    const Actions actions = server.is_cut(row.code);
    row.then ? expect_end(row, *row.then, row.pause, actions) : expect_resume(row, actions);
  }
}

TEST(VoiceClose, BeforeTheDescriptionLeavesNothingToResume) {
  for (const Row& row : rows()) {
    const After then = row.then.value_or(After::renew);
    Conversation unopened;
    expect_end(row, then, row.pause_before, unopened.is_cut(row.code));
    Conversation opened;
    static_cast<void>(opened.session.on_open(kStart));
    expect_end(row, then, row.pause_before, opened.is_cut(row.code));
    Conversation discovering;
    discovering.become_ready();
    expect_end(row, then, row.pause_before, discovering.is_cut(row.code));
    Conversation described;
    described.become_ready();
    static_cast<void>(described.session.select_protocol("198.51.100.4", 40'000));
    expect_end(row, then, row.pause_before, described.is_cut(row.code));
    EXPECT_FALSE(described.session.has_session());
  }
}

// ── what is said about it ──

TEST(VoiceClose, QuotesTheReasonHarmlessly) {
  Conversation server;
  EXPECT_THAT(only<Over>(server.is_cut(4006, "\x1b[2J{}\n")).reason.what(),
              AllOf(HasSubstr("4006: "), HasSubstr("{}"), Not(HasSubstr("\x1b")), Not(HasSubstr("\n"))));
}

TEST(VoiceClose, NeverTellsTheTokenEvenWhereTheServerDoes) {
  for (const Row& row : rows()) {
    Conversation server;
    server.become_live();
    const Actions actions = server.is_cut(row.code, "RESUME of voice-session with voice-token refused");
    const std::string reason =
        row.then ? only<Over>(actions).reason.what() : only<Reconnect>(actions).reason.what();
    EXPECT_THAT(reason, AllOf(HasSubstr(row.words), Not(HasSubstr("voice-token"))));
  }
}

TEST(VoiceClose, TellsNobodyToStartAgainWhatIsTriedAgainAnyway) {
  for (const Row& row : rows()) {
    Conversation server;
    EXPECT_THAT(only<Over>(server.is_cut(row.code)).reason.what(), Not(HasSubstr("start again")));
  }
}

}  // namespace
}  // namespace vcplay::voice
