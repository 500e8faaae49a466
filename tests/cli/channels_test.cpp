// The list of guilds and voice channels, as a table and as JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/channel_list.hpp"
#include "resources/permissions.hpp"

namespace vcplay::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr Snowflake kGuild{81384788765712384};
constexpr Snowflake kBot{1121110987654321000};
constexpr std::string_view kNow = "2026-11-21T12:00:00";
constexpr Style kPlain = {.utf8 = true, .color = false};

resources::Channel channel(std::uint64_t id, int type, const char* name, int bitrate = 64'000,
                           int limit = 0) {
  resources::Channel made;
  made.id = Snowflake{id};
  made.guild = kGuild;
  made.type = type;
  made.name = name;
  made.bitrate = bitrate;
  made.user_limit = limit;
  return made;
}

/// A guild with a bot that may view, join and speak, and these channels.
SurveyedGuild den(std::vector<resources::Channel> channels) {
  SurveyedGuild place;
  place.guild.id = kGuild;
  place.guild.name = "Den";
  place.guild.roles = {{kGuild, resources::kViewChannel | resources::kConnect | resources::kSpeak}};
  place.guild.members = {{kBot, {}, ""}};
  place.guild.channels = std::move(channels);
  return place;
}

TEST(ChannelTable, AlignsItsColumns) {
  SurveyedGuild place = den({channel(381870553235193857, 2, "Lounge"), channel(381870553235193001, 0, "chat"),
                             channel(381870553235193002, 2, "音楽室", 384'000, 5)});
  place.guild.channels[2].overwrites = {{kGuild, false, 0, resources::kSpeak}};
  EXPECT_EQ(to_table({place}, kBot, kNow, kPlain),
            "81384788765712384  Den\n"
            "  \u2713 381870553235193857  voice   64 kb/s           Lounge\n"
            "  \u2717 381870553235193002  voice  384 kb/s  limit 5  音楽室  The bot may not speak in channel "
            "\"音楽室\": give it the permission Speak there.\n");
}

TEST(ChannelTable, SaysWhatToExpectOfAStageAndOfTheAfkChannel) {
  SurveyedGuild place =
      den({channel(381870553235193857, 13, "Hall"), channel(381870553235193002, 2, "Away")});
  place.guild.afk_channel = Snowflake{381870553235193002};
  place.guild.roles[0].permissions |= resources::kRequestToSpeak;
  EXPECT_THAT(to_table({place}, kBot, kNow, kPlain),
              AllOf(HasSubstr("! 381870553235193857  stage  64 kb/s  Hall  The bot can only raise its hand"),
                    HasSubstr("! 381870553235193002  voice  64 kb/s  Away  It is the guild's AFK channel")));
  place.guild.roles[0].permissions |= resources::kMuteMembers;
  EXPECT_THAT(to_table({place}, kBot, kNow, kPlain), HasSubstr("\u2713 381870553235193857  stage"));
}

TEST(ChannelTable, HasABlockForEachGuild) {
  SurveyedGuild locked = den({});
  locked.error = Error(Cause::not_permitted, "The bot has no access.");
  EXPECT_EQ(to_table({den({}), locked}, kBot, kNow, kPlain),
            "81384788765712384  Den\n"
            "  no voice channel that the bot may see\n"
            "\n"
            "81384788765712384  Den\n"
            "  \u2717 The bot has no access.\n");
  EXPECT_EQ(to_table({}, kBot, kNow, kPlain), "");
}

TEST(ChannelTable, MakesHostileNamesHarmless) {
  SurveyedGuild place =
      den({channel(381870553235193857, 2, "\x1b]0;owned\x07\n\xe2\x80\xaegnol"),
           channel(381870553235193002, 2, "a name of forty columns, which is too long for it")});
  place.guild.name = "De\x1b[2Jn\r";
  const std::string table = to_table({place}, kBot, kNow, kPlain);
  EXPECT_THAT(table, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\r")), Not(HasSubstr("\x07")),
                           Not(HasSubstr("\xe2\x80\xae"))));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 3);
  EXPECT_THAT(table, HasSubstr("a name of forty columns, which …\n"));
}

TEST(ChannelTable, KeepsToAsciiWhereItMust) {
  const SurveyedGuild place = den({channel(381870553235193857, 2, "Café")});
  EXPECT_EQ(to_table({place}, kBot, kNow, {.utf8 = false, .color = false}),
            "81384788765712384  Den\n  ok 381870553235193857  voice  64 kb/s  Caf?\n");
  EXPECT_THAT(to_table({place}, kBot, kNow, {.utf8 = true, .color = true}),
              HasSubstr("\x1b[32m\u2713\x1b[0m"));
}

TEST(ChannelJson, HoldsGuildsAndChannels) {
  SurveyedGuild place =
      den({channel(381870553235193857, 2, "Lounge", 96'000), channel(381870553235193001, 0, "chat"),
           channel(381870553235193002, 13, "Hall")});
  SurveyedGuild locked = den({});
  locked.error = Error(Cause::not_permitted, "No access.");
  const json object = json::parse(to_json_line({place, locked}, {kBot, "jukebox", true}, kNow));
  EXPECT_EQ(object.at("bot"), json::parse(R"({"id":"1121110987654321000","name":"jukebox"})"));
  ASSERT_EQ(object.at("guilds").size(), 2U);
  const json& guild = object["guilds"][0];
  EXPECT_EQ(guild.at("id"), "81384788765712384");
  EXPECT_TRUE(guild.at("error").is_null());
  ASSERT_EQ(guild.at("channels").size(), 2U) << "none of them is for text";
  EXPECT_EQ(guild["channels"][0], json::parse(R"({"id":"381870553235193857","name":"Lounge","type":"voice",
      "bitrate":96000,"user_limit":0,"may_play":true,"note":null})"));
  EXPECT_EQ(guild["channels"][1].at("type"), "stage");
  EXPECT_EQ(guild["channels"][1].at("may_play"), false);
  EXPECT_THAT(guild["channels"][1].at("note").get<std::string>(), HasSubstr("raise its hand"));
  EXPECT_EQ(object["guilds"][1].at("error"), "No access.");
}

TEST(ChannelJson, IsJsonWhateverTheNamesAre) {
  const SurveyedGuild place = den({channel(381870553235193857, 2, "\xff\xc0\"\\\x01")});
  EXPECT_EQ(json::parse(to_json_line({place}, {kBot, "\xfe", true}, kNow)).at("guilds").size(), 1U);
}

}  // namespace
}  // namespace vcplay::cli
