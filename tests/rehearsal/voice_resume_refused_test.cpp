// Who cannot resume a voice session, and how that is said.
#include <gmock/gmock.h>

#include "words/resume_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::kNoCloseFrame;
using test::numbers;
using test::PaperDiscord;
using test::PaperPlayer;
using test::PaperSocket;
using test::ResumingPlayer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(VoiceResume, IsNotForThoseWhoSaidGoodbye) {
  for (const std::uint16_t code : {std::uint16_t{1000}, std::uint16_t{1001}}) {
    PaperDiscord discord;
    ResumingPlayer ann(discord);
    PaperPlayer bob(discord, 1);
    bob.get_ready();
    ann.get_ready();
    ann.lose_voice(code);
    EXPECT_EQ(bob.voice.count(13), 1U);
    ann.resume(numbers(ann.before).back());
    EXPECT_THAT(ann.voice.closed, Optional(4006));
  }
}

TEST(VoiceResume, IsNotForThoseWhomTheServerTurnedAway) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  player.voice_says({{"op", 99}});
  ASSERT_THAT(player.voice.closed, Optional(4001));
  player.lose_voice(4001);
  player.resume(3);
  EXPECT_THAT(player.voice.closed, Optional(4006));
}

TEST(VoiceResume, IsNotForThoseWhoLeftMeanwhile) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  const json resumption = ann.resumption(3);
  ann.lose_voice();
  ann.gateway_says(ann.joining(nullptr));
  EXPECT_EQ(bob.voice.count(13), 1U);
  ann.connect_voice();
  ann.voice_says(resumption);
  EXPECT_THAT(ann.voice.closed, Optional(4006));
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(VoiceResume, IsGivenUpByANewSession) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  const json resumption = ann.resumption(3);
  ann.lose_voice();
  ann.join();  // a fresh token
  ann.enter_voice();
  EXPECT_THAT((std::vector<std::size_t>{bob.voice.count(13), bob.voice.count(11)}), ElementsAre(1, 3));
  PaperSocket third;
  discord.voice.on_open(third, "v=8", discord.now);
  discord.voice.on_text(third, resumption.dump(), discord.now);
  EXPECT_THAT(third.closed, Optional(4006));
}

TEST(VoiceResume, TakesTheSessionFromAConnectionThatHangs) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  const int seen = numbers(ann.voice).back();
  PaperSocket next;
  discord.voice.on_open(next, "v=8", discord.now);
  discord.voice.on_text(next, ann.resumption(seen).dump(), discord.now);
  EXPECT_TRUE(ann.voice.dropped);
  EXPECT_EQ(next.count(9), 1U);
  discord.voice.on_closed(ann.voice, kNoCloseFrame, discord.now);
  EXPECT_EQ(bob.voice.count(13), 0U);
  bob.speak(1);
  EXPECT_EQ(next.last(5).at("seq"), seen + 1);
}

struct Refusal {
  std::string rule;  // empty: nobody is to blame
  std::uint16_t code;
  json changes;
};

TEST(VoiceResume, IsRefused) {
  const Refusal refusals[] = {
      {"voice-token", 4006, {{"token", "another"}}},
      {"voice-session", 4006, {{"server_id", "123456789012345678"}}},
      {"", 4006, {{"session_id", "one that nobody has"}}},
      {"voice-resume-sequence", 4006, {{"seq_ack", 4}}},  // three messages were sent
      {"voice-resume-sequence", 4006, {{"seq_ack", 0}}},  // their numbers began with 1
      {"voice-resume-fields", 4020, {{"seq_ack", "3"}}},
      {"voice-resume-fields", 4020, {{"seq_ack", 65'536}}},
      {"voice-resume-fields", 4020, {{"seq_ack", -2}}},
      {"voice-resume-fields", 4020, {{"token", 7}}},
      {"voice-resume-fields", 4020, {{"session_id", nullptr}}},
      {"voice-resume-fields", 4020, {{"server_id", "x"}}},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.changes.dump());
    PaperDiscord discord;
    ResumingPlayer player(discord);
    player.get_ready();
    player.lose_voice();
    player.resume(3, refusal.changes);
    EXPECT_THAT(player.voice.closed, Optional(refusal.code));
    EXPECT_EQ(player.voice.count(9), 0U);
    EXPECT_EQ(discord.broken(),
              refusal.rule.empty() ? std::vector<std::string>{} : std::vector<std::string>{refusal.rule});
    PaperSocket second;  // the session did not suffer
    discord.voice.on_open(second, "v=8", discord.now);
    discord.voice.on_text(second, player.resumption(3).dump(), discord.now);
    EXPECT_EQ(second.count(9), 1U);
  }
}

TEST(VoiceResume, NamesTheChannelInVersionNine) {
  for (const bool right : {true, false}) {
    PaperDiscord discord;
    ResumingPlayer player(discord);
    player.get_ready();
    player.lose_voice();
    const Snowflake channel = right ? discord.world.options().channel : discord.world.other_channel();
    discord.voice.on_open(player.voice, "v=9", discord.now);
    player.voice_says(player.resumption(3, {{"channel_id", channel.str()}}));
    EXPECT_EQ(player.voice.count(9), right ? 1U : 0U);
  }
}

TEST(VoiceResume, IsSaidOnceOnAConnection) {
  PaperDiscord discord;
  ResumingPlayer player(discord);
  player.get_ready();
  player.lose_voice();
  player.resume(3);
  player.voice_says(player.resumption(3));
  EXPECT_THAT(player.voice.closed, Optional(4005));
  EXPECT_THAT(discord.broken(), ElementsAre("voice-identified-twice"));
}

TEST(VoiceResume, FindsNoMoreThanTheLatestMessages) {
  PaperDiscord discord;
  ResumingPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  ann.get_ready();
  bob.get_ready();
  const int seen = numbers(ann.voice).back();
  ann.lose_voice();
  const int most = static_cast<int>(ReplayBuffer<std::uint16_t>::kMostMessages);
  for (int i = 0; i < most; ++i) bob.speak(i % 2 == 0 ? 1 : 0);
  ann.resume(seen);
  ASSERT_EQ(numbers(ann.voice).size(), ReplayBuffer<std::uint16_t>::kMostMessages);
  EXPECT_EQ(numbers(ann.voice).front(), seen + 1);
  EXPECT_EQ(numbers(ann.voice).back(), seen + most);
  ann.lose_voice();
  bob.speak(1);
  ann.resume(seen);
  EXPECT_THAT(ann.voice.closed, Optional(4006)) << "one message too many";
  EXPECT_THAT(discord.broken(), IsEmpty());
}

}  // namespace
}  // namespace vcplay::rehearsal
