// Several channels on one command line, or in a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "cli/option_values.hpp"
#include "words/command_line.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::cli {
namespace {

using test::CommandLine;
using test::kChannel;
using test::kGuild;
using test::kLink;
using test::Words;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kOtherGuild = "81384788765799999";
const std::string kOtherChannel = "381870553235100000";
const std::string kThirdChannel = "381870553235100001";
const std::string kOtherLink = "https://discord.com/channels/" + kOtherGuild + "/" + kOtherChannel;

/// "GUILD/CHANNEL" of each.
std::vector<std::string> places_of(const std::vector<Target>& targets) {
  std::vector<std::string> places;
  for (const Target& target : targets) places.push_back(target.guild.str() + "/" + target.channel.str());
  return places;
}

class Targets : public CommandLine {
 protected:
  static Options options_of(Words words) {
    ParseOutcome outcome = type(std::move(words));
    EXPECT_TRUE(outcome.options) << outcome.complaint;
    return outcome.options ? std::move(*outcome.options) : Options{};
  }
  std::string list(const std::string& text) const { return folder_.write("list.txt", text); }
  void TearDown() override {
    CommandLine::TearDown();
    for (const char* name : {"JOB_COMPLETION_INDEX", "VCPLAY_PARTS"}) ::unsetenv(name);
  }
  vcplay::testing::TemporaryFolder folder_;
};

TEST_F(Targets, AreTypedOneAfterTheOther) {
  const Options options = options_of({"play", "-c", kLink, "-c", kOtherLink, "a"});
  EXPECT_THAT(places_of(options.targets),
              ElementsAre(kGuild + "/" + kChannel, kOtherGuild + "/" + kOtherChannel));
}

TEST_F(Targets, TakeTheGuildWhereTheyBringNone) {
  const Options options =
      options_of({"play", "-c", kChannel, "-g", kGuild, "-c", kOtherLink, "-c", kThirdChannel, "a"});
  EXPECT_THAT(
      places_of(options.targets),
      ElementsAre(kGuild + "/" + kChannel, kOtherGuild + "/" + kOtherChannel, kGuild + "/" + kThirdChannel));
}

TEST_F(Targets, StandInAFile) {
  const std::string file = list("\xef\xbb\xbf# bells\r\n" + kLink + "\r\n\r\n  " + kOtherGuild + "/" +
                                kOtherChannel + "  # the other one\n");
  EXPECT_THAT(places_of(options_of({"play", "--targets", file, "a"}).targets),
              ElementsAre(kGuild + "/" + kChannel, kOtherGuild + "/" + kOtherChannel));
  EXPECT_THAT(
      places_of(
          options_of({"play", "-c", kOtherGuild + "/" + kThirdChannel, "--targets", file, "a"}).targets),
      ElementsAre(kOtherGuild + "/" + kThirdChannel, kGuild + "/" + kChannel,
                  kOtherGuild + "/" + kOtherChannel))
      << "beside those that are typed";
}

TEST_F(Targets, OfAFileAreNotThoseOfTheEnvironment) {
  ::setenv("VCPLAY_CHANNEL", kThirdChannel.c_str(), 1);
  EXPECT_THAT(places_of(options_of({"play", "--targets", list(kLink), "a"}).targets),
              ElementsAre(kGuild + "/" + kChannel));
}

TEST_F(Targets, AreRefusedByTheirLine) {
  const std::string good = kLink + "\n";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {good + "hello\n", "line 2: 'hello' is no channel id."},
      {good + "\n\n" + kLink, "line 4: channel " + kChannel + " is named twice, first by"},
      {kGuild, "line 1: '" + kGuild + "' needs its guild: give its link, GUILD/CHANNEL, or --guild."},
      {kGuild + "/", "line 1: "},
      {"https://discord.com/channels/@me/1", "line 1: this link leads to direct messages"},
      {"# nothing\n\n", "there is no target in it"},
      {"", "there is no target in it"},
      {std::string("\0\0\0\x7f", 4), "line 1: "},
  };
  for (const auto& [text, sentence] : bad) {
    EXPECT_THAT(complaint({"play", "--targets", list(text), "a"}), HasSubstr(sentence)) << text;
  }
  EXPECT_THAT(complaint({"play", "--targets", "/nowhere", "a"}),
              HasSubstr("Cannot read targets from /nowhere: No such file or directory."));
  EXPECT_THAT(complaint({"play", "--targets", "/", "a"}),
              HasSubstr("Cannot read targets from /: Is a directory."));
}

TEST_F(Targets, AreAtMostSoMany) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += std::to_string(100'000'000'000'000'000 + i) + "/" + std::to_string(200'000'000'000'000'000 + i) +
            "\n";
  }
  EXPECT_THAT(complaint({"play", "--targets", list(text), "a"}),
              HasSubstr("line 50001: there are more than 50000 targets"));
  EXPECT_THAT(complaint({"play", "--targets", list(std::string(5'000'000, '#')), "a"}),
              HasSubstr("has more than 4 MiB"));
}

TEST_F(Targets, AreNoMediaToo) {
  EXPECT_THAT(complaint({"play", "--targets", "-", "-"}),
              HasSubstr("'-' (standard input) cannot be both MEDIA and --targets."));
}

TEST_F(Targets, HearEachAllOfWhatEnds) {
  const std::string song = folder_.write("song.wav", "");
  EXPECT_EQ(sync_of(play({song})), Sync::each);
  EXPECT_EQ(sync_of(play({song, "--sync", "together"})), Sync::together);
  EXPECT_EQ(sync_of(play({"-"})), Sync::together) << "nobody knows when a pipe ends";
  EXPECT_EQ(sync_of(play({"https://radio.example/"})), Sync::together);
  EXPECT_EQ(sync_of(play({song, "--loop", "inf"})), Sync::together);
  EXPECT_EQ(sync_of(play({song, "--loop", "3"})), Sync::each);
}

TEST_F(Targets, OfOneGuildAreForWhatEnds) {
  const Words both = {"play", "-g", kGuild, "-c", kChannel, "-c", kThirdChannel};
  const auto with = [&both](const Words& words) {
    Words all = both;
    all.insert(all.end(), words.begin(), words.end());
    return all;
  };
  EXPECT_EQ(options_of(with({"song.wav"})).targets.size(), 2U) << "one after the other";
  for (const Words& endless :
       {Words{"-"}, {"--loop", "inf", "song.wav"}, {"--sync", "together", "song.wav"}}) {
    EXPECT_THAT(complaint(with(endless)), ::testing::AllOf(HasSubstr(kChannel), HasSubstr(kThirdChannel),
                                                           HasSubstr("are in one guild")));
  }
}

TEST_F(Targets, GoInWavesOnlyThroughWhatEnds) {
  EXPECT_EQ(options_of({"play", "-c", kLink, "-c", kOtherLink, "--max-joined", "1", "a"}).max_joined, 1U);
  EXPECT_THAT(complaint({"play", "-c", kLink, "-c", kOtherLink, "--max-joined", "1", "-"}),
              HasSubstr("--max-joined 1 leaves channels for a later wave"));
  EXPECT_THAT(complaint({"play", "-c", kLink, "-c", kOtherLink, "--sync", "each", "-"}),
              HasSubstr("--sync each is for MEDIA that end"));
  EXPECT_THAT(complaint({"play", "-c", kLink, "--max-joined", "0", "a"}),
              HasSubstr("--max-joined wants a number from 1 to 10000, not '0'."));
  EXPECT_THAT(complaint({"play", "-c", kLink, "--sync", "all", "a"}),
              HasSubstr("--sync wants each, together or auto, not 'all'."));
}

TEST_F(Targets, AreSharedAmongPlacesByTheirShard) {
  // (guild >> 22) % 3 of these: 0, 1, 2, 0.
  std::string text;
  for (const std::uint64_t timestamp : {30'000'000'000U, 30'000'000'001U, 30'000'000'002U, 30'000'000'003U}) {
    text +=
        std::to_string(timestamp << 22U) + "/" + std::to_string(381'870'553'235'100'000U + timestamp) + "\n";
  }
  const std::string file = list(text);
  const auto channels_of = [&file](const std::string& part) {
    std::vector<std::uint64_t> channels;
    for (const Target& target : options_of({"play", "--targets", file, "--part", part, "a"}).targets) {
      channels.push_back(target.channel.value - 381'870'553'235'100'000U - 30'000'000'000U);
    }
    return channels;
  };
  EXPECT_THAT(channels_of("0/3"), ElementsAre(0, 3));
  EXPECT_THAT(channels_of("1/3"), ElementsAre(1));
  EXPECT_THAT(channels_of("2/3"), ElementsAre(2));
  EXPECT_THAT(channels_of("0/1"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(channels_of("5/7919"), IsEmpty());
  ::setenv("JOB_COMPLETION_INDEX", "2", 1);
  EXPECT_THAT(channels_of("auto/3"), ElementsAre(2));
  ::setenv("VCPLAY_PARTS", "3", 1);
  EXPECT_THAT(channels_of("auto"), ElementsAre(2));
}

TEST_F(Targets, SayWhichPartIsNone) {
  for (const std::string wrong : {"3/3", "1", "-1/3", "a/b", "1/0", "1/3/5", "1/10001", ""}) {
    EXPECT_THAT(complaint({"play", "-c", kLink, "--part", wrong, "a"}), HasSubstr("--part wants I/N"))
        << wrong;
  }
  EXPECT_THAT(complaint({"play", "-c", kLink, "--part", "auto", "a"}), HasSubstr("set VCPLAY_PARTS"));
  ::setenv("JOB_COMPLETION_INDEX", "7", 1);
  EXPECT_THAT(complaint({"play", "-c", kLink, "--part", "auto/3", "a"}), HasSubstr("not 7/3"));
}

TEST_F(Targets, OfARehearsalAreMadeForIt) {
  EXPECT_EQ(options_of({"rehearse", "--guilds", "20", "a"}).guilds, 20);
  EXPECT_THAT(complaint({"rehearse", "--guilds", "20", "-c", kLink, "a"}),
              HasSubstr("it goes without --channel and --targets"));
  EXPECT_THAT(complaint({"rehearse", "--guilds", "1001", "a"}),
              HasSubstr("--guilds wants a number from 1 to 1000, not '1001'."));
  EXPECT_TRUE(options_of({"rehearse", "--guilds", "2", "--fast", "a"}).fast);
}

// ── --at ──

class At : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "Europe/Berlin", 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static WallTime utc(int year, unsigned month, unsigned day, int hour, int minute, int second = 0) {
    return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) /
                                 std::chrono::day(day)) +
           std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  }
};

TEST_F(At, IsTheNextSuchTimeOfDay) {
  const WallTime noon = utc(2026, 11, 30, 11, 0);  // 12:00 in Berlin
  EXPECT_EQ(parse_at("18:00", noon), utc(2026, 11, 30, 17, 0));
  EXPECT_EQ(parse_at("18:00:30", noon), utc(2026, 11, 30, 17, 0, 30));
  EXPECT_EQ(parse_at("11:59", noon), utc(2026, 12, 1, 10, 59)) << "today's is past";
  EXPECT_EQ(parse_at("12:00", noon), utc(2026, 12, 1, 11, 0));
}

TEST_F(At, CrossesTheChangeOfTheClocks) {
  EXPECT_EQ(parse_at("06:00", utc(2027, 3, 27, 12, 0)), utc(2027, 3, 28, 4, 0)) << "summer time by then";
}

TEST_F(At, IsADateAndTimeAnywhere) {
  const WallTime noon = utc(2026, 11, 30, 11, 0);
  EXPECT_EQ(parse_at("2026-12-24T18:00:00+01:00", noon), utc(2026, 12, 24, 17, 0));
  EXPECT_EQ(parse_at("2026-12-24T18:00:00Z", noon), utc(2026, 12, 24, 18, 0));
  EXPECT_EQ(parse_at("2026-12-24 18:00:00.25-00:30", noon), utc(2026, 12, 24, 18, 30) + 250ms);
}

TEST_F(At, IsRefusedOtherwise) {
  const WallTime noon = utc(2026, 11, 30, 11, 0);
  for (const char* wrong : {"soon", "24:00", "18", "18:60", "18:00:60", "2026-13-01T00:00:00Z",
                            "2027-02-30T00:00:00Z", "2026-12-24T18:00:00", "18:00Z", ""}) {
    EXPECT_THROW(static_cast<void>(parse_at(wrong, noon)), Error) << wrong;
  }
  try {
    static_cast<void>(parse_at("2026-11-30T10:59:59Z", noon));
    FAIL() << "it is past";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "--at 2026-11-30T10:59:59Z is past.");
  }
}

}  // namespace
}  // namespace vcplay::cli
