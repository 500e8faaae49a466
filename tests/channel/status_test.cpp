// The channel's status: which text is put where, and when.
#include <gtest/gtest.h>

#include <string>

#include "channel/channel_status.hpp"

namespace vcplay::channel {
namespace {

using Answer = ChannelStatus::Answer;

constexpr Snowflake kStudio{381870553235193857};
constexpr Snowflake kLounge{381870553235193858};

/// The text that the status sends now, or "-" when it sends nothing.
std::string put(ChannelStatus& status) {
  const auto next = status.next();
  return next ? next->text : "-";
}

TEST(ChannelStatus, IsPutOnceTheBotIsThere) {
  ChannelStatus status;
  status.want("Autobahn");
  EXPECT_EQ(put(status), "-");
  status.enter(kStudio);
  const auto next = status.next();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->channel, kStudio);
  EXPECT_EQ(next->text, "Autobahn");
  status.answered(Answer::done);
  EXPECT_EQ(put(status), "-") << "it stands there";
  status.enter(kStudio);
  EXPECT_EQ(put(status), "-") << "still";
}

TEST(ChannelStatus, SaysOnlyTheLatestOfManyTexts) {
  ChannelStatus status;
  status.enter(kStudio);
  status.want("one");
  EXPECT_EQ(put(status), "one");
  status.want("two");
  status.want("three");
  EXPECT_EQ(put(status), "-") << "the first is not answered yet";
  status.answered(Answer::done);
  EXPECT_EQ(put(status), "three");
  status.answered(Answer::done);
  status.want("");
  EXPECT_EQ(put(status), "") << "cleared";
  status.answered(Answer::done);
  EXPECT_EQ(put(status), "-");
}

TEST(ChannelStatus, ClearsNothingThatItNeverSet) {
  ChannelStatus status;
  status.enter(kStudio);
  status.want("");
  EXPECT_EQ(put(status), "-");
}

TEST(ChannelStatus, TakesNoForAnAnswerUntilItIsElsewhere) {
  ChannelStatus status;
  status.enter(kStudio);
  status.want("one");
  EXPECT_EQ(put(status), "one");
  status.answered(Answer::refused);
  status.want("two");
  EXPECT_EQ(put(status), "-");
  status.enter(kLounge);
  EXPECT_EQ(put(status), "two");
}

TEST(ChannelStatus, DoesNotRepeatWhatFailed) {
  ChannelStatus status;
  status.enter(kStudio);
  status.want("one");
  EXPECT_EQ(put(status), "one");
  status.answered(Answer::failed);
  EXPECT_EQ(put(status), "-");
  status.want("two");
  EXPECT_EQ(put(status), "two");
}

TEST(ChannelStatus, ComesAlongIntoAnotherChannel) {
  ChannelStatus status;
  status.enter(kStudio);
  status.want("one");
  EXPECT_EQ(put(status), "one");
  status.enter(kLounge);  // before the answer
  EXPECT_EQ(put(status), "-");
  status.answered(Answer::done);
  const auto next = status.next();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->channel, kLounge);
  EXPECT_EQ(next->text, "one");
}

TEST(ChannelStatus, IsOneHarmlessLineOfFiveHundredCharacters) {
  EXPECT_EQ(as_channel_status("a\nb\x1b[31m"), "a\\nb\\x1b[31m");
  EXPECT_EQ(as_channel_status(std::string(500, 'x')), std::string(500, 'x'));
  EXPECT_EQ(as_channel_status(std::string(501, 'x')), std::string(499, 'x') + "…");
  std::string umlauts;
  for (int i = 0; i < 400; ++i) umlauts += "u\u0308";  // two code points make one letter
  EXPECT_EQ(as_channel_status(umlauts), umlauts.substr(0, 250 * std::string_view("u\u0308").size()));
}

}  // namespace
}  // namespace vcplay::channel
