// The media server and the listener of the loopback Discord: what they answer, forward and measure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <cmath>
#include <memory>
#include <numbers>

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
  EXPECT_EQ(discord.processed().load(), 3U);
}

}  // namespace
}  // namespace vcplay::rehearsal
