// By which door a main gateway session is resumed, what an IDENTIFY costs instead, and how a session ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::is_told_that_it_is_over;
using test::PaperDiscord;
using test::PaperPlayer;
using test::RecoveringPlayer;
using test::sound;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

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
         for (int i = 0; i < 2000; ++i) discord.guild.announce_voice_status(discord.now);
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
