// Every breach on the voice gateway and on UDP is named, and only that one; a lawful player breaks nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <cmath>
#include <functional>
#include <memory>
#include <numbers>

#include "rehearsal/nonce_set.hpp"
#include "words/rehearsal_words.hpp"

namespace vcplay::rehearsal {
namespace {

using test::PaperDiscord;
using test::PaperPlayer;
using test::silence;
using test::sound;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(LawfulPlayer, BreaksNoRule) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(silence(), 10);
  player.send(sound(), 100);
  player.fall_silent();
  player.leave();

  const Report report = discord.report();
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(report.packets_received, 115U);
  EXPECT_EQ(report.packets_forwarded, 115U);
  EXPECT_EQ(report.packets_heard, 115U);
  EXPECT_EQ(report.packets_lost, 0U);
  EXPECT_EQ(report.audio_packets, 100U);
  EXPECT_EQ(report.silence_packets, 15U);
  EXPECT_EQ(report.heard, 2s);
  EXPECT_EQ(report.mode, "aead_aes256_gcm_rtpsize");
  EXPECT_TRUE(report.speaking_ended);
  EXPECT_TRUE(report.left_cleanly);
}

TEST(LawfulPlayer, HasItsPhasesInOrder) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  const std::vector<std::function<void()>> steps = {
      [&] { player.connect(); },
      [&] { player.gateway_says(player.identity()); },
      [&] { player.join(); },
      [&] { player.connect_voice(); },
      [&] { player.voice_says(player.voice_identity()); },
      [&] { player.ssrc = player.voice.last(2).at("d").at("ssrc").get<std::uint32_t>(); },
      [&] { player.discover(); },
      [&] { player.select(); },
      [&] { player.speak(1); },
      [&] { player.send(silence()); },
      [&] { player.send(sound(), 3); },
      [&] { player.fall_silent(); },
      [&] { player.leave(); }};
  for (const auto& step : steps) {
    step();
    discord.advance(1ms);
  }
  std::vector<std::string> names;
  for (const Phase& phase : discord.report().phases) names.push_back(phase.name);
  EXPECT_THAT(names, ElementsAre("gateway-connected", "identify", "ready-sent", "join-request",
                                 "voice-connected", "voice-identify", "discovery", "select-protocol",
                                 "session-description", "speaking", "first-packet", "first-audio",
                                 "last-audio", "speaking-off", "leave-request", "gateway-closed"));
}

TEST(LawfulPlayer, MayPauseWithTheTimestampStandingStillOrRunningOn) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  discord.advance(3s);
  player.speak(1);  // as if no time had passed
  player.send(sound(), 50);
  player.fall_silent();
  discord.advance(3s);
  player.timestamp += 150 * rtp::kTimestampStep;  // the three seconds counted
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(LawfulPlayer, MayPauseForASingleSlotThatItsTimestampCounts) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  discord.advance(20ms - 100us);  // a key came at once, and the packet a little early
  player.timestamp += rtp::kTimestampStep;
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(LawfulPlayer, MayCatchUpThreePacketsAtOnce) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 50);
  discord.advance(59ms);
  for (int i = 0; i < 3; ++i) player.deliver(player.packet(sound()));
  discord.advance(1ms);
  player.deliver(player.packet(sound()));
  player.send(sound(), 50);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(LawfulPlayer, IsForgivenWhenUdpOvertakesSpeaking) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.send(silence(), 2);
  discord.advance(20ms);  // 40 ms after the first
  player.speak(1);
  player.send(sound(), 50);
  player.fall_silent();
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(discord.report().packets_heard, 57U);
}

TEST(LawfulPlayer, MaySpeakOnBeforeItsSilenceIsAnnouncedWhenNoClockRuns) {
  for (const bool unthrottled : {true, false}) {
    DiscordOptions options = PaperDiscord::unencrypted();
    options.unthrottled = unthrottled;
    PaperDiscord discord(options);
    PaperPlayer player(discord);
    player.get_ready();
    player.speak(1);
    player.send(sound(), 10);
    player.send(silence(), 5);
    player.send(sound());
    player.speak(0);
    player.speak(1);
    player.send(sound(), 10);
    EXPECT_EQ(discord.broken().empty(), unthrottled);
    player.send(silence(), 4);  // and this is too little, whatever the clock
    player.speak(0);
    EXPECT_THAT(discord.broken(), ElementsAre("missing-silence"));
  }
}

TEST(LawfulPlayer, MayCountItsNoncesInEitherByteOrder) {
  NonceSet big;
  NonceSet little;
  for (std::uint32_t i = 1; i < 70'000; ++i) {
    ASSERT_TRUE(big.insert(i));
    ASSERT_TRUE(little.insert(__builtin_bswap32(i)));
  }
  EXPECT_FALSE(big.insert(1));
  EXPECT_FALSE(big.insert(69'999));
  EXPECT_FALSE(little.insert(__builtin_bswap32(256)));
  EXPECT_TRUE(little.insert(__builtin_bswap32(70'000)));
}

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

TEST(Unthrottled, TimesOfArrivalMeanNothing) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.unthrottled = true;
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  for (int i = 0; i < 100; ++i) player.deliver(player.packet(sound()));
  discord.advance(1s);
  for (int i = 0; i < 5; ++i) player.deliver(player.packet(silence()));
  player.speak(0);
  player.leave();
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(discord.report().arrival.samples, 0U);
}

TEST(MediaServer, MeasuresArrivalAgainstTheGrid) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound(), 101);
  discord.advance(21ms);
  player.deliver(player.packet(sound()));  // 1 ms late
  discord.advance(19ms);
  player.deliver(player.packet(sound()));  // on time again
  const Pacing arrival = discord.report().arrival;
  EXPECT_EQ(arrival.samples, 102U);
  EXPECT_DOUBLE_EQ(arrival.max, 1000);
  EXPECT_LT(arrival.p50, 0.1);
}

TEST(MediaServer, AnswersDiscoveryAndPings) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  player.enter_voice();
  player.discover();
  ASSERT_EQ(discord.datagrams.size(), 1U);
  const Bytes answer = discord.datagrams[0].second;
  ASSERT_EQ(answer.size(), 74U);
  EXPECT_EQ(to_hex(ByteView(answer).first(4)), "00020046");
  EXPECT_EQ(load_be32(ByteView(answer).subspan(4)), player.ssrc);
  EXPECT_STREQ(reinterpret_cast<const char*>(answer.data() + 8), "127.0.0.1");
  EXPECT_EQ(load_be16(ByteView(answer).subspan(72)), player.address.port);

  player.deliver({0x13, 0x37, 0xCA, 0xFE, 0, 0, 0, 9});
  ASSERT_EQ(discord.datagrams.size(), 2U);
  EXPECT_EQ(to_hex(discord.datagrams[1].second), "1337f00d00000009");
  player.deliver({5, 0, 0, 0, 0, 0, 0, 0});  // another client's keepalive, tolerated
  EXPECT_EQ(discord.datagrams.size(), 2U);
  EXPECT_EQ(discord.report().keepalives, 2U);
  EXPECT_THAT(discord.broken(), IsEmpty());
}

TEST(MediaServer, LosesAndFalsifiesDiscoveryAsOrdered) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.lost_discovery_packets = 1;
  options.wrong_discovery_answers = 1;
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.log_in();
  player.join();
  player.enter_voice();
  player.discover();
  EXPECT_THAT(discord.datagrams, IsEmpty());
  player.discover();
  ASSERT_EQ(discord.datagrams.size(), 1U);
  EXPECT_NE(load_be32(ByteView(discord.datagrams[0].second).subspan(4)), player.ssrc);
  player.discover();
  ASSERT_EQ(discord.datagrams.size(), 2U);
  EXPECT_EQ(load_be32(ByteView(discord.datagrams[1].second).subspan(4)), player.ssrc);
}

TEST(MediaServer, ForwardsToEveryOtherMemberUnderHisOwnKey) {
  PaperDiscord discord;
  PaperPlayer player(discord, 0);
  PaperPlayer other(discord, 1);
  player.get_ready();
  other.get_ready();
  discord.datagrams.clear();
  player.speak(1);
  player.send(sound(), 3);
  ASSERT_EQ(discord.datagrams.size(), 3U);
  rtp::TransportOpener opener(rtp::TransportMode::aes256_gcm_rtpsize, rtp::TransportKey(other.key));
  for (auto& [to, datagram] : discord.datagrams) {
    EXPECT_EQ(to, other.address);
    const auto header = rtp::parse_header(datagram);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->fields.ssrc, player.ssrc);
    const auto opened = opener.open(datagram, header->clear_bytes);
    ASSERT_TRUE(opened);
    EXPECT_EQ(Bytes(opened->payload.begin(), opened->payload.end()), sound());
  }
  EXPECT_EQ(other.voice.last(5).at("d").at("user_id"), discord.account(0).user.str());
  EXPECT_EQ(other.voice.last(5).at("d").at("ssrc"), player.ssrc);
}

TEST(MediaServer, ForwardsNothingToTheDeafAndNothingOfAStagesAudience) {
  DiscordOptions options = PaperDiscord::unencrypted();
  options.channel_type = 13;
  PaperDiscord discord(options);
  PaperPlayer player(discord);
  player.get_ready();
  EXPECT_TRUE(player.gateway.last(0, "VOICE_STATE_UPDATE").at("d").at("suppress").get<bool>());
  player.speak(1);
  player.send(sound(), 10);
  EXPECT_EQ(discord.report().packets_received, 10U);
  EXPECT_EQ(discord.report().packets_heard, 0U);
}

/// 20 ms packets of a stereo sine, by libopus.
std::vector<Bytes> encoded_sine(double hertz, double peak, int packets) {
  const std::unique_ptr<OpusEncoder, decltype(&opus_encoder_destroy)> encoder(
      opus_encoder_create(kSampleRate, kChannels, OPUS_APPLICATION_AUDIO, nullptr), &opus_encoder_destroy);
  opus_encoder_ctl(encoder.get(), OPUS_SET_BITRATE(128'000));
  std::vector<Bytes> result;
  std::uint64_t sample = 0;
  for (int i = 0; i < packets; ++i) {
    PcmFrame pcm;
    for (std::size_t n = 0; n < kSamplesPerFrame; ++n, ++sample) {
      const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(sample) / kSampleRate;
      pcm[2 * n] = pcm[2 * n + 1] = static_cast<float>(peak * std::sin(phase));
    }
    Bytes packet(kMaxOpusBytes);
    const int size = opus_encode_float(encoder.get(), pcm.data(), kSamplesPerFrame, packet.data(),
                                       static_cast<opus_int32>(packet.size()));
    packet.resize(static_cast<std::size_t>(size));
    result.push_back(std::move(packet));
  }
  return result;
}

TEST(BuiltInListener, MeasuresLoudnessAndPeakOfAKnownSine) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  std::size_t heard = 0;
  discord.listener.set_sink(discord.account().user,
                            [&](ByteView, const float*, std::size_t samples) { heard += samples; });
  player.get_ready();
  player.speak(1);
  // ITU-R BS.1770: a sine of 997 Hz in both channels reads its peak level in LUFS.
  for (const Bytes& packet : encoded_sine(997, 0.1, 250)) player.send(packet);
  player.fall_silent();
  const Report report = discord.report();
  EXPECT_EQ(heard, 255U * 960U);
  EXPECT_THAT(report.loudness_lufs, Optional(DoubleNear(-20, 0.3)));
  EXPECT_NEAR(report.true_peak_dbtp, -20, 0.5);
  EXPECT_EQ(report.clipped_samples, 0U);
}

TEST(BuiltInListener, CountsClippedSamplesAndHearsNoLoudnessInSilence) {
  PaperDiscord discord;
  PaperPlayer loud(discord, 0);
  PaperPlayer quiet(discord, 1);
  loud.get_ready();
  loud.speak(1);
  for (const Bytes& packet : encoded_sine(997, 1.2, 50)) loud.send(packet);
  EXPECT_GT(discord.report(0).clipped_samples, 1000U);
  quiet.get_ready();
  quiet.speak(1);
  quiet.send(silence(), 100);
  EXPECT_EQ(discord.report(1).loudness_lufs, std::nullopt);
  EXPECT_EQ(discord.report(1).heard, 0s);
}

TEST(BuiltInListener, ConcealsWhatWasLost) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  std::vector<std::size_t> opus_sizes;
  discord.listener.set_sink(discord.account().user, [&](ByteView opus, const float*, std::size_t samples) {
    EXPECT_EQ(samples, 960U);
    opus_sizes.push_back(opus.size());
  });
  player.get_ready();
  player.speak(1);
  player.send(sound());
  (void)player.packet(sound());  // never arrives
  discord.advance(20ms);
  player.send(sound());
  EXPECT_THAT(opus_sizes, ElementsAre(10U, 0U, 10U));
  EXPECT_EQ(discord.report().packets_lost, 1U);
}

TEST(MediaServer, ForgivesWhatItsOwnSocketLost) {
  PaperDiscord discord;
  PaperPlayer player(discord);
  player.get_ready();
  player.speak(1);
  player.send(sound());
  (void)player.packet(sound());
  discord.advance(20ms);
  discord.sfu.on_overruns(1);
  player.send(sound());
  EXPECT_THAT(discord.broken(), IsEmpty());
  EXPECT_EQ(discord.report().packets_lost, 1U);
  EXPECT_EQ(discord.sfu.processed().load(), 3U);
}

}  // namespace
}  // namespace vcplay::rehearsal
