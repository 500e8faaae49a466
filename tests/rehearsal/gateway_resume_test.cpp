// Main gateway sessions that outlive their connection: what RESUME gives back, to whom, and what an IDENTIFY
// costs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
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

/// As a server's opcode 9 that says false.
bool is_told_that_it_is_over(const PaperPlayer& player) {
  return player.gateway.count(9) > 0 && player.gateway.last(9).at("d") == false;
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
    for (int i = 0; i < missed; ++i) discord.gateway.announce_voice_status(discord.now);
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

// ── by which door ──

TEST(GatewayResume, ComesByTheDoorThatReadyNamed) {
  PaperDiscord discord;
  RecoveringPlayer player(discord);
  player.get_ready();
  player.lose_gateway();
  player.knock(GatewayDoor::front);
  player.gateway_says(player.gateway_resumption());
  EXPECT_EQ(player.gateway.count(0, "RESUMED"), 1U);
  EXPECT_THAT(discord.broken(), ElementsAre("gateway-resume-url"));
}

TEST(GatewayResume, MayComeByTheFrontDoorWhereTheOtherIsOutOfReach) {
  const auto come = [](PaperDiscord& discord, RecoveringPlayer& player) {
    player.knock(GatewayDoor::front);
    player.gateway_says(player.gateway_resumption());
    EXPECT_EQ(player.gateway.count(0, "RESUMED"), 1U);
    EXPECT_THAT(discord.broken(), IsEmpty());
  };
  {
    PaperDiscord discord;
    RecoveringPlayer tried(discord);
    tried.get_ready();
    tried.lose_gateway();
    discord.advance(5s);
    come(discord, tried);
  }
  {
    PaperDiscord discord;
    RecoveringPlayer refused(discord);
    refused.get_ready();
    discord.inject({FaultKind::refuse_gateway, 0, 2s}, discord.account().user, discord.now);
    refused.lose_gateway();
    discord.advance(2s);
    come(discord, refused);
  }
  {
    PaperDiscord discord;
    discord.gateway.set_resume_url("wss://127.0.0.1:1");  // the only one
    RecoveringPlayer player(discord);
    player.get_ready();
    player.lose_gateway();
    come(discord, player);
  }
}

// ── IDENTIFY instead ──

TEST(GatewayIdentify, IsAWasteWhereASessionCanBeResumed) {
  struct Way {
    const char* name;
    bool is_waste;
    std::function<void(PaperDiscord&, RecoveringPlayer&)> lose;
  };
  const auto inject = [](PaperDiscord& discord, const Fault& fault) {
    discord.inject(fault, discord.account().user, discord.now);
  };
  const Way ways[] = {
      {"we dropped it", true,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::drop_gateway});
         player.lose_gateway();
       }},
      {"we closed it", true,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::close_gateway, 4000});
         player.lose_gateway(4000);
       }},
      {"it closed it to come back", true,
       [](PaperDiscord&, RecoveringPlayer& player) { player.lose_gateway(4000); }},
      {"it was told to reconnect and said goodbye", true,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::reconnect_gateway});
         player.lose_gateway(1000);
       }},
      {"it was told to reconnect and hung up", true,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::reconnect_gateway});
         player.lose_gateway();
       }},
      {"it was told that it can be resumed", true,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::invalidate_gateway, 0, {}, true});
         player.lose_gateway(4000);
       }},
      {"the wire broke: it may be another process", false,
       [](PaperDiscord&, RecoveringPlayer& player) { player.lose_gateway(); }},
      {"a code that ends the session", false,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::close_gateway, 4009});
         player.lose_gateway(4009);
       }},
      {"it was told that it cannot be resumed", false,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::invalidate_gateway});
         player.lose_gateway(4000);
       }},
      {"a minute ago", false,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::drop_gateway});
         player.lose_gateway();
         discord.advance(60s);
       }},
      {"too much was missed", false,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::drop_gateway});
         player.lose_gateway();
         for (int i = 0; i < 2000; ++i) discord.gateway.announce_voice_status(discord.now);
         player.resume_gateway();
         player.lose_gateway(4000);
       }},
      {"its RESUME was refused", false,
       [&](PaperDiscord& discord, RecoveringPlayer& player) {
         inject(discord, {FaultKind::drop_gateway});
         player.lose_gateway();
         inject(discord, {FaultKind::forget_gateway});
         player.resume_gateway();
         player.lose_gateway(4000);
       }},
  };
  for (const Way& way : ways) {
    SCOPED_TRACE(way.name);
    PaperDiscord discord;
    RecoveringPlayer player(discord);
    player.log_in();
    way.lose(discord, player);
    player.log_in();
    EXPECT_EQ(player.gateway.count(0, "READY"), 1U);
    EXPECT_EQ(discord.broken(), way.is_waste ? std::vector<std::string>{"gateway-identify-instead-of-resume"}
                                             : std::vector<std::string>{});
  }
}

TEST(GatewayIdentify, GivesUpTheCallOfTheLostSession) {
  PaperDiscord discord;
  RecoveringPlayer ann(discord);
  PaperPlayer bob(discord, 1);
  bob.get_ready();
  ann.get_ready();
  ann.speak(1);
  ann.send(sound(), 5);
  discord.inject({FaultKind::drop_gateway}, discord.account().user, discord.now);
  ann.lose_gateway();
  discord.inject({FaultKind::forget_gateway}, discord.account().user, discord.now);
  ann.log_in();
  EXPECT_THAT(ann.dispatches(), ElementsAre("READY", "GUILD_CREATE", "VOICE_STATE_UPDATE"));
  EXPECT_TRUE(ann.own_state().at("channel_id").is_null());
  EXPECT_TRUE(bob.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("channel_id").is_null());
  discord.advance(1s);
  EXPECT_THAT(ann.voice.closed, Optional(4014));
  ann.lose_voice(4014);
  ann.join();
  ann.renew_voice();
  ann.speak(1);
  ann.send(sound(), 5);
  ann.fall_silent();
  ann.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(discord.report().packets_heard, 15U);
  EXPECT_EQ(discord.report().packets_lost, 0U);
}

TEST(GatewayIdentify, LeavesASessionAloneThatIsConnected) {
  PaperDiscord discord;
  PaperPlayer first(discord);
  PaperPlayer second(discord);
  first.get_ready();
  second.log_in();
  discord.advance(1s);
  EXPECT_EQ(first.voice.closed, std::nullopt);
  EXPECT_EQ(second.gateway.count(0, "VOICE_STATE_UPDATE"), 0U);
  const json ours = first.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("session_id");
  second.join();
  const json theirs = second.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("session_id");
  EXPECT_EQ(first.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("session_id"), theirs);
  EXPECT_NE(ours, theirs);
  EXPECT_EQ(first.gateway.count(0, "VOICE_SERVER_UPDATE"), 1U) << "the second's is not for the first";
  discord.advance(1s);
  EXPECT_THAT(first.voice.closed, Optional(4014));
  first.hang_up();  // the voice state is the second's by now
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(GatewayIdentify, KeepsItsDistanceWhereThatIsDemanded) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.identify_spacing = 5s;
  PaperDiscord discord(options);
  PaperPlayer first(discord);
  PaperPlayer second(discord);
  PaperPlayer third(discord);
  PaperPlayer of_another_bot(discord, 1);
  first.log_in();
  of_another_bot.log_in();
  discord.advance(4999ms);
  second.log_in();
  EXPECT_TRUE(is_told_that_it_is_over(second));
  EXPECT_EQ(second.gateway.count(0), 0U);
  EXPECT_THAT(discord.broken(), ElementsAre("gateway-identify-too-soon"));
  discord.advance(1ms);
  third.log_in();
  EXPECT_EQ(third.gateway.count(0, "READY"), 1U);
  EXPECT_EQ(discord.report().findings.front().count, 1U);
  discord.advance(1s);
  PaperPlayer fourth(discord);
  fourth.log_in();
  EXPECT_TRUE(is_told_that_it_is_over(fourth));
  EXPECT_THAT(discord.broken(1), IsEmpty());
}

TEST(GatewayIdentify, IsUsuallyNotSpaced) {
  PaperDiscord discord;
  PaperPlayer first(discord);
  PaperPlayer second(discord);
  first.log_in();
  second.log_in();
  EXPECT_EQ(second.gateway.count(0, "READY"), 1U);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

// ── the end ──

TEST(GatewaySession, ThatIsLostWhenTheRehearsalEndsDidNotLeave) {
  for (const bool was_dropped : {true, false}) {
    PaperDiscord discord;
    RecoveringPlayer player(discord);
    player.get_ready();
    if (was_dropped) discord.inject({FaultKind::drop_gateway}, discord.account().user, discord.now);
    player.lose_gateway();
    discord.gateway.end_lost_sessions(discord.now);
    EXPECT_EQ(discord.broken(),
              was_dropped ? std::vector<std::string>{} : std::vector<std::string>{"left-without-leave"});
  }
}

TEST(GatewaySession, IsNoExcuseAfterItsResume) {
  PaperDiscord discord;
  RecoveringPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 5);
  discord.inject({FaultKind::drop_gateway}, discord.account().user, discord.now);
  player.lose_gateway();
  player.resume_gateway();
  player.hang_up();
  EXPECT_THAT(discord.broken(), ElementsAre("left-without-leave", "speaking-not-ended", "missing-silence"));
}

}  // namespace
}  // namespace vcplay::rehearsal
