// The loopback's voice gateway: the handshake, the introductions, and how breaches are answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "words/rehearsal_words.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;
using test::PaperDiscord;
using test::PaperPlayer;
using test::PaperSocket;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(VoiceGateway, LeadsThroughTheHandshake) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  player.connect_voice();
  const json hello = player.voice.last(8).at("d");
  EXPECT_EQ(hello.at("v"), 8);
  EXPECT_EQ(hello.at("heartbeat_interval"), 13'750.0);
  player.voice_says(player.voice_identity());
  const json ready = player.voice.last(2);
  EXPECT_FALSE(ready.contains("seq"));
  EXPECT_EQ(ready.at("d").at("ip"), "127.0.0.1");
  EXPECT_EQ(ready.at("d").at("port"), 3);
  EXPECT_EQ(ready.at("d").at("modes"),
            json::array({"aead_aes256_gcm_rtpsize", "aead_xchacha20_poly1305_rtpsize"}));
  player.ssrc = ready.at("d").at("ssrc").get<std::uint32_t>();
  player.discover();
  player.voice_says(player.selection({{"mode", "aead_xchacha20_poly1305_rtpsize"}}));
  const json description = player.voice.last(4).at("d");
  EXPECT_EQ(description.at("mode"), "aead_xchacha20_poly1305_rtpsize");
  EXPECT_EQ(description.at("secret_key").size(), 32U);
  EXPECT_EQ(description.at("dave_protocol_version"), 0);
  player.take_key();
  player.speak(1);
  player.send(test::sound(), 3);
  EXPECT_EQ(discord.report().packets_heard, 3U);
  EXPECT_EQ(discord.report().mode, "aead_xchacha20_poly1305_rtpsize");
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(VoiceGateway, TakesVersionNineWithTheChannel) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  discord.voice.on_open(player.voice, "v=9", discord.now);
  player.voice_says(player.voice_identity({{"channel_id", discord.world.options().channel.str()}}));
  EXPECT_EQ(player.voice.count(2), 1U);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(VoiceGateway, IntroducesTheMembersToEachOther) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.occupants = 3;
  PaperDiscord discord(options);
  PaperPlayer player(discord, 0);
  PaperPlayer other(discord, 1);
  player.get_ready();
  player.speak(1);
  EXPECT_EQ(player.voice.last(11).at("d").at("user_ids").size(), 3U);
  other.get_ready();
  EXPECT_EQ(other.voice.last(11).at("d").at("user_ids").size(), 4U);
  EXPECT_EQ(other.voice.last(5).at("d").at("user_id"), discord.account(0).user.str());
  const json newcomer = json::array({discord.account(1).user.str()});
  EXPECT_EQ(player.voice.last(11).at("d").at("user_ids"), newcomer);
  EXPECT_EQ(player.voice.last(18).at("d").at("user_id"), newcomer[0]);
  EXPECT_EQ(player.voice.last(20).at("d").at("user_id"), newcomer[0]);
  other.leave();
  EXPECT_EQ(player.voice.last(13).at("d").at("user_id"), newcomer[0]);
}

TEST(VoiceGateway, NumbersAcrossTheWrapAndWantsTheLastNumberBack) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.voice_first_sequence = 65'534;
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  player.connect_voice();
  player.voice_says({{"op", 3}, {"d", {{"t", 5}, {"seq_ack", -1}}}});
  player.voice_says({{"op", 3}, {"d", {{"t", 6}}}});
  EXPECT_EQ(player.voice.last(6).at("d").at("t"), 6);
  player.voice_says(player.voice_identity());  // numbers op 11, op 18 and op 20
  EXPECT_EQ(player.voice.last(11).at("seq"), 65'534);
  EXPECT_EQ(player.voice.last(20).at("seq"), 0);
  discord.advance(3s);
  player.voice_says({{"op", 3}, {"d", {{"t", 7}, {"seq_ack", 0}}}});
  EXPECT_THAT(discord.broken(), IsEmpty());
  player.voice_says({{"op", 3}, {"d", {{"t", 8}, {"seq_ack", 65'535}}}});
  EXPECT_THAT(discord.broken(), ElementsAre("voice-heartbeat-sequence"));
}

TEST(VoiceGateway, EndsSilentConnectionsAfterAFractionalInterval) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.voice_heartbeat_interval_ms = 1000.5;
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.get_ready();
  discord.advance(1500ms);
  EXPECT_EQ(player.voice.closed, std::nullopt);
  discord.advance(1ms);
  EXPECT_THAT(player.voice.closed, Optional(4009));
  EXPECT_THAT(discord.broken(), ElementsAre("voice-heartbeat-missed"));
}

TEST(VoiceGateway, ClosesAMomentAfterTheMainGatewaysWord) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.gateway_says(player.joining(nullptr));
  discord.advance(200ms);
  EXPECT_EQ(player.voice.closed, std::nullopt);
  discord.advance(100ms);
  EXPECT_THAT(player.voice.closed, Optional(4014));
}

TEST(VoiceGateway, TakesATokenOnlyOnce) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  PaperSocket again;
  discord.voice.on_closed(player.voice, 1000, discord.now);
  discord.voice.on_open(again, "v=8", discord.now);
  discord.voice.on_text(again, player.voice_identity().dump(), discord.now);
  EXPECT_THAT(again.closed, Optional(4006));
  EXPECT_THAT(discord.broken(), ElementsAre("voice-token"));
  player.join();  // a fresh pair
  PaperSocket third;
  discord.voice.on_open(third, "v=8", discord.now);
  discord.voice.on_text(third, player.voice_identity().dump(), discord.now);
  EXPECT_EQ(third.count(2), 1U);
}

TEST(VoiceGateway, MisbehavesAsOrdered) {
  DiscordOptions mute;
  mute.voice_says_nothing = true;
  PaperDiscord silent(mute);
  PaperPlayer waiting(silent);
  waiting.log_in();
  waiting.join();
  waiting.connect_voice();
  waiting.voice_says(waiting.voice_identity());
  EXPECT_THAT(waiting.voice.texts, IsEmpty());

  DiscordOptions closing;
  closing.voice_identify_close_code = 4017;
  PaperDiscord refusing(closing);
  PaperPlayer refused(refusing);
  refused.log_in();
  refused.join();
  refused.connect_voice();
  refused.voice_says(refused.voice_identity());
  EXPECT_THAT(refused.voice.closed, Optional(4017));
  EXPECT_THAT(refusing.broken(), IsEmpty());
}

/// Something that a client may not say, and the answer.
struct Breach {
  const char* rule;
  std::optional<std::uint16_t> code;
  std::function<void(PaperDiscord&, PaperPlayer&)> act;
};

class OnTheVoiceGateway : public ::testing::TestWithParam<Breach> {};

TEST_P(OnTheVoiceGateway, IsNamedAndAnswered) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  GetParam().act(discord, player);
  EXPECT_THAT(discord.broken(), ElementsAre(GetParam().rule));
  EXPECT_EQ(player.voice.closed, GetParam().code);
  player.leave();
  EXPECT_THAT(discord.broken(), ElementsAre(GetParam().rule));
}

using Act = std::function<void(PaperDiscord&, PaperPlayer&)>;

Act identifying(json changes, const char* query = "v=8") {
  return [changes = std::move(changes), query](PaperDiscord& discord, PaperPlayer& player) {
    discord.voice.on_open(player.voice, query, discord.now);
    player.voice_says(player.voice_identity(changes));
  };
}
Act saying(std::string text) {
  return [text = std::move(text)](PaperDiscord& discord, PaperPlayer& player) {
    player.enter_voice();
    discord.voice.on_text(player.voice, text, discord.now);
  };
}
Act selecting(json changes, bool discovers = true) {
  return [changes = std::move(changes), discovers](PaperDiscord&, PaperPlayer& player) {
    player.enter_voice();
    if (discovers) player.discover();
    player.voice_says(player.selection(changes));
  };
}

const Breach kBreaches[] = {
    {"voice-version", 4012,
     [](PaperDiscord& discord, PaperPlayer& player) {
       discord.voice.on_open(player.voice, "v=7", discord.now);
     }},
    {"voice-version", 4012,
     [](PaperDiscord& discord, PaperPlayer& player) {
       discord.voice.on_open(player.voice, "", discord.now);
     }},
    {"voice-before-identify", 4003,
     [](PaperDiscord&, PaperPlayer& player) {
       player.connect_voice();
       player.speak(1);
     }},
    {"voice-identified-twice", 4005,
     [](PaperDiscord&, PaperPlayer& player) {
       player.enter_voice();
       player.voice_says(player.voice_identity());
     }},
    {"voice-identify-fields", 4002, identifying({{"token", nullptr}})},
    {"voice-identify-fields", 4002, identifying({{"server_id", 81384788765712384}})},
    {"voice-identify-fields", 4002, identifying({{"max_dave_protocol_version", "1"}})},
    {"voice-identify-fields", 4002, identifying(json::object(), "v=9")},
    {"voice-session", 4006, identifying({{"session_id", "somebody else's"}})},
    {"voice-session", 4006, identifying({{"server_id", "123456789012345678"}})},
    {"voice-session", 4006, identifying({{"user_id", "82198898841029460"}})},  // the listener's
    {"voice-session", 4006, identifying({{"channel_id", "381870553235193002"}}, "v=9")},
    {"voice-token", 4004, identifying({{"token", "guessed"}})},
    {"voice-undecodable", 4002, saying("")},
    {"voice-undecodable", 4002, saying(R"({"op":)")},
    {"voice-undecodable", 4002, saying("null")},
    {"voice-undecodable", 4002, saying(R"({"op":3,"d":")" + std::string(20'000, 'x') + "\"}")},
    {"voice-unknown-opcode", 4001, saying(R"({"op":99})")},
    {"voice-binary", 4020,
     [](PaperDiscord& discord, PaperPlayer& player) {
       player.enter_voice();
       discord.voice.on_binary(player.voice, Bytes{26}, discord.now);
     }},
    {"voice-heartbeat-fields", 4020, saying(R"({"op":3,"d":1234})")},
    {"voice-heartbeat-fields", 4020, saying(R"({"op":3,"d":{"seq_ack":1}})")},
    {"voice-heartbeat-fields", 4020, saying(R"({"op":3,"d":{"t":1,"seq_ack":"3"}})")},
    {"select-protocol-fields", 4012, saying(R"({"op":1,"d":{"protocol":"webrtc","data":{}}})")},
    {"select-protocol-fields", 4012, saying(R"({"op":1,"d":{}})")},
    {"select-protocol-fields", 4012, selecting({{"port", "50000"}})},
    {"select-protocol-mode", 4016, selecting({{"mode", "xsalsa20_poly1305"}})},
    {"select-protocol-address", std::nullopt, selecting({{"port", 1}})},
    {"select-protocol-address", std::nullopt, selecting({{"address", "10.0.0.1"}})},
    {"no-discovery", std::nullopt, selecting(json::object(), false)},
    {"speaking-order", std::nullopt,
     [](PaperDiscord&, PaperPlayer& player) {
       player.enter_voice();
       player.speak(1);
     }},
    {"speaking-fields", 4020, saying(R"({"op":5,"d":{"speaking":true,"delay":0,"ssrc":1}})")},
    {"speaking-fields", 4020, saying(R"({"op":5,"d":{"speaking":8,"delay":0,"ssrc":1}})")},
    {"speaking-fields", 4020, saying(R"({"op":5,"d":{"speaking":1,"ssrc":1}})")},
};

INSTANTIATE_TEST_SUITE_P(Rehearsal, OnTheVoiceGateway, ::testing::ValuesIn(kBreaches), [](const auto& the) {
  std::string name = the.param.rule + std::to_string(the.index);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace vcplay::rehearsal
