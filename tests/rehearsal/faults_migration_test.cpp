// The voice server of a call changes: whoever follows to the new one is heard.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::PaperPlayer;
using test::RecoveringDavePlayer;
using test::RecoveringPlayer;
using test::sound;
using test::Trouble;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr const char* kEverything = "Every member who was entitled to hear heard every packet.";

TEST(Migration, TakesTheServerAndBringsAnother) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  const json before = player.told("VOICE_SERVER_UPDATE").at("token");
  trouble.happens({FaultKind::migrate, 0, 500ms});
  EXPECT_TRUE(player.told("VOICE_SERVER_UPDATE").at("endpoint").is_null());
  const json nothing = player.told("VOICE_SERVER_UPDATE").at("token");
  trouble.discord.advance(249ms);
  EXPECT_EQ(player.voice.closed, std::nullopt);
  trouble.discord.advance(1ms);
  EXPECT_THAT(player.voice.closed, Optional(4014));
  player.lose_voice(4014);
  trouble.discord.advance(249ms);
  EXPECT_EQ(player.gateway.count(0, "VOICE_SERVER_UPDATE"), 2U);
  trouble.discord.advance(1ms);
  const json server = player.told("VOICE_SERVER_UPDATE");
  EXPECT_EQ(server.at("endpoint"), "127.0.0.1:2");
  EXPECT_NE(server.at("token"), before);
  EXPECT_NE(server.at("token"), nothing);
  EXPECT_EQ(player.gateway.count(0, "VOICE_STATE_UPDATE"), 1U) << "it stays where it is";
  player.renew_voice();
  player.speak(1);
  player.send(sound(), 10);
  trouble.end();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(trouble.discord.report().packets_heard, 25U);
  EXPECT_EQ(trouble.discord.report().packets_lost, 0U);
  EXPECT_EQ(trouble.discord.report().voice_identifies, 2U);
}

TEST(Migration, BringsNoSecondServerToThoseWhoAskedMeanwhile) {
  Trouble<> trouble;
  trouble.playing();
  trouble.happens({FaultKind::migrate, 0, 5s});
  trouble.discord.advance(1s);
  trouble.player.join();
  EXPECT_EQ(trouble.player.gateway.count(0, "VOICE_SERVER_UPDATE"), 3U);
  trouble.discord.advance(10s);
  EXPECT_EQ(trouble.player.gateway.count(0, "VOICE_SERVER_UPDATE"), 3U);
}

TEST(Migration, BringsNothingToThoseWhoLeftMeanwhile) {
  Trouble<> trouble;
  trouble.playing();
  trouble.player.fall_silent();
  trouble.happens({FaultKind::migrate, 0, 5s});
  trouble.player.gateway_says(trouble.player.joining(nullptr));
  trouble.discord.advance(10s);
  EXPECT_EQ(trouble.player.gateway.count(0, "VOICE_SERVER_UPDATE"), 2U);
}

TEST(Migration, BringsTheOtherServerFirst) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  trouble.happens({FaultKind::migrate_at_once});
  EXPECT_EQ(player.told("VOICE_SERVER_UPDATE").at("endpoint"), "127.0.0.1:2");
  EXPECT_EQ(player.voice.closed, std::nullopt);
  // The new session is there before the old one is closed.
  player.send(sound(), 5);
  RecoveringPlayer next(trouble.discord);
  next.gateways = {player.gateway};
  next.renew_voice();
  next.speak(1);
  next.send(sound(), 7);
  EXPECT_EQ(player.voice.closed, std::nullopt);
  trouble.discord.advance(10ms);
  EXPECT_THAT(player.voice.closed, Optional(4014));
  player.lose_voice(4014);
  next.send(sound(), 13);
  next.fall_silent();
  player.gateway_says(player.joining(nullptr));
  next.lose_voice(1000);
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
  EXPECT_EQ(trouble.discord.report().packets_heard, 40U);
  EXPECT_EQ(trouble.discord.report().packets_lost, 0U);
}

TEST(Migration, IsNoDepartureToTheOthers) {
  Trouble<> trouble;
  PaperPlayer bob(trouble.discord, 1);
  bob.get_ready();
  trouble.playing();
  trouble.happens({FaultKind::migrate_at_once});
  RecoveringPlayer next(trouble.discord);
  next.gateways = {trouble.player.gateway};
  next.renew_voice();
  trouble.discord.advance(250ms);
  trouble.player.lose_voice(4014);
  EXPECT_EQ(bob.voice.count(13), 0U);
  next.lose_voice(1000);
  EXPECT_EQ(bob.voice.count(13), 1U);
}

TEST(Migration, IsToldToAPlayerWhoseMainGatewayIsLost) {
  Trouble<> trouble;
  RecoveringPlayer& player = trouble.player;
  trouble.playing();
  player.lose_gateway();
  trouble.happens({FaultKind::migrate, 0, 500ms});
  trouble.discord.advance(1s);
  player.resume_gateway();
  EXPECT_THAT(player.dispatches(), ElementsAre("VOICE_SERVER_UPDATE", "VOICE_SERVER_UPDATE", "RESUMED"));
  player.lose_voice(4014);
  player.renew_voice();
  player.speak(1);
  player.send(sound(), 10);
  trouble.end();
  EXPECT_THAT(trouble.discord.broken(), IsEmpty());
}

TEST(Migration, EndsOneGroupAndBeginsAnother) {
  for (const bool at_once : {false, true}) {
    Trouble<RecoveringDavePlayer> trouble(test::encrypted());
    RecoveringDavePlayer& player = trouble.player;
    player.get_ready();
    player.speak(1);
    EXPECT_EQ(player.play(20), 20);
    const std::string code = player.code;
    trouble.happens({at_once ? FaultKind::migrate_at_once : FaultKind::migrate, 0, 500ms});
    RecoveringDavePlayer next(trouble.discord);
    if (at_once) {
      next.gateways = {player.gateway};
      next.renew_encrypted_voice();
      player.listen();  // what it still says is of the past
      trouble.discord.advance(250ms);
      player.lose_voice(4014);
    } else {
      trouble.discord.advance(500ms);
      player.lose_voice(4014);
      next.gateways = {player.gateway};
      next.renew_encrypted_voice();
    }
    trouble.discord.advance(100ms);
    next.listen();
    EXPECT_EQ(next.media, "encrypted");
    EXPECT_NE(next.code, code);
    next.speak(1);
    EXPECT_EQ(next.play(20), 20);
    next.fall_silent();
    player.gateway_says(player.joining(nullptr));
    next.lose_voice(1000);
    const Report report = trouble.discord.report();
    EXPECT_THAT(trouble.discord.broken(), IsEmpty());
    EXPECT_EQ(report.packets_heard, 45U);
    EXPECT_EQ(report.encryption.undecryptable, 0U);
    EXPECT_EQ(verdict_on_hearing(report), kEverything);
  }
}

TEST(Migration, LeavesDaveWithTheSessionThatIsInTheCall) {
  Trouble<RecoveringDavePlayer> trouble(test::encrypted());
  RecoveringDavePlayer& player = trouble.player;
  player.get_ready();
  player.speak(1);
  player.play(10);
  trouble.happens({FaultKind::migrate_at_once});
  RecoveringDavePlayer next(trouble.discord);
  next.gateways = {player.gateway};
  next.identify_to_voice({{"max_dave_protocol_version", 1}});  // up to READY
  test::DavePlayer bob(trouble.discord, 1);
  bob.get_ready();
  const auto is_binary = [](const auto& message) { return std::holds_alternative<Bytes>(message); };
  EXPECT_TRUE(std::any_of(player.voice.unread.begin(), player.voice.unread.end(), is_binary));
  EXPECT_FALSE(std::any_of(next.voice.unread.begin(), next.voice.unread.end(), is_binary));

  const Bytes key_package = {26, 1, 2, 3};
  trouble.discord.voice.on_binary(next.voice, key_package, trouble.discord.now);
  EXPECT_THAT(trouble.discord.broken(), ElementsAre("dave-opcode-order")) << "it has no SESSION_DESCRIPTION";
  next.ssrc = next.voice.last(2).at("d").at("ssrc").get<std::uint32_t>();
  next.discover();
  next.select();
  trouble.discord.voice.on_binary(player.voice, key_package, trouble.discord.now);
  player.voice_says({{"op", 23}, {"d", {{"transition_id", 77}}}});
  EXPECT_EQ(trouble.discord.report().findings.size(), 1U) << "what the old session says was on its way";
  EXPECT_EQ(trouble.discord.report().findings.front().count, 1U);
}

}  // namespace
}  // namespace vcplay::rehearsal
