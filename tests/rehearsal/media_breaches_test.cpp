// Every breach on the voice gateway and on UDP is named, and only that one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "words/rehearsal_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::PaperDiscord;
using test::PaperPlayer;
using test::silence;
using test::sound;
using ::testing::ElementsAre;

/// One way to go wrong while playing, and what it is called.
struct Misbehaviour {
  const char* rule;
  std::function<void(PaperDiscord&, PaperPlayer&)> act;
};

class WhilePlaying : public ::testing::TestWithParam<Misbehaviour> {};

TEST_P(WhilePlaying, IsNamedAndNothingElseIs) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 10);
  GetParam().act(discord, player);
  player.send(sound(), 10);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), ElementsAre(GetParam().rule));
}

/// Delivers the next packet after 20 ms as `spoil` leaves it.
std::function<void(PaperDiscord&, PaperPlayer&)> spoiled(std::function<void(Bytes&)> spoil) {
  return [spoil = std::move(spoil)](PaperDiscord& discord, PaperPlayer& player) {
    Bytes packet = player.packet(sound());
    spoil(packet);
    discord.advance(20ms);
    player.deliver(std::move(packet));
  };
}

const Misbehaviour kWhilePlaying[] = {
    {"bad-tag", spoiled([](Bytes& packet) { packet[14] ^= 1; })},
    {"bad-tag", spoiled([](Bytes& packet) { packet[3] ^= 0x40; })},  // the clear header is authenticated, too
    {"packet-malformed",
     [](PaperDiscord&, PaperPlayer& player) {
       player.deliver({1, 2, 3, 4, 5});
     }},
    {"packet-malformed", [](PaperDiscord&, PaperPlayer& player) { player.deliver({}); }},
    {"packet-malformed", [](PaperDiscord&, PaperPlayer& player) { player.deliver(Bytes(74, 0x42)); }},
    {"repeated-nonce",
     [](PaperDiscord& discord, PaperPlayer& player) {
       const Bytes packet = player.packet(sound());
       discord.advance(20ms);
       player.deliver(packet);
       player.deliver(packet);  // the very same once more
     }},
    {"repeated-nonce",
     [](PaperDiscord& discord, PaperPlayer& player) {
       rtp::TransportCipher again(rtp::TransportMode::aes256_gcm_rtpsize, rtp::TransportKey(player.key));
       std::swap(*player.cipher, again);  // the counter starts anew under the same key
       discord.advance(20ms);
       player.deliver(player.packet(sound()));
       std::swap(*player.cipher, again);
     }},
    {"wrong-sequence", [](PaperDiscord&, PaperPlayer& player) { (void)player.packet(sound()); }},
    {"wrong-sequence",
     [](PaperDiscord& discord, PaperPlayer& player) {
       player.sequence = static_cast<std::uint16_t>(player.sequence - 1);
       discord.advance(20ms);
       player.deliver(player.packet(sound()));
       player.timestamp -= rtp::kTimestampStep;
     }},
    {"wrong-timestamp", [](PaperDiscord&, PaperPlayer& player) { player.timestamp += 1; }},
    {"wrong-timestamp", [](PaperDiscord&, PaperPlayer& player) { player.timestamp -= rtp::kTimestampStep; }},
    {"wrong-timestamp", [](PaperDiscord&, PaperPlayer& player) { player.timestamp += rtp::kTimestampStep; }},
    {"wrong-timestamp",
     [](PaperDiscord& discord, PaperPlayer& player) {
       player.send(silence(), 5);
       discord.advance(1s);
       player.timestamp += 100 * rtp::kTimestampStep;  // two seconds of media over one second
     }},
    {"burst",
     [](PaperDiscord& discord, PaperPlayer& player) {
       discord.advance(100ms);
       for (int i = 0; i < 5; ++i) player.deliver(player.packet(sound()));
     }},
    {"missing-silence", [](PaperDiscord& discord, PaperPlayer&) { discord.advance(500ms); }},
    {"missing-silence",
     [](PaperDiscord&, PaperPlayer& player) {
       player.send(silence(), 4);
       player.speak(0);
       player.speak(1);
     }},
    {"marker-set",
     [](PaperDiscord& discord, PaperPlayer& player) {
       player.marker = true;
       discord.advance(20ms);
       player.deliver(player.packet(sound()));
       player.marker = false;
     }},
    {"wrong-source-address",
     [](PaperDiscord&, PaperPlayer& player) {
       player.address.port += 7;
       player.send(sound());
       player.address.port -= 7;
     }},
    {"unknown-ssrc",
     [](PaperDiscord&, PaperPlayer& player) {
       Bytes packet(60);
       rtp::Header{1, 2, player.ssrc + 99}.write(packet);
       player.deliver(std::move(packet));
     }},
    {"opus-duration",
     [](PaperDiscord&, PaperPlayer& player) {
       player.send({0xE4, 1, 2, 3, 4, 5, 6});  // CELT, 2.5 ms
     }},
    {"opus-undecodable",
     [](PaperDiscord&, PaperPlayer& player) {
       player.send({0xFF, 0xFF, 0xFF});  // code 3 with 63 packets of 20 ms: longer than 120 ms
     }},
    {"audio-while-not-speaking",
     [](PaperDiscord& discord, PaperPlayer& player) {
       player.fall_silent();
       player.send(sound());
       player.send(silence(), 5);
       discord.advance(100ms);
       player.speak(1);
     }},
    {"speaking-unchanged", [](PaperDiscord&, PaperPlayer& player) { player.speak(1); }},
    {"speaking-priority", [](PaperDiscord&, PaperPlayer& player) { player.speak(5); }},
    {"speaking-ssrc",
     [](PaperDiscord&, PaperPlayer& player) {
       player.voice_says({{"op", 5}, {"d", {{"speaking", 0}, {"delay", 0}, {"ssrc", player.ssrc + 1}}}});
     }},
    {"select-protocol-order",
     [](PaperDiscord&, PaperPlayer& player) { player.voice_says(player.selection()); }},
    {"voice-heartbeat-sequence",
     [](PaperDiscord&, PaperPlayer& player) {
       player.voice_says({{"op", 3}, {"d", {{"t", 1}, {"seq_ack", 99}}}});
     }},
    {"discovery-ssrc",
     [](PaperDiscord&, PaperPlayer& player) {
       ++player.ssrc;
       player.discover();
       --player.ssrc;
     }},
    {"discovery-malformed",
     [](PaperDiscord&, PaperPlayer& player) {
       Bytes request(74);
       store_be16(request, 1);
       store_be16(ByteSpan(request).subspan(2), 74);
       store_be32(ByteSpan(request).subspan(4), player.ssrc);
       player.deliver(std::move(request));
     }},
};

INSTANTIATE_TEST_SUITE_P(Media, WhilePlaying, ::testing::ValuesIn(kWhilePlaying), [](const auto& the) {
  std::string name = the.param.rule + std::to_string(the.index);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(UnlawfulPlayer, SendsAudioBeforeSpeaking) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.send(sound(), 10);
  discord.advance(100ms);
  player.speak(1);
  player.send(sound(), 10);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), ElementsAre("audio-before-speaking"));
  EXPECT_EQ(discord.report().findings.front().count, 10U);
  EXPECT_EQ(discord.report().packets_heard, 15U) << "what came too early reaches nobody";
}

TEST(UnlawfulPlayer, NeverSpeaksAtAll) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.send(silence());
  player.leave();
  EXPECT_THAT(discord.broken(), ElementsAre("audio-before-speaking"));
}

TEST(UnlawfulPlayer, SendsBeforeTheSessionIsDescribed) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  player.enter_voice();
  player.discover();
  Bytes packet(60);
  rtp::Header{1, 960, player.ssrc}.write(packet);
  player.deliver(std::move(packet));
  player.leave();
  EXPECT_THAT(discord.broken(), ElementsAre("packet-before-session"));
}

TEST(UnlawfulPlayer, LeavesWhileSpeaking) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 10);
  player.send(silence(), 5);
  player.leave();
  EXPECT_THAT(discord.broken(), ElementsAre("speaking-not-ended"));
  EXPECT_FALSE(discord.report().speaking_ended);
}

TEST(UnlawfulPlayer, HangsUpWithoutLeaving) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 10);
  player.fall_silent();
  player.hang_up();
  EXPECT_THAT(discord.broken(), ElementsAre("left-without-leave"));
  EXPECT_FALSE(discord.report().left_cleanly);
}

TEST(MediaServer, BlamesNobodyForAStreamThatTheServerCutOff) {
  const std::vector<std::pair<std::string, std::function<void(PaperDiscord&, PaperPlayer&)>>> cuts = {
      {"",
       [](PaperDiscord& discord, PaperPlayer& player) {
         player.gateway_says(player.joining(discord.world.other_channel().str()));
       }},
      {"voice-unknown-opcode",
       [](PaperDiscord&, PaperPlayer& player) {
         player.voice_says({{"op", 99}});
       }},
      {"gateway-unknown-opcode", [](PaperDiscord& discord, PaperPlayer& player) {
         player.gateway_says({{"op", 99}});
         discord.gateway.on_closed(player.gateway, 4001, discord.now);
       }}};
  DiscordOptions options = PaperDiscord::unencrypted();
  options.gateway_resume_window = 0s;
  for (const auto& [rule, cut] : cuts) {
    PaperDiscord discord(options);
    PaperPlayer player(discord);
    player.get_ready();
    player.speak(1);
    player.send(sound(), 10);
    cut(discord, player);
    discord.advance(1s);
    EXPECT_NE(player.voice.closed, std::nullopt);
    discord.voice.on_closed(player.voice, 0, discord.now);
    EXPECT_EQ(discord.broken(), rule.empty() ? std::vector<std::string>{} : std::vector<std::string>{rule});
  }
}

TEST(UnlawfulPlayer, SendsTooMuchAtOnce) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  Bytes huge = sound();
  huge.resize(1400);
  player.send(huge);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), ElementsAre("packet-too-large"));
}

}  // namespace
}  // namespace vcplay::rehearsal
