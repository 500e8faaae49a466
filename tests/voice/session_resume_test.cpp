// How a voice session outlives its websockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "words/actions.hpp"
#include "words/voice_words.hpp"

namespace vcplay::voice {
namespace {

using test::count;
using test::only;
using testing::HasSubstr;
using testing::IsEmpty;

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
    actions = server.is_cut(std::nullopt, "Connection refused");  // the new socket did not open
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

}  // namespace
}  // namespace vcplay::voice
