// What the bot may do in a channel, worked by hand from Discord's Permissions topic, and what a guild object
// may look like.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "resources/guild.hpp"
#include "resources/permissions.hpp"
#include "words/mutations.hpp"

namespace vcplay::resources {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr Snowflake kGuildId{81384788765712384};
constexpr Snowflake kOwner{100000000000000001};
constexpr Snowflake kBot{100000000000000002};
constexpr Snowflake kStranger{100000000000000003};
constexpr Snowflake kListener{100000000000000004};
constexpr Snowflake kMusicRole{200000000000000001};
constexpr Snowflake kGuestRole{200000000000000002};
constexpr Snowflake kOthersRole{200000000000000003};
constexpr Snowflake kRoom{381870553235193857};
constexpr const char* kNow = "2026-11-21T12:00:00";

constexpr std::uint64_t kV = 0x400;
constexpr std::uint64_t kC = 0x100000;
constexpr std::uint64_t kS = 0x200000;
constexpr std::uint64_t kM = 0x1000000;
constexpr std::uint64_t kHistory = 0x10000;
constexpr std::uint64_t kAdmin = 0x8;
constexpr std::uint64_t kEverything = 0xffffffffffffffff;

/// A guild with one voice channel, in which the bot holds the roles Music and Guest.
Guild guild_with(std::uint64_t everyone, std::uint64_t music = 0, std::uint64_t guest = 0) {
  Guild guild;
  guild.id = kGuildId;
  guild.name = "Jazz Club";
  guild.owner = kOwner;
  guild.roles = {{kGuildId, everyone}, {kMusicRole, music}, {kGuestRole, guest}, {kOthersRole, kEverything}};
  guild.members = {{kBot, {kMusicRole, kGuestRole}, ""}};
  Channel room;
  room.id = kRoom;
  room.type = kGuildVoice;
  room.name = "Lounge";
  guild.channels = {room};
  return guild;
}

Channel& room_of(Guild& guild) { return guild.channels.front(); }

struct Case {
  const char* story;
  std::uint64_t everyone;
  std::uint64_t music;
  std::uint64_t guest;
  std::vector<Overwrite> overwrites;
  std::uint64_t expected;
};

TEST(Permissions, FollowDiscordsOrder) {
  const std::vector<Case> cases = {
      {"@everyone's alone", kV | kC | kS, 0, 0, {}, kV | kC | kS},
      {"roles add up", kV, kC, kS, {}, kV | kC | kS},
      {"a role of others adds nothing", kV, 0, 0, {{kOthersRole, false, kC | kS, 0}}, kV},
      {"@everyone is denied CONNECT; SPEAK then counts for nothing",
       kV | kC | kS | kHistory,
       0,
       0,
       {{kGuildId, false, 0, kC}},
       kV | kHistory},
      {"a role's allow beats @everyone's deny",
       kV | kC | kS,
       0,
       0,
       {{kGuildId, false, 0, kC}, {kMusicRole, false, kC, 0}},
       kV | kC | kS},
      {"@everyone's allow is beaten by a role's deny",
       kV | kC,
       0,
       0,
       {{kGuildId, false, kS, 0}, {kMusicRole, false, 0, kS}},
       kV | kC},
      {"among roles allow beats deny",
       kV | kC | kS,
       0,
       0,
       {{kMusicRole, false, 0, kS}, {kGuestRole, false, kS, 0}},
       kV | kC | kS},
      {"among roles the order of the list does not matter",
       kV | kC | kS,
       0,
       0,
       {{kGuestRole, false, kS, 0}, {kMusicRole, false, 0, kS}},
       kV | kC | kS},
      {"the member's deny beats a role's allow",
       kV | kC,
       0,
       0,
       {{kMusicRole, false, kS, 0}, {kBot, true, 0, kS}},
       kV | kC},
      {"the member's allow beats a role's deny",
       kV | kC | kS,
       0,
       0,
       {{kMusicRole, false, 0, kC}, {kBot, true, kC, 0}},
       kV | kC | kS},
      {"even when the member's stands first and @everyone's last",
       kV,
       0,
       0,
       {{kBot, true, kC, 0}, {kMusicRole, false, kS, kC}, {kGuildId, false, 0, kC | kS}},
       kV | kC | kS},
      {"another member's overwrite is not ours",
       kV | kC | kS,
       0,
       0,
       {{kStranger, true, 0, kV}},
       kV | kC | kS},
      {"a member's overwrite is no role's, whatever its id",
       kV | kC | kS,
       0,
       0,
       {{kMusicRole, true, 0, kS}, {kGuildId, true, 0, kV}},
       kV | kC | kS},
      {"within one overwrite allow wins", kV | kC, 0, 0, {{kBot, true, kS, kS}}, kV | kC | kS},
      {"without VIEW_CHANNEL nothing counts", kV | kC | kS | kM, 0, 0, {{kBot, true, 0, kV}}, 0},
      {"ADMINISTRATOR from a role is stronger than every overwrite",
       kV,
       kAdmin,
       0,
       {{kGuildId, false, 0, kV | kC}, {kBot, true, 0, kV | kC | kS}},
       kEverything},
      {"ADMINISTRATOR from @everyone too", kAdmin, 0, 0, {{kBot, true, 0, kV}}, kEverything},
      {"ADMINISTRATOR in an overwrite means nothing more", kV, 0, 0, {{kBot, true, kAdmin, 0}}, kV | kAdmin},
  };
  for (const Case& each : cases) {
    Guild guild = guild_with(each.everyone, each.music, each.guest);
    room_of(guild).overwrites = each.overwrites;
    EXPECT_EQ(permissions_in(guild, room_of(guild), kBot, kNow), each.expected) << each.story;
  }
}

TEST(Permissions, OfTheOwnerAreAll) {
  Guild guild = guild_with(0);
  room_of(guild).overwrites = {{kOwner, true, 0, kV | kC | kS}};
  EXPECT_EQ(permissions_in(guild, room_of(guild), kOwner, kNow), kEverything);
}

TEST(Permissions, OfAStrangerAreUnknown) {
  Guild guild = guild_with(kV | kC | kS);
  EXPECT_EQ(permissions_in(guild, room_of(guild), kStranger, kNow), std::nullopt);
}

TEST(Permissions, ShrinkWhileTimedOut) {
  Guild guild = guild_with(kV | kC | kS | kHistory);
  guild.members.front().communication_disabled_until = "2026-11-21T12:00:01.250000+00:00";
  EXPECT_EQ(permissions_in(guild, room_of(guild), kBot, "2026-11-21T12:00:00"), kV | kHistory);
  EXPECT_EQ(permissions_in(guild, room_of(guild), kBot, "2026-11-21T12:00:02"), kV | kC | kS | kHistory);
  guild.members.front().communication_disabled_until = "soon";
  EXPECT_EQ(permissions_in(guild, room_of(guild), kBot, "2026-11-21T12:00:00"), kV | kC | kS | kHistory);
}

TEST(Permissions, OfAnAdministratorSurviveATimeOut) {
  Guild guild = guild_with(kAdmin);
  guild.members.front().communication_disabled_until = "2027-01-01T00:00:00.000000+00:00";
  EXPECT_EQ(permissions_in(guild, room_of(guild), kBot, kNow), kEverything);
}

// ── why_not_play ──

std::string verdict(const Guild& guild, Snowflake channel = kRoom) {
  return why_not_play(guild, channel, kBot, kNow);
}

TEST(WhyNotPlay, SaysNothingWhenAllIsWell) { EXPECT_THAT(verdict(guild_with(kV | kC | kS)), IsEmpty()); }

TEST(WhyNotPlay, NamesAChannelThatIsElsewhere) {
  EXPECT_THAT(
      verdict(guild_with(kV | kC | kS), Snowflake{999999999999999999}),
      AllOf(HasSubstr("999999999999999999"), HasSubstr("81384788765712384"), HasSubstr("\"Jazz Club\"")));
}

TEST(WhyNotPlay, TellsTypesApart) {
  Guild guild = guild_with(kV | kC | kS);
  room_of(guild).type = 0;
  EXPECT_THAT(verdict(guild), AllOf(HasSubstr("\"Lounge\""), HasSubstr("text channel")));
  room_of(guild).type = 4;
  EXPECT_THAT(verdict(guild), HasSubstr("category"));
  room_of(guild).type = 15;
  EXPECT_THAT(verdict(guild), HasSubstr("forum"));
  room_of(guild).type = 99;
  EXPECT_THAT(verdict(guild), HasSubstr("no voice channel"));
}

TEST(WhyNotPlay, NamesTheFirstPermissionThatIsMissing) {
  EXPECT_THAT(verdict(guild_with(0)), HasSubstr("View Channel"));
  EXPECT_THAT(verdict(guild_with(kC | kS)), HasSubstr("View Channel"));
  EXPECT_THAT(verdict(guild_with(kV | kS)), AllOf(HasSubstr("Connect"), HasSubstr("\"Lounge\"")));
  EXPECT_THAT(verdict(guild_with(kV | kC)), HasSubstr("permission Speak"));
}

TEST(WhyNotPlay, AsksForNoSpeakOnAStage) {
  Guild guild = guild_with(kV | kC);
  room_of(guild).type = kGuildStageVoice;
  EXPECT_THAT(verdict(guild), IsEmpty());
}

TEST(WhyNotPlay, NamesATimeOut) {
  Guild guild = guild_with(kV | kC | kS);
  guild.members.front().communication_disabled_until = "2026-11-22T00:00:00.000000+00:00";
  EXPECT_THAT(verdict(guild),
              AllOf(HasSubstr("timed out"), HasSubstr("2026-11-22"), Not(HasSubstr("Connect"))));
}

TEST(WhyNotPlay, NamesWhatALiftedTimeOutWouldNotGive) {
  Guild guild = guild_with(kC | kS);
  guild.members.front().communication_disabled_until = "2026-11-22T00:00:00.000000+00:00";
  EXPECT_THAT(verdict(guild), HasSubstr("View Channel"));
}

TEST(WhyNotPlay, NamesAChannelWithoutANameByItsId) {
  Guild guild = guild_with(0);
  room_of(guild).name = "";
  EXPECT_THAT(verdict(guild), HasSubstr("may not see channel 381870553235193857: "));
}

TEST(WhyNotPermitted, LooksAtOnePermissionAlone) {
  const Guild guild = guild_with(kV | kS);
  const auto reason = [&](Permission permission) {
    return why_not_permitted(guild, guild.channels.front(), kBot, permission, kV | kS, kNow);
  };
  EXPECT_THAT(reason(kViewChannel), IsEmpty());
  EXPECT_THAT(reason(kConnect), HasSubstr("Connect"));
  EXPECT_THAT(reason(kSpeak), IsEmpty());
}

TEST(WhyNotPlay, CountsTheOthersInAFullChannel) {
  Guild guild = guild_with(kV | kC | kS);
  room_of(guild).user_limit = 2;
  guild.voice = {{kListener, kRoom}, {kOwner, Snowflake{111111111111111111}}};
  EXPECT_THAT(verdict(guild), IsEmpty()) << "one of two places is taken";
  guild.voice.push_back({kStranger, kRoom});
  EXPECT_THAT(verdict(guild), AllOf(HasSubstr("full"), HasSubstr("2 of 2"), HasSubstr("\"Lounge\"")));
  room_of(guild).user_limit = 0;
  EXPECT_THAT(verdict(guild), IsEmpty()) << "0 is no limit";
}

TEST(WhyNotPlay, GivesNoThoughtToALimitThatDoesNotBind) {
  Guild mover = guild_with(kV | kC | kS, kM);
  room_of(mover).user_limit = 1;
  mover.voice = {{kListener, kRoom}};
  EXPECT_THAT(verdict(mover), IsEmpty()) << "MOVE_MEMBERS";
  Guild inside = guild_with(kV | kC | kS);
  room_of(inside).user_limit = 1;
  inside.voice = {{kListener, kRoom}, {kBot, kRoom}};
  EXPECT_THAT(verdict(inside), IsEmpty()) << "the bot has its place already";
}

TEST(WhyNotPlay, LeavesItToDiscordWhenTheBotIsNotListed) {
  Guild guild = guild_with(0);
  guild.members.clear();
  EXPECT_THAT(verdict(guild), IsEmpty());
}

TEST(WhyNotPlay, PrintsNoNameAsItCame) {
  Guild guild = guild_with(0);
  room_of(guild).name = "\x1b[2JLounge\n";
  EXPECT_THAT(verdict(guild), AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n")), HasSubstr("Lounge")));
}

// ── reading ──

json guild_create() {
  return json::parse(R"({
    "id": "81384788765712384", "name": "Jazz Club", "owner_id": "100000000000000001",
    "afk_channel_id": "381870553235193999", "unavailable": false,
    "roles": [{"id": "81384788765712384", "permissions": "1024"},
              {"id": "200000000000000001", "permissions": "281474976710656"},
              {"id": "200000000000000002", "permissions": 3145728}],
    "members": [{"user": {"id": "100000000000000002", "bot": true}, "roles": ["200000000000000001"],
                 "communication_disabled_until": null},
                {"user": {"id": "100000000000000004"}, "roles": [],
                 "communication_disabled_until": "2026-11-22T00:00:00.000000+00:00"}],
    "channels": [{"id": "381870553235193857", "type": 2, "name": "Lounge", "bitrate": 96000, "user_limit": 5,
                  "permission_overwrites": [{"id": "100000000000000002", "type": 1, "allow": "1048576", "deny": "0"},
                                            {"id": "81384788765712384", "type": 0, "allow": "0", "deny": "1024"}]},
                 {"id": "381870553235193858", "type": 0, "name": "chat", "permission_overwrites": []}],
    "voice_states": [{"user_id": "100000000000000004", "channel_id": "381870553235193857", "session_id": "x"}]
  })");
}

TEST(GuildObject, IsReadWhole) {
  const auto guild = guild_from(guild_create());
  ASSERT_TRUE(guild);
  EXPECT_EQ(guild->id, kGuildId);
  EXPECT_EQ(guild->name, "Jazz Club");
  EXPECT_EQ(guild->owner, kOwner);
  EXPECT_EQ(guild->afk_channel.value, 381870553235193999U);
  ASSERT_EQ(guild->roles.size(), 3U);
  EXPECT_EQ(guild->roles[1].permissions, 1ULL << 48);
  EXPECT_EQ(guild->roles[2].permissions, 0x300000U) << "a number serves as well as a string";
  const Channel* const room = guild->channel(kRoom);
  ASSERT_NE(room, nullptr);
  EXPECT_TRUE(room->has_voice());
  EXPECT_EQ(room->bitrate, 96'000);
  EXPECT_EQ(room->user_limit, 5);
  ASSERT_EQ(room->overwrites.size(), 2U);
  EXPECT_TRUE(room->overwrites[0].is_member);
  EXPECT_EQ(room->overwrites[0].allow, kC);
  EXPECT_FALSE(room->overwrites[1].is_member);
  EXPECT_EQ(room->overwrites[1].deny, kV);
  EXPECT_FALSE(guild->channel(Snowflake{381870553235193858})->has_voice());
  ASSERT_NE(guild->member(kBot), nullptr);
  EXPECT_THAT(guild->member(kBot)->roles, testing::ElementsAre(kMusicRole));
  EXPECT_EQ(guild->member(kBot)->communication_disabled_until, "");
  EXPECT_EQ(guild->member(kListener)->communication_disabled_until, "2026-11-22T00:00:00.000000+00:00");
  ASSERT_EQ(guild->voice.size(), 1U);
  EXPECT_EQ(guild->voice[0].channel, kRoom);
  EXPECT_EQ(guild->member(kStranger), nullptr);
  EXPECT_EQ(guild->channel(kOwner), nullptr);
}

TEST(GuildObject, KeepsAll64Bits) {
  const auto guild =
      guild_from(json{{"id", "81384788765712384"},
                      {"roles",
                       {{{"id", "200000000000000001"}, {"permissions", "18446744073709551615"}},
                        {{"id", "200000000000000002"}, {"permissions", "18446744073709551616"}},
                        {{"id", "200000000000000003"}, {"permissions", "-1"}},
                        {{"id", "200000000000000004"}, {"permissions", "8 "}}}}});
  ASSERT_TRUE(guild);
  EXPECT_EQ(guild->roles[0].permissions, kEverything);
  EXPECT_EQ(guild->roles[1].permissions, 0U) << "beyond 64 bits is no set of permissions";
  EXPECT_EQ(guild->roles[2].permissions, 0U);
  EXPECT_EQ(guild->roles[3].permissions, 0U);
}

TEST(ChannelObject, HasNoNameWhereDiscordHidesIt) {
  const auto channel = channel_from(
      json{{"id", "381870553235193857"},
           {"type", 2},
           {"name", "___hidden___"},
           {"flags", 131072},
           {"permission_overwrites", {{{"id", "81384788765712384"}, {"type", 0}, {"deny", "1024"}}}}});
  ASSERT_TRUE(channel);
  EXPECT_EQ(channel->name, "");
  EXPECT_EQ(channel->overwrites.at(0).deny, kV);
  EXPECT_EQ(channel_from(json{{"id", "381870553235193857"}, {"name", "Lounge"}, {"flags", 2}})->name,
            "Lounge");
}

TEST(ChannelObject, FallsBackFieldByField) {
  const auto channel =
      channel_from(json{{"id", "381870553235193857"}, {"type", "2"}, {"name", 5}, {"bitrate", -1}});
  ASSERT_TRUE(channel);
  EXPECT_EQ(channel->type, 0);
  EXPECT_EQ(channel->name, "");
  EXPECT_EQ(channel->bitrate, 64'000);
  EXPECT_EQ(channel->guild.value, 0U);
}

TEST(ChannelObject, NeedsAnId) {
  EXPECT_FALSE(channel_from(json{{"type", 2}}));
  EXPECT_FALSE(channel_from(json{{"id", "general"}}));
  EXPECT_FALSE(channel_from(json::array({1})));
  EXPECT_FALSE(channel_from(json()));
  EXPECT_FALSE(guild_from(json{{"id", nullptr}}));
  EXPECT_FALSE(id_from(json{{"id", -5}}, "id"));
}

TEST(GuildObject, NeverThrowsHoweverItIsBent) {
  const auto bent = test::mutations(guild_create());
  ASSERT_GT(bent.size(), 1000U);
  std::size_t read = 0;
  for (const std::string& text : bent) {
    const json object = json::parse(text, nullptr, false);
    std::optional<Guild> guild;
    ASSERT_NO_THROW(guild = guild_from(object)) << text;
    if (!guild) continue;
    ++read;
    ASSERT_NO_THROW(static_cast<void>(why_not_play(*guild, kRoom, kBot, kNow))) << text;
  }
  EXPECT_GT(read, 500U) << "most of it is readable in spite of one wrong field";
}

}  // namespace
}  // namespace vcplay::resources
