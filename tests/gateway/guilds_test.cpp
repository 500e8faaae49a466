// One session in many guilds: each hears what concerns it, and none the trouble of another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "words/actions.hpp"
#include "words/guild_words.hpp"

namespace vcplay::gateway {
namespace {

using test::count;
using test::only;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kOther = "300000000000000009";  // nobody plays there

/// A session in three guilds that READY has named, and in one where nobody plays.
struct Tour : Conversation {
  Tour() : Conversation(three_guilds()) {
    hears_hello();
    EXPECT_EQ(hears(ready({kOther, kFolk, kJazz, kRock})).size(), 1U);
  }
  Actions arrives(const char* guild) { return hears(guild_create(guild)); }
};

std::vector<Snowflake> missing_in(const Actions& actions) {
  std::vector<Snowflake> guilds;
  for (const Action& action : actions) {
    if (const auto* const missing = std::get_if<GuildMissing>(&action)) guilds.push_back(missing->guild);
  }
  return guilds;
}

// ── READY and GUILD_CREATE ──

TEST(GatewayGuilds, ArriveInAnyOrder) {
  Tour tour;
  EXPECT_FALSE(tour.session.is_described(id(kJazz)));
  EXPECT_EQ(only<GuildCreated>(tour.arrives(kFolk)).guild, id(kFolk));
  EXPECT_THAT(tour.arrives(kOther), IsEmpty());
  EXPECT_EQ(only<GuildCreated>(tour.arrives(kJazz)).guild, id(kJazz));
  EXPECT_TRUE(tour.session.is_described(id(kJazz)));
  EXPECT_FALSE(tour.session.is_described(id(kRock)));
  EXPECT_EQ(only<GuildCreated>(tour.arrives(kRock)).guild, id(kRock));
  EXPECT_EQ(tour.session.guild(id(kOther)), nullptr) << "nobody asks for it";
}

TEST(GatewayGuilds, AreMissingOneByOne) {
  Conversation discord(three_guilds());
  discord.hears_hello();
  EXPECT_EQ(discord.session.why_missing(id(kRock)), std::nullopt) << "nobody knows yet";
  const Actions actions = discord.hears(ready({kJazz, kFolk}));
  EXPECT_TRUE(std::holds_alternative<Ready>(actions.front()));
  EXPECT_THAT(missing_in(actions), testing::ElementsAre(id(kRock)));
  EXPECT_EQ(discord.session.why_missing(id(kRock))->cause(), Cause::not_permitted);
  EXPECT_EQ(discord.session.why_missing(id(kJazz)), std::nullopt);
  EXPECT_EQ(only<GuildCreated>(discord.hears(guild_create(kJazz))).guild, id(kJazz)) << "the others go on";
  EXPECT_EQ(count<SendText>(discord.asks(kJoin)), 1U);
}

TEST(GatewayGuilds, AreFoundOnceTheBotIsInvited) {
  Conversation discord(three_guilds());
  discord.hears_hello();
  discord.hears(ready({kJazz, kFolk}));
  EXPECT_EQ(only<GuildCreated>(discord.hears(guild_create(kRock))).guild, id(kRock));
  EXPECT_EQ(discord.session.why_missing(id(kRock)), std::nullopt);
}

TEST(GatewayGuilds, AreRemovedWhereALaterReadyNamesThemNoMore) {
  Tour tour;
  for (const char* const guild : {kJazz, kRock, kFolk}) tour.arrives(guild);
  tour.identifies(tour.hears(invalid_session(false)));
  const Actions actions = tour.hears(ready({kJazz, kFolk}, "ghijkl"));
  EXPECT_THAT(missing_in(actions), testing::ElementsAre(id(kRock)));
  EXPECT_EQ(only<GuildMissing>(actions).reason.cause(), Cause::removed);
  EXPECT_EQ(tour.session.guild(id(kRock)), nullptr);
  EXPECT_FALSE(tour.session.is_described(id(kJazz))) << "GUILD_CREATE comes anew";
  EXPECT_NE(tour.session.guild(id(kJazz)), nullptr) << "and meanwhile it is where it was";
  EXPECT_EQ(count<GuildCreated>(tour.arrives(kJazz)), 1U);
}

TEST(GatewayGuilds, ComeBackFromAnOutage) {
  Tour tour;
  tour.arrives(kJazz);
  const Actions out = tour.hears(dispatch(5, "GUILD_DELETE", {{"id", kRock}, {"unavailable", true}}));
  EXPECT_EQ(only<GuildDeleted>(out).guild, id(kRock));
  EXPECT_TRUE(only<GuildDeleted>(out).unavailable) << "from the beginning";
  EXPECT_FALSE(tour.session.is_described(id(kRock)));
  EXPECT_EQ(tour.session.why_missing(id(kRock)), std::nullopt) << "the bot is in it all the same";
  tour.now += 1h;
  EXPECT_EQ(only<GuildCreated>(tour.arrives(kRock)).guild, id(kRock));
  EXPECT_TRUE(tour.session.is_described(id(kRock)));
}

TEST(GatewayGuilds, AreLeftOneByOne) {
  Tour tour;
  for (const char* const guild : {kJazz, kRock, kFolk}) tour.arrives(guild);
  const Actions left = tour.hears(dispatch(5, "GUILD_DELETE", {{"id", kRock}}));
  EXPECT_EQ(only<GuildDeleted>(left).guild, id(kRock));
  EXPECT_FALSE(only<GuildDeleted>(left).unavailable);
  EXPECT_EQ(tour.session.why_missing(id(kRock))->cause(), Cause::removed) << "for whoever asks later";
  EXPECT_EQ(tour.session.guild(id(kRock)), nullptr);
  EXPECT_TRUE(tour.session.is_described(id(kJazz)));
  EXPECT_EQ(only<VoiceServer>(tour.hears(voice_server("a.discord.media:443"))).guild, id(kJazz));
}

TEST(GatewayGuilds, MayBeAddedAndRemovedAtAnyTime) {
  Tour tour;
  tour.session.add_guild(id(kOther));
  EXPECT_EQ(tour.session.why_missing(id(kOther)), std::nullopt) << "READY named it";
  EXPECT_EQ(only<GuildCreated>(tour.arrives(kOther)).guild, id(kOther));
  tour.session.add_guild(Snowflake{300000000000000008});
  EXPECT_EQ(tour.session.why_missing(Snowflake{300000000000000008})->cause(), Cause::not_permitted);
  tour.session.remove_guild(id(kOther));
  EXPECT_THAT(tour.arrives(kOther), IsEmpty());
  EXPECT_EQ(tour.session.guild(id(kOther)), nullptr);
}

// ── what is said of one is heard of one ──

TEST(GatewayGuilds, AreNamedByAllThatConcernsThem) {
  Tour tour;
  const std::string bot = "100000000000000002";
  const json channel = {{"id", "381870553235193857"}, {"guild_id", kRock}, {"type", 2}};
  EXPECT_EQ(only<OwnVoiceState>(tour.hears(voice_state(bot.c_str(), nullptr, kFolk))).guild, id(kFolk));
  EXPECT_EQ(only<VoiceServer>(tour.hears(voice_server("a.discord.media:443", kRock))).guild, id(kRock));
  EXPECT_EQ(only<ChannelUpdated>(tour.hears(dispatch(5, "CHANNEL_CREATE", channel))).guild, id(kRock));
  EXPECT_EQ(only<ChannelUpdated>(tour.hears(dispatch(5, "CHANNEL_UPDATE", channel))).guild, id(kRock));
  EXPECT_EQ(only<ChannelDeleted>(tour.hears(dispatch(6, "CHANNEL_DELETE", channel))).guild, id(kRock));
  for (const Action& action : tour.arrives(kJazz)) EXPECT_EQ(guild_of(action), id(kJazz));
  EXPECT_EQ(guild_of(Resumed{}), std::nullopt) << "that concerns them all";
}

TEST(GatewayGuilds, JoinAndLeaveEachForItself) {
  Tour tour;
  const Actions joined = tour.asks({.guild = id(kRock), .channel = kRoom});
  EXPECT_EQ(test::sent<SendText>(joined)["d"]["guild_id"], kRock);
  EXPECT_EQ(only<VoiceStateSent>(joined).guild, id(kRock));
  EXPECT_EQ(test::sent<SendText>(tour.asks(kLeave))["d"]["guild_id"], kJazz);
}

// ── as they are now, for whoever comes later ──

TEST(GatewayGuilds, AreDescribedAsTheyHaveBecome) {
  Tour tour;
  tour.arrives(kJazz);
  json channel = {{"id", "381870553235193857"}, {"guild_id", kJazz}, {"type", 2}, {"bitrate", 128'000}};
  tour.hears(dispatch(5, "CHANNEL_UPDATE", channel));
  EXPECT_EQ(tour.session.guild(id(kJazz))->channel(kRoom)->bitrate, 128'000);
  channel["id"] = "381870553235193858";
  tour.hears(dispatch(6, "CHANNEL_CREATE", channel));
  EXPECT_NE(tour.session.guild(id(kJazz))->channel(Snowflake{381870553235193858}), nullptr);
  tour.hears(dispatch(7, "CHANNEL_DELETE", channel));
  EXPECT_EQ(tour.session.guild(id(kJazz))->channel(Snowflake{381870553235193858}), nullptr);
}

TEST(GatewayGuilds, KnowWhoIsInVoice) {
  Tour tour;
  tour.arrives(kJazz);
  const auto& voice = tour.session.guild(id(kJazz))->voice;
  EXPECT_THAT(tour.hears(voice_state("100000000000000009", "381870553235193857")), IsEmpty());
  ASSERT_EQ(voice.size(), 1U);
  EXPECT_EQ(voice[0].channel, kRoom);
  tour.hears(voice_state("100000000000000009", "381870553235193858"));
  ASSERT_EQ(voice.size(), 1U) << "nobody is in two channels";
  tour.hears(voice_state("100000000000000009", "381870553235193858", kRock));
  EXPECT_EQ(voice.size(), 1U) << "of this guild";
  tour.hears(voice_state("100000000000000009", nullptr));
  EXPECT_THAT(voice, IsEmpty());
}

TEST(GatewayGuilds, KeepOfChannelsWithoutAVoiceTheirNames) {
  Tour tour;
  json guild = guild_create();
  const json overwrite = {{"id", kJazz}, {"type", 0}, {"allow", "1"}, {"deny", "0"}};
  guild["d"]["channels"] = {
      {{"id", "1"}, {"type", 0}, {"name", "news"}, {"permission_overwrites", {overwrite}}},
      {{"id", "381870553235193857"}, {"type", 2}, {"permission_overwrites", {overwrite}}}};
  guild["d"]["channels"][0]["id"] = "381870553235193800";
  tour.hears(guild);
  const resources::Guild& kept = *tour.session.guild(id(kJazz));
  EXPECT_EQ(kept.channel(Snowflake{381870553235193800})->name, "news") << "for the sentence that refuses it";
  EXPECT_THAT(kept.channel(Snowflake{381870553235193800})->overwrites, IsEmpty());
  EXPECT_THAT(kept.channel(kRoom)->overwrites, testing::SizeIs(1));
}

TEST(GatewayGuilds, DoNotGrowWithoutEnd) {
  Tour tour;
  tour.arrives(kJazz);
  json channel = {{"id", "381870553235193857"}, {"guild_id", kJazz}, {"type", 2}};
  channel["name"] = std::string(100'000, 'n');
  for (int i = 0; i < 3'000; ++i) {
    channel["permission_overwrites"].push_back({{"id", kJazz}, {"type", 0}, {"allow", "1"}});
  }
  tour.hears(dispatch(5, "CHANNEL_UPDATE", channel));
  const resources::Guild& kept = *tour.session.guild(id(kJazz));
  EXPECT_EQ(kept.channel(kRoom)->name.size(), 1'000U);
  EXPECT_EQ(kept.channel(kRoom)->overwrites.size(), 2'000U);
  channel = {{"guild_id", kJazz}, {"type", 2}};
  for (std::uint64_t i = 0; i < 2'100; ++i) {
    channel["id"] = std::to_string(400000000000000000 + i);
    tour.hears(dispatch(6, "CHANNEL_CREATE", channel));
  }
  EXPECT_EQ(kept.channels.size(), 2'000U);
  EXPECT_NE(kept.channel(kRoom), nullptr);
}

}  // namespace
}  // namespace vcplay::gateway
