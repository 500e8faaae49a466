// How large a message the main gateway may send, and how little of it is kept.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "words/gateway_words.hpp"
#include "words/peak_memory.hpp"

namespace vcplay::gateway {
namespace {

using test::count;
using vcplay::testing::PeakMemory;

constexpr int kChannels = 500;
constexpr int kOverwrites = 60;  // in each channel; few guilds have ten
constexpr int kRoles = 250;
constexpr int kThreads = 1000;  // active ones
constexpr int kEmojis = 500;
constexpr int kStickers = 60;
constexpr int kEvents = 100;
constexpr int kInVoice = 5000;

/// `element` with each of the numbers in it, as a list.
template <typename Element>
std::string list_of(int size, Element element) {
  std::string list = "[";
  for (int i = 0; i < size; ++i) list += (i == 0 ? "" : ",") + element(i);
  return list + "]";
}

std::string id(int kind, int number) { return fmt::format("\"38187{:02}5532351{:05}\"", kind, number); }

std::string overwrite(int number) {
  return fmt::format(R"({{"id":{},"type":0,"allow":"1071698660929","deny":"2251799813685247"}})",
                     id(1, number));
}

std::string channel(int number) {
  return fmt::format(
      R"({{"version":1700000000042,"user_limit":0,"type":2,"rtc_region":null,"rate_limit_per_user":0,"position":{},)"
      R"("permission_overwrites":{},"parent_id":{},"nsfw":false,"name":"channel-{}","last_message_id":{},)"
      R"("topic":"{}","id":{},"icon_emoji":{{"name":"x","id":null}},"flags":0,"bitrate":64000}})",
      number, list_of(kOverwrites, overwrite), id(2, 0), number, id(3, number), std::string(1024, 't'),
      id(4, number));
}

std::string role(int number) {
  return fmt::format(
      R"({{"version":1700000000042,"unicode_emoji":null,"tags":{{}},"position":{},"permissions":"2251799813685247",)"
      R"("name":"{}","mentionable":true,"managed":false,"id":{},"icon":"{}","hoist":true,"flags":0,"color":16777215}})",
      number, std::string(100, 'r'), id(1, number), std::string(32, 'a'));
}

std::string thread(int number) {
  return fmt::format(
      R"({{"type":11,"total_message_sent":100000,"thread_metadata":{{"locked":false,"create_timestamp":)"
      R"("2026-11-21T08:00:00.000000+00:00","auto_archive_duration":10080,"archived":false,"archive_timestamp":)"
      R"("2026-11-21T08:00:00.000000+00:00"}},"rate_limit_per_user":0,"parent_id":{},"owner_id":{},"name":"{}",)"
      R"("message_count":100000,"member_ids_preview":[{}],"member_count":50,"last_message_id":{},"id":{},)"
      R"("guild_id":{},"flags":0}})",
      id(4, 0), id(6, number), std::string(100, 'n'), id(6, 1), id(3, number), id(5, number), id(0, 0));
}

std::string emoji(int number) {
  return fmt::format(
      R"({{"version":0,"roles":{},"require_colons":true,"name":"{}","managed":false,"id":{},"available":true,)"
      R"("animated":true}})",
      list_of(5, [](int i) { return id(1, i); }), std::string(32, 'e'), id(7, number));
}

std::string text_of(int number) {
  return fmt::format(R"({{"id":{},"name":"{}","description":"{}","tags":"{}"}})", id(8, number),
                     std::string(100, 'n'), std::string(1000, 'd'), std::string(200, 't'));
}

std::string user(int number) {
  return fmt::format(
      R"({{"username":"{0}","public_flags":0,"id":{1},"global_name":"{0}","discriminator":"0","display_name":"{0}",)"
      R"("bot":false,"avatar_decoration_data":null,"avatar":"{0}"}})",
      std::string(32, 'u'), number == 0 ? "\"100000000000000002\"" : id(6, number));
}

std::string member(int number) {
  return fmt::format(
      R"({{"user":{},"roles":{},"premium_since":null,"pending":false,"nick":"{}","mute":false,"joined_at":)"
      R"("2026-11-21T08:00:00.000000+00:00","flags":0,"deaf":false,"communication_disabled_until":null,)"
      R"("banner":null,"avatar":null}})",
      user(number), list_of(20, [](int i) { return id(1, i); }), std::string(32, 'n'));
}

std::string voice_state(int number) {
  return fmt::format(
      R"({{"user_id":{},"suppress":false,"session_id":"{}","self_video":false,"self_mute":true,"self_deaf":true,)"
      R"("request_to_speak_timestamp":null,"mute":false,"deaf":false,"channel_id":{}}})",
      id(6, number), std::string(32, '0'), id(4, number % kChannels));
}

/// GUILD_CREATE with as much of everything as Discord lets a guild have. The numbers are from Discord's "JSON
/// Error Codes" (30005, 30013, 160006, 30008 and 30018, 30039, 30038); how many people are in voice, and how
/// many overwrites there are, is ours to think of.
std::string largest_guild(Snowflake guild = kGuild) {
  return fmt::format(
      R"({{"t":"GUILD_CREATE","s":2,"op":0,"d":{{"id":"{}","name":"{}","owner_id":{},"large":true,)"
      R"("member_count":500000,"presences":[],"channels":{},"roles":{},"threads":{},"emojis":{},"stickers":{},)"
      R"("guild_scheduled_events":{},"members":{},"voice_states":{}}}}})",
      guild.str(), std::string(100, 'g'), id(6, 1), list_of(kChannels, channel), list_of(kRoles, role),
      list_of(kThreads, thread), list_of(kEmojis, emoji), list_of(kStickers, text_of),
      list_of(kEvents, text_of), list_of(kInVoice, member), list_of(kInVoice, voice_state));
}

TEST(GatewayBounds, HaveRoomForTheLargestGuild) {
  const std::string text = largest_guild();
  RecordProperty("bytes", std::to_string(text.size()));
  EXPECT_GT(text.size(), 6'000'000U);
  EXPECT_LT(text.size() * 3 / 2, kMessageLimits.bytes) << "half as much again must fit";
  Conversation discord;
  discord.become_ready();
  EXPECT_EQ(count<GuildCreated>(discord.session.on_text(text, discord.now)), 1U);
  const resources::Guild& guild = *discord.session.guild(kGuild);
  EXPECT_EQ(guild.channels.size(), 500U);
  EXPECT_EQ(guild.channels.back().overwrites.size(), 60U);
  EXPECT_EQ(guild.roles.size(), 250U);
  EXPECT_EQ(guild.voice.size(), 5000U);
}

TEST(GatewayBounds, KeepOfTheMembersTheBotAlone) {
  Conversation discord;
  discord.become_ready();
  EXPECT_EQ(count<GuildCreated>(discord.session.on_text(largest_guild(), discord.now)), 1U);
  const resources::Guild& guild = *discord.session.guild(kGuild);
  ASSERT_EQ(guild.members.size(), 1U);
  EXPECT_EQ(guild.members[0].user, kBot);
  EXPECT_EQ(guild.members[0].roles.size(), 20U);
}

/// So many channels, a fifth of them with a voice; twenty roles; ten people in voice.
std::string ordinary_guild(Snowflake guild, int channels) {
  json data = {{"id", guild.str()}, {"name", "A guild like many others"}, {"owner_id", "100000000000000001"}};
  json overwrites = json::array();
  for (int i = 0; i < 5; ++i) overwrites.push_back(json::parse(overwrite(i)));
  for (int i = 0; i < channels; ++i) {
    data["channels"].push_back({{"id", 381870553200000000 + i},
                                {"type", i % 5 == 0 ? 2 : 0},
                                {"name", fmt::format("a-channel-of-the-guild-{}", i)},
                                {"permission_overwrites", overwrites}});
  }
  for (int i = 0; i < 20; ++i) data["roles"].push_back(json::parse(role(i)));
  for (int i = 0; i < 10; ++i) data["voice_states"].push_back(json::parse(voice_state(i)));
  for (int i = 0; i < 10; ++i) data["members"].push_back(json::parse(member(i)));
  return dispatch(2, "GUILD_CREATE", std::move(data)).dump();
}

TEST(GatewayBounds, BuildNothingOfAGuildThatIsNotPlayedIn) {
  Conversation discord;
  discord.become_ready();
  const std::string text = largest_guild(Snowflake{300000000000000001});
  EXPECT_TRUE(discord.session.on_text(text, discord.now).empty());
  const PeakMemory memory;
  EXPECT_TRUE(discord.session.on_text(text, discord.now).empty());
  if (!memory.is_known()) return;
  EXPECT_LT(memory.megabytes(), 2) << "of " << text.size() << " bytes each";
}

TEST(GatewayBounds, KeepSomeKilobytesOfEachGuildThatIsPlayedIn) {
  constexpr std::uint64_t kFirst = 300000000000000000;
  constexpr std::uint64_t kAll = 2500;  // Discord, Gateway topic, "Sharding": the most of a shard
  constexpr std::uint64_t kPlayedIn = 250;
  Config many = config();
  json ids = json::array();
  for (std::uint64_t i = 0; i < kAll; ++i) {
    if (i < kPlayedIn) many.guilds.push_back(Snowflake{kFirst + i});
    ids.push_back({{"id", std::to_string(kFirst + i)}, {"unavailable", true}});
  }
  Conversation discord(std::move(many));
  discord.hears_hello();
  json all_ready = ready();
  all_ready["d"]["guilds"] = std::move(ids);
  EXPECT_EQ(count<GuildMissing>(discord.hears(all_ready)), 1U) << "kGuild alone";
  const std::string first = std::to_string(kFirst);
  std::string ours = ordinary_guild(Snowflake{kFirst}, 50);
  std::string strange = ordinary_guild(Snowflake{kFirst}, 5);
  const PeakMemory memory;
  for (std::uint64_t i = 0; i < kAll; ++i) {
    std::string& text = i < kPlayedIn ? ours : strange;
    text.replace(text.find("3000000000000"), first.size(), std::to_string(kFirst + i));
    EXPECT_EQ(count<GuildCreated>(discord.session.on_text(text, discord.now)), i < kPlayedIn ? 1U : 0U);
  }
  if (!memory.is_known()) return;
  RecordProperty("megabytes", std::to_string(memory.megabytes()));
  EXPECT_LT(memory.megabytes(), static_cast<std::int64_t>(kPlayedIn * 20 / 1000));
}

constexpr std::size_t kSize = kMessageLimits.bytes - 100;

/// `element` as often as there is room for it in the largest message.
std::string flood(const std::string& head, const std::string& element, const std::string& end) {
  std::string text = head + element;
  text.reserve(kMessageLimits.bytes);
  while (text.size() + element.size() + 1 < kSize) (text += ',') += element;
  return text + end;
}

TEST(GatewayBounds, HoldForFloodsOfAnyKind) {
  for (const std::string& text :
       {flood("[", "{}", "]"), flood(R"({"op":0,"d":[)", "{}", "]}"),
        flood(R"({"op":0,"s":9,"t":"GUILD_CREATE","d":{"id":"81384788765712384","channels":[)", "{}", "]}}"),
        flood(R"({"op":0,"s":9,"t":"GUILD_CREATE","d":{"id":"81384788765712384","roles":[)", R"({"id":1})",
              "]}}"),
        std::string(kSize, '['), R"({"op":0,"d":)" + std::string(kSize, '{')}) {
    Conversation discord;
    discord.become_ready();
    EXPECT_TRUE(discord.session.on_text(text, discord.now).empty()) << text.substr(0, 80);
    EXPECT_EQ(count<GuildCreated>(discord.hears(guild_create())), 1U) << "and goes on after it";
  }
}

/// What a message as large as it may be is made of: one element, again and again.
struct Large {
  std::string head;
  std::string element;
  std::string tail;
};

std::vector<Large> large_messages() {
  const std::string guild = R"({"op":0,"s":9,"t":"GUILD_CREATE","d":{"id":"81384788765712384",)";
  const std::string id = R"("2251799813685247")";
  std::vector<Large> all = {{"[", "{}", "]"},
                            {R"({"op":0,"t":"PRESENCE_UPDATE","d":[)", "{}", "]}"},
                            {R"({"op":0,"d":")", std::string(kSize - 50, 'x'), "\"}"},
                            {R"({"op":0,"d":")" + std::string(kSize / 2, '\\'), "", "\"}"},
                            {"{\"", std::string(kSize - 50, 'x'), "\":1}"},
                            {R"({"op":)", std::string(kSize - 50, '1'), "}"},
                            {R"({"op":)", std::string(kSize - 50, ' '), "1}"},
                            {R"({"op":0,"d":)", std::string(kSize - 50, '['), ""},
                            {guild + R"("name":")", std::string(kSize - 100, 'x'), "\"}}"}};
  const auto list = [&](const std::string& name, const std::string& element) {
    all.push_back({guild + '"' + name + "\":[", element, "]}}"});
  };
  list("roles", "{}");
  list("roles", R"({"id":)" + id + R"(,"permissions":)" + id + "}");
  list("channels", R"({"id":)" + id + R"(,"name":")" + std::string(100, 'n') + "\"}");
  list("channels", R"({"id":1,"permission_overwrites":[{"id":)" + id + R"(,"allow":)" + id + "}]}");
  list("channels", R"({"id":1,"name":")" + std::string(8'000, 'n') + "\"}");
  list("voice_states", R"({"user_id":)" + id + R"(,"channel_id":)" + id + "}");
  list("members", R"({"user":{"id":"1"},"roles":[)" + id + "," + id + "]}");
  return all;
}

TEST(GatewayBounds, CostLittleMemoryWhateverAMessageSays) {
  Conversation discord;
  discord.become_ready();
  for (const Large& large : large_messages()) {
    const std::string text = large.element.size() < kSize / 2 && !large.element.empty()
                                 ? flood(large.head, large.element, large.tail)
                                 : large.head + large.element + large.tail;
    const PeakMemory memory;
    static_cast<void>(discord.session.on_text(text, discord.now));
    if (!memory.is_known()) return;
    EXPECT_LT(memory.megabytes(), 40) << large.head << large.element.substr(0, 60);
    EXPECT_EQ(count<GuildCreated>(discord.hears(guild_create())), 1U) << "and goes on after it";
  }
}

TEST(GatewayBounds, RefuseWhatIsLongerThanTheyAre) {
  Conversation discord;
  discord.become_ready();
  std::string text = guild_create().dump();
  text += std::string(kMessageLimits.bytes + 1 - text.size(), ' ');
  EXPECT_TRUE(discord.session.on_text(text, discord.now).empty());
  text.pop_back();
  EXPECT_EQ(count<GuildCreated>(discord.session.on_text(text, discord.now)), 1U);
}

}  // namespace
}  // namespace vcplay::gateway
