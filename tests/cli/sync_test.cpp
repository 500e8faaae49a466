// What channels hear each, and what together.
#include "cli/sync.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "words/command_line.hpp"
#include "words/long_file.hpp"

namespace vcplay::cli {
namespace {

using test::CommandLine;
using test::kChannel;
using test::kGuild;
using test::kLink;
using test::Words;
using ::testing::HasSubstr;
using vcplay::testing::long_wav;

constexpr std::uint32_t kHour = 3'600;
const std::string kOtherLink = "https://discord.com/channels/81384788765799999/381870553235100000";
const std::string kThirdChannel = "381870553235100001";

class SettleSync : public CommandLine {
 protected:
  /// What it comes to, or the complaint.
  static std::string of(Words words, const Words& further) {
    words.insert(words.begin(), "play");
    words.insert(words.end(), further.begin(), further.end());
    const ParseOutcome outcome = type(std::move(words));
    if (!outcome.options) return outcome.complaint;
    try {
      return settle_sync(*outcome.options) == Sync::each ? "each" : "together";
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::usage);
      return error.what();
    }
  }
  [[nodiscard]] std::string hours(std::uint32_t count) const {
    return long_wav(folder_, std::to_string(count) + ".wav", count * kHour);
  }
  vcplay::testing::TemporaryFolder folder_;
  const Words both_ = {"-c", kLink, "-c", kOtherLink};
  const Words of_one_guild_ = {"-g", kGuild, "-c", kChannel, "-c", kThirdChannel};
};

TEST_F(SettleSync, IsEachForWhatIsKept) {
  EXPECT_EQ(of({hours(1)}, both_), "each");
  EXPECT_EQ(of({hours(2)}, both_), "together") << "more than 64 MiB at 128 kb/s";
}

TEST_F(SettleSync, CountsAllMediaAndEveryRound) {
  EXPECT_EQ(of({hours(1), hours(1)}, both_), "together");
  EXPECT_EQ(of({hours(1), "--loop", "2"}, both_), "together");
  EXPECT_EQ(of({hours(2), "--length", "30:00"}, both_), "each");
}

TEST_F(SettleSync, GoesByTheBitrate) {
  EXPECT_EQ(of({hours(2), "--bitrate", "48000"}, both_), "each");
  EXPECT_EQ(of({hours(1), "--bitrate", "384000"}, both_), "together");
}

TEST_F(SettleSync, IsEachForOneChannelHoweverLong) {
  EXPECT_EQ(of({hours(9)}, {"-c", kLink}), "each") << "nobody comes later";
}

TEST_F(SettleSync, RefusesWhatNobodyCouldHearWhole) {
  EXPECT_THAT(of({hours(2)}, of_one_guild_), HasSubstr("in channels of different guilds"));
  EXPECT_THAT(of({hours(2), "--max-joined", "1"}, both_), HasSubstr("longer than 1:"));
  EXPECT_THAT(of({hours(2), "--sync", "each"}, both_), HasSubstr("--sync together"));
  EXPECT_EQ(of({hours(2), "--sync", "together"}, both_), "together");
}

TEST_F(SettleSync, IsTogetherWhereNobodyKnowsTheLength) {
  EXPECT_EQ(of({"https://radio.example/"}, both_), "together");
  EXPECT_EQ(of({hours(1), "--reopen"}, both_), "together");
}

}  // namespace
}  // namespace vcplay::cli
