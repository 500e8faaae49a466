// What each close code makes of a voice session.
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
using testing::Not;

/// What a close code does to a live session, and, where that differs, to one that has no description yet.
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
