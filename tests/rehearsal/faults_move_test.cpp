// Somebody moves the player to another channel: whoever follows is heard there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::PaperDiscord;
using test::RecoveringDavePlayer;
using test::RecoveringPlayer;
using test::sound;
using test::Trouble;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr const char* kEverything = "Every member who was entitled to hear heard every packet.";

TEST(Move, TakesThePlayerAndItsListenersElsewhere) {
  for (const bool server_first : {false, true}) {
    DiscordOptions options = PaperDiscord::unencrypted();
    options.server_update_first = server_first;
    Trouble<> trouble(options);
    RecoveringPlayer& player = trouble.player;
    trouble.playing();
    const json before = player.own_state();
    const std::size_t seen = player.dispatches().size();
    trouble.happens({FaultKind::move});
    const std::string there = trouble.discord.world.other_channel().str();
    EXPECT_EQ(player.own_state().at("channel_id"), there);
    EXPECT_EQ(player.own_state().at("session_id"), before.at("session_id"));
    std::vector<std::string> told = player.dispatches();
    told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(seen));
    const std::string first = server_first ? "VOICE_SERVER_UPDATE" : "VOICE_STATE_UPDATE";
    const std::string then = server_first ? "VOICE_STATE_UPDATE" : "VOICE_SERVER_UPDATE";
    EXPECT_THAT(told, ElementsAre(first, then, "VOICE_STATE_UPDATE")) << "the third is the listener's";
    EXPECT_EQ(player.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("channel_id"), there);
    player.send(sound(), 5);  // nobody in the old channel hears these any more
    trouble.discord.advance(150ms);
    EXPECT_THAT(player.voice.closed, Optional(4014));
    player.lose_voice(4014);
    player.renew_voice();
    player.speak(1);
    player.send(sound(), 10);
    trouble.end();
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
    const Report report = trouble.discord.report();
    EXPECT_EQ(report.packets_received, 30U);
    EXPECT_EQ(report.packets_heard, 25U);
    EXPECT_EQ(report.packets_lost, 0U);
    EXPECT_EQ(verdict_on_hearing(report), kEverything);
  }
}

TEST(Move, GoesBackAndForthAndNowhereElse) {
  Trouble<> trouble;
  trouble.playing();
  const json here = trouble.player.own_state().at("channel_id");
  trouble.happens({FaultKind::move});
  EXPECT_NE(trouble.player.own_state().at("channel_id"), here);
  trouble.happens({FaultKind::move});
  EXPECT_EQ(trouble.player.own_state().at("channel_id"), here);
  trouble.happens({FaultKind::move, trouble.discord.world.other_channel().value});
  EXPECT_NE(trouble.player.own_state().at("channel_id"), here);
  const std::size_t told = trouble.player.dispatches().size();
  trouble.happens({FaultKind::move, trouble.discord.world.other_channel().value});
  EXPECT_EQ(trouble.player.dispatches().size(), told) << "it is there";
  trouble.happens({FaultKind::move, 1234});
  EXPECT_EQ(trouble.player.dispatches().size(), told) << "the guild has no such channel";
}

TEST(Move, BeginsAGroupInTheOtherChannel) {
  DiscordOptions options = test::encrypted();
  options.listeners = 3;
  Trouble<RecoveringDavePlayer> trouble(options);
  RecoveringDavePlayer& player = trouble.player;
  player.get_ready();
  player.speak(1);
  EXPECT_EQ(player.play(20), 20);
  const std::string code = player.code;
  trouble.happens({FaultKind::move});
  player.play(10);  // under the old group's keys, into the old channel
  trouble.discord.advance(50ms);
  EXPECT_THAT(player.voice.closed, Optional(4014));
  player.lose_voice(4014);
  player.renew_encrypted_voice();
  trouble.discord.advance(100ms);
  player.listen();
  EXPECT_EQ(player.media, "encrypted");
  EXPECT_NE(player.code, code);
  EXPECT_EQ(player.members, 4U);
  player.speak(1);
  EXPECT_EQ(player.play(20), 20);
  trouble.end();
  const Report report = trouble.discord.report();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_heard, 45U);
  EXPECT_EQ(report.encryption.undecryptable, 0U);
  EXPECT_EQ(report.encryption.plaintext, 0U);
  EXPECT_EQ(report.encryption.confirmations, 3U);
  EXPECT_EQ(verdict_on_hearing(report), kEverything);
}

TEST(Move, ThereAndBackLetsNobodyHearWhatIsUnderTheKeysOfBefore) {
  Trouble<RecoveringDavePlayer> trouble(test::encrypted());
  RecoveringDavePlayer& player = trouble.player;
  player.get_ready();
  player.speak(1);
  EXPECT_EQ(player.play(20), 20);
  trouble.happens({FaultKind::move});
  trouble.happens({FaultKind::move});
  player.play(4);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(trouble.discord.report().packets_heard, 20U);
}

TEST(Move, IsNewsToWhoeverWasAwayMeanwhile) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  player.lose_gateway();
  trouble.happens({FaultKind::move});
  const std::string unused = trouble.discord.world.voice_state(trouble.user())->voice_token;
  trouble.happens({FaultKind::move});
  trouble.discord.advance(5s);
  player.resume_gateway();
  player.lose_voice(4014);
  player.identify_to_voice({{"token", unused}});
  EXPECT_THAT(player.voice.closed, Optional(4006));
  EXPECT_THAT(trouble.discord.broken(), IsEmpty()) << "the other one was on its way";

  trouble.discord.advance(5s);
  player.lose_voice(4006);
  player.identify_to_voice({{"token", unused}});
  EXPECT_THAT(trouble.discord.broken(), ElementsAre("voice-token"));
}

TEST(Move, IsFollowedByMembersWhoComeLater) {
  DiscordOptions options = PaperDiscord::unencrypted();
  MemberScript late;
  late.cue = Cue::audio;
  late.joins_after = 1s;
  options.member_scripts = {{}, late};
  Trouble<> trouble(options);
  trouble.playing();
  trouble.happens({FaultKind::move});
  trouble.discord.advance(2s);
  EXPECT_EQ(trouble.discord.world.members_in(trouble.discord.world.other_channel()), 3U);
}

}  // namespace
}  // namespace vcplay::rehearsal
