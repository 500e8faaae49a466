// Main gateway sessions that outlive their connection: what RESUME gives back, for how long, and to whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::is_told_that_it_is_over;
using test::kNoCloseFrame;
using test::PaperDiscord;
using test::PaperPlayer;
using test::PaperSocket;
using test::RecoveringPlayer;
using test::sound;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

/// A heartbeat on both gateways, as every player says from time to time.
void beat(PaperPlayer& player) {
  player.gateway_says({{"op", 1}, {"d", player.gateway.last(0).at("s")}});
  if (!player.voice.last_number) return;
  player.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", *player.voice.last_number}}}});
}

/// Time passes while these are alive.
void wait(PaperDiscord& discord, Duration span, const std::vector<PaperPlayer*>& alive) {
  for (; span > 0s; span -= std::min<Duration>(span, 10s)) {
    discord.advance(std::min<Duration>(span, 10s));
    for (PaperPlayer* const player : alive) beat(*player);
  }
}

// ── what comes back ──

TEST(GatewayResume, TellsAgainWhatWasMissedAndGoesOn) {
  PaperDiscord discord;
  RecoveringPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.log_in();
  ann.get_ready();
  ann.lose_gateway();
  bob.join();
  bob.gateway_says(bob.joining(nullptr));
  ann.resume_gateway();
  EXPECT_THAT(ann.dispatches(), ElementsAre("VOICE_STATE_UPDATE", "VOICE_STATE_UPDATE", "RESUMED"));
  EXPECT_THAT(ann.sequences(), ElementsAre(ann.seen + 1, ann.seen + 2, ann.seen + 3));
  EXPECT_EQ(json::parse(ann.gateway.texts.front()).at("op"), 10);
  bob.join();
  EXPECT_EQ(ann.gateway.last(0, "VOICE_STATE_UPDATE").at("s"), ann.seen + 4);
  EXPECT_EQ(discord.report().gateway_resumes, 1U);
  EXPECT_EQ(discord.report().gateway_identifies, 1U);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(GatewayResume, TellsNothingAgainThatWasSeen) {
  PaperDiscord discord;
  RecoveringPlayer player(discord);
  player.get_ready();
  player.lose_gateway();
  player.resume_gateway();
  EXPECT_THAT(player.dispatches(), ElementsAre("RESUMED"));
}

TEST(GatewayResume, WorksAnyNumberOfTimes) {
  PaperDiscord discord;
  RecoveringPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.log_in();
  ann.get_ready();
  for (int i = 0; i < 5; ++i) {
    ann.lose_gateway(i % 2 == 0 ? kNoCloseFrame : 4000);
    bob.gateway_says(bob.joining(i % 2 == 0 ? json(discord.world.options().channel.str()) : json(nullptr)));
    wait(discord, 30s, {&bob});  // longer than the window in all
    ann.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", *ann.voice.last_number}}}});
    ann.resume_gateway();
    EXPECT_THAT(ann.dispatches(), ElementsAre("VOICE_STATE_UPDATE", "RESUMED")) << i;
    EXPECT_EQ(ann.sequences().front(), ann.seen + 1);
  }
  EXPECT_EQ(discord.report().gateway_resumes, 5U);
}

TEST(GatewayResume, GoesToAnotherDoor) {
  PaperDiscord discord;
  RecoveringPlayer player(discord);
  player.log_in();
  EXPECT_EQ(player.gateway.last(0, "READY").at("d").at("resume_gateway_url"), "wss://localhost:4");
}

TEST(GatewayResume, LeavesTheCallAndItsAudioAlone) {
  PaperDiscord discord;
  RecoveringPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.log_in();
  ann.get_ready();
  const std::size_t heard_before = bob.gateway.count(0, "VOICE_STATE_UPDATE");
  ann.speak(1);
  ann.send(sound(), 20);
  ann.lose_gateway();
  ann.send(sound(), 20);
  ann.resume_gateway();
  ann.send(sound(), 20);
  EXPECT_EQ(bob.gateway.count(0, "VOICE_STATE_UPDATE"), heard_before);
  ann.fall_silent();
  ann.leave();
  const Report report = discord.report();
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_heard, 65U);
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_TRUE(report.left_cleanly);
}

TEST(GatewayResume, TakesTheSessionFromAConnectionThatHangs) {
  PaperDiscord discord;
  RecoveringPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.log_in();
  ann.get_ready();
  const std::int64_t seen = ann.last_sequence();
  const json session = ann.gateway.last(0, "READY").at("d").at("session_id");
  PaperSocket next;
  discord.gateway.on_open(next, "v=10&encoding=json", discord.now, GatewayDoor::resume);
  const json data = {{"token", discord.account().token}, {"session_id", session}, {"seq", seen}};
  discord.gateway.on_text(next, json{{"op", 6}, {"d", data}}.dump(), discord.now);
  EXPECT_TRUE(ann.gateway.dropped);
  ann.gateway_says({{"op", 99}});  // it counts no more
  discord.gateway.on_closed(ann.gateway, kNoCloseFrame, discord.now);
  bob.join();
  EXPECT_EQ(next.last(0, "VOICE_STATE_UPDATE").at("s"), seen + 2);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(GatewayResume, IsAcknowledgedByHeartbeatsAsIfNothingHadHappened) {
  PaperDiscord discord;
  RecoveringPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.log_in();
  ann.get_ready();
  ann.lose_gateway();
  bob.join();
  ann.knock();
  const auto say = [&](std::int64_t number) { ann.gateway_says({{"op", 1}, {"d", number}}); };
  say(ann.seen);  // HELLO asks for heartbeats before there is a session again
  ann.gateway_says(ann.gateway_resumption());
  for (const std::int64_t on_its_way : {ann.seen, ann.seen + 1, ann.seen + 2}) say(on_its_way);
  EXPECT_THAT(discord.broken(), IsEmpty());
  discord.advance(3s);
  say(ann.seen + 1);
  EXPECT_THAT(discord.broken(), ElementsAre("gateway-heartbeat-sequence"));
}

// ── how long, and for whom ──

TEST(GatewayResume, IsPossibleForAMinute) {
  for (const bool in_time : {true, false}) {
    PaperDiscord discord;
    RecoveringPlayer ann(discord);
    PaperPlayer bob(discord, 1);
    bob.log_in();
    ann.log_in();
    ann.join();
    ann.lose_gateway();
    wait(discord, in_time ? 59'999ms : 60s, {&bob});
    const json state = bob.gateway.last(0, "VOICE_STATE_UPDATE").at("d");
    EXPECT_EQ(state.at("channel_id").is_null(), !in_time);
    ann.resume_gateway();
    EXPECT_EQ(ann.gateway.count(0, "RESUMED"), in_time ? 1U : 0U);
    EXPECT_EQ(is_told_that_it_is_over(ann), !in_time);
    EXPECT_EQ(discord.broken(),
              in_time ? std::vector<std::string>{} : std::vector<std::string>{"left-without-leave"});
  }
}

TEST(GatewayResume, EndsTheWait) {
  PaperDiscord discord;
  RecoveringPlayer player(discord);
  player.log_in();
  player.join();
  player.lose_gateway();
  player.resume_gateway();
  wait(discord, 120s, {&player});
  EXPECT_NE(discord.world.voice_state(discord.account().user), nullptr);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(GatewayResume, EndsTheCallOfThoseWhoDoNotComeBack) {
  PaperDiscord discord;
  RecoveringPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  ann.lose_gateway();
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(ann.voice.closed, std::nullopt);
    discord.advance(10s);
    beat(bob);
    ann.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", *ann.voice.last_number}}}});
  }
  discord.advance(1s);
  EXPECT_THAT(ann.voice.closed, Optional(4014));
  EXPECT_THAT(discord.broken(), ElementsAre("left-without-leave"));
}

TEST(GatewayResume, IsNotForThoseWhoSaidGoodbye) {
  for (const std::uint16_t code : {std::uint16_t{1000}, std::uint16_t{1001}}) {
    PaperDiscord discord;
    RecoveringPlayer ann(discord);
    PaperPlayer bob(discord, 1);
    bob.log_in();
    ann.get_ready();
    ann.lose_gateway(code);
    EXPECT_TRUE(bob.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("channel_id").is_null());
    ann.resume_gateway();
    EXPECT_TRUE(is_told_that_it_is_over(ann));
    EXPECT_THAT(discord.broken(), ElementsAre("left-without-leave"));
  }
}

TEST(GatewayResume, FindsNoMoreThanTheLatestDispatches) {
  constexpr int kMostKept = 1024;
  for (const int missed : {kMostKept, kMostKept + 1}) {
    PaperDiscord discord;
    RecoveringPlayer ann(discord);
    ann.log_in();
    ann.lose_gateway();
    for (int i = 0; i < missed; ++i) discord.guild.announce_voice_status(discord.now);
    ann.resume_gateway();
    EXPECT_EQ(ann.dispatches().size(), missed == kMostKept ? kMostKept + 1U : 0U);
    EXPECT_EQ(is_told_that_it_is_over(ann), missed > kMostKept);
    EXPECT_THAT(discord.broken(), IsEmpty());
  }
}

/// What is wrong with a RESUME, and the answer: a close code, or 9 for opcode 9.
struct Refusal {
  std::vector<std::string> rules;
  int answer;
  json changes;
};

TEST(GatewayResume, IsRefused) {
  PaperDiscord another;
  const Refusal refusals[] = {
      {{}, 9, {{"session_id", "one that nobody has"}}},
      {{"gateway-token"}, 4004, {{"token", "nobody's"}}},
      {{"gateway-resume-sequence"}, 4007, {{"seq", 1'000'000}}},
      {{"gateway-resume-fields"}, 4002, {{"seq", -1}}},
      {{"gateway-resume-fields"}, 4002, {{"seq", "3"}}},
      {{"gateway-resume-fields"}, 4002, {{"seq", nullptr}}},
      {{"gateway-resume-fields"}, 4002, {{"token", 7}}},
      {{"gateway-resume-fields"}, 4002, {{"session_id", nullptr}}},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.changes.dump());
    PaperDiscord discord;
    RecoveringPlayer player(discord);
    player.get_ready();
    player.lose_gateway();
    player.resume_gateway(refusal.changes);
    EXPECT_EQ(player.gateway.count(0), 0U);
    EXPECT_EQ(player.gateway.closed.value_or(9), refusal.answer);
    EXPECT_EQ(is_told_that_it_is_over(player), refusal.answer == 9);
    EXPECT_EQ(discord.broken(), refusal.rules);
  }
}

TEST(GatewayResume, IsOverAfterAnImpossibleSequence) {
  PaperDiscord discord;
  RecoveringPlayer player(discord);
  player.log_in();
  player.lose_gateway();
  const std::int64_t seen = player.seen;
  player.resume_gateway({{"seq", seen + 1}});
  player.lose_gateway(4007);
  player.resume_gateway({{"seq", seen}});
  EXPECT_TRUE(is_told_that_it_is_over(player));
}

TEST(GatewayResume, IsNotForAnotherAccount) {
  PaperDiscord discord;
  RecoveringPlayer ann(discord);
  ann.get_ready();
  ann.lose_gateway();
  ann.resume_gateway({{"token", discord.account(1).token}});
  EXPECT_TRUE(is_told_that_it_is_over(ann));
  EXPECT_THAT(discord.broken(1), ElementsAre("gateway-token"));
  EXPECT_THAT(discord.broken(0), IsEmpty());
}

TEST(GatewayResume, IsSaidOnceOnAConnection) {
  PaperDiscord discord;
  RecoveringPlayer player(discord);
  player.get_ready();
  player.lose_gateway();
  player.resume_gateway();
  player.gateway_says(player.gateway_resumption());
  EXPECT_THAT(player.gateway.closed, Optional(4005));
  EXPECT_THAT(discord.broken(), ElementsAre("gateway-identified-twice"));
}

TEST(GatewayResume, DoesNotAskForWhatAHeartbeatHadNamed) {
  PaperDiscord discord;
  RecoveringPlayer player(discord);
  player.get_ready();
  beat(player);
  player.lose_gateway();
  player.resume_gateway({{"seq", player.seen - 1}});
  EXPECT_EQ(player.gateway.count(0, "RESUMED"), 1U);
  EXPECT_THAT(discord.broken(), ElementsAre("gateway-resume-sequence"));
}

TEST(GatewayResume, IsNotTriedAgainAfterANo) {
  for (const bool heard_the_no : {true, false}) {
    PaperDiscord discord;
    RecoveringPlayer player(discord);
    player.get_ready();
    player.lose_gateway();
    discord.inject({FaultKind::forget_gateway}, discord.account().user, discord.now);
    player.resume_gateway();
    EXPECT_TRUE(is_told_that_it_is_over(player));
    EXPECT_THAT(discord.broken(), IsEmpty());
    player.lose_gateway(heard_the_no ? 4000 : kNoCloseFrame);
    player.resume_gateway();
    EXPECT_TRUE(is_told_that_it_is_over(player));
    EXPECT_EQ(discord.broken(),
              heard_the_no ? std::vector<std::string>{"gateway-resume-refused"} : std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace vcplay::rehearsal
