// The loopback Discord over real TLS and UDP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "words/wire_words.hpp"

namespace vcplay::rehearsal {
namespace {

using net::test::Heard;
using net::test::LoopThread;
using net::test::OnLoop;
using nlohmann::json;
using test::Client;
using test::kAes;
using test::kSilence;
using test::kSound;
using test::kXChaCha;
using test::receive;
using test::rules;
using test::unencrypted;
using test::unthrottled;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OverTheWire : public ::testing::TestWithParam<const char*> {};

TEST_P(OverTheWire, ALawfulClientIsHeardWholeAndBreaksNothing) {
  Discord discord(unthrottled());
  std::atomic<std::size_t> samples{0};
  discord.set_listener_sink([&](ByteView, const float*, std::size_t count) { samples += count; });
  discord.start();
  Client client(discord, 0);
  client.join();
  client.agree(GetParam());
  client.speak(1);
  client.send(kSound, 1000);
  client.send(kSilence, 5);
  client.speak(0);
  client.leave();
  discord.stop();

  const Report report = discord.report();
  EXPECT_THAT(rules(report), IsEmpty());
  EXPECT_EQ(report.mode, GetParam());
  EXPECT_EQ(report.packets_received, 1005U);
  EXPECT_EQ(report.packets_heard, 1005U);
  EXPECT_EQ(report.heard, 20s);
  EXPECT_EQ(samples, 1005U * 960U);
  EXPECT_EQ(discord.packets_processed(), 1006U) << "discovery is one";
  EXPECT_TRUE(report.speaking_ended);
  EXPECT_TRUE(report.left_cleanly);
  EXPECT_EQ(report.phases.front().name, "gateway-connected");
  EXPECT_EQ(report.phases.back().name, "gateway-closed");
}

INSTANTIATE_TEST_SUITE_P(BothModes, OverTheWire, ::testing::Values(kAes, kXChaCha));

TEST(LoopbackDiscord, ForwardsToRealMembersUnderTheirOwnKeys) {
  Discord discord(unthrottled());
  discord.start();
  Client player(discord, 0);
  Client member(discord, 1);
  member.join();
  member.agree(kXChaCha);
  player.join();
  player.agree(kAes);
  player.speak(1);
  const json spoke = member.voice->wait_for(5);
  EXPECT_EQ(spoke.at("ssrc"), player.ssrc);
  EXPECT_EQ(spoke.at("user_id"), discord.options().accounts[0].user.str());
  rtp::TransportOpener opener(rtp::TransportMode::xchacha20_poly1305_rtpsize, rtp::TransportKey(member.key));
  for (int i = 0; i < 3; ++i) {
    player.send(kSound, 1);
    Bytes packet = receive(*member.media);
    const auto header = rtp::parse_header(packet);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->fields.ssrc, player.ssrc);
    const auto opened = opener.open(packet, header->clear_bytes);
    ASSERT_TRUE(opened);
    EXPECT_EQ(Bytes(opened->payload.begin(), opened->payload.end()), kSound);
  }
  player.send(kSilence, 5);
  player.speak(0);
  player.leave();
  EXPECT_EQ(member.voice->wait_for(13).at("user_id"), discord.options().accounts[0].user.str());
  member.leave();
  discord.stop();
  EXPECT_THAT(rules(discord.report()), IsEmpty());
  EXPECT_THAT(rules(discord.report_of(discord.options().accounts[1].user)), IsEmpty());
}

TEST(LoopbackDiscord, HearsOneBotInThreeGuildsAtOnce) {
  DiscordOptions options = unthrottled();
  options.further_places = made_up_places({options.guild, options.channel}, 2);
  Discord discord(options);
  std::atomic<std::size_t> samples{0};
  discord.set_listener_sink(options.further_places[1],
                            [&](ByteView, const float*, std::size_t count) { samples += count; });
  discord.start();
  Client first(discord, 0);
  first.log_in();
  Client second(discord, first, options.further_places[0]);
  Client third(discord, first, options.further_places[1]);
  int packets = 0;
  for (Client* const one : {&first, &second, &third}) {
    one->join_voice();
    one->agree(kAes);
    one->speak(1);
    one->send(kSound, packets += 50);
  }
  for (Client* const one : {&first, &second, &third}) {
    one->send(kSilence, 5);
    one->speak(0);
    one->leave_voice();
  }
  first.gateway->close();
  discord.stop();
  const std::vector<PlaceReport> reports = discord.reports();
  ASSERT_EQ(reports.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(reports[i].place, places_of(discord.options())[i]);
    EXPECT_EQ(reports[i].report.packets_heard, 50 * (i + 1) + 5);
    EXPECT_TRUE(reports[i].report.left_cleanly);
    EXPECT_THAT(rules(reports[i].report), IsEmpty());
  }
  EXPECT_EQ(samples, 155U * 960U);
  EXPECT_EQ(discord.packets_processed(), 318U) << "three of them are discovery";
}

TEST(LoopbackDiscord, SeesASecondSocket) {
  Discord discord(unthrottled());
  discord.start();
  Client client(discord, 0);
  client.join();
  client.agree(kAes);
  client.speak(1);
  net::UdpSocket other = client.connect_media();
  client.send(kSound, 2, &other);
  client.send(kSilence, 5, &other);
  client.speak(0);
  client.leave();
  discord.stop();
  EXPECT_THAT(rules(discord.report()), ElementsAre("wrong-source-address"));
  EXPECT_EQ(discord.report().findings[0].count, 7U);
}

TEST(LoopbackDiscord, StampsArrivalsWithTheKernelsClock) {
  Discord discord(unencrypted());
  discord.start();
  Client client(discord, 0);
  client.join();
  client.agree(kAes);
  client.speak(1);
  client.send(kSound, 2);  // at once, so off the grid
  client.send(kSilence, 2);
  client.speak(0);
  client.leave();
  discord.stop();
  const Report report = discord.report();
  EXPECT_THAT(rules(report), ElementsAre("missing-silence"));
  EXPECT_GT(report.arrival.samples, 0U);
  EXPECT_GT(report.arrival.max, 0);
}

TEST(LoopbackDiscord, ServesRestOnTheGatewaysPort) {
  Discord discord{DiscordOptions{}};
  discord.start();
  LoopThread loop;
  net::TlsTrust trust;
  trust.add_anchors(discord.ca_pem());
  Heard<net::HttpResponse> answers;
  const auto call = [&](const std::string& path, const std::string& token) {
    net::HttpRequest request;
    request.url = net::Url::parse(discord.api_url() + path).value();
    request.headers = {{"Authorization", "Bot " + token},
                       {"User-Agent", "DiscordBot (https://example.org, 1)"}};
    const OnLoop<net::HttpsCall> sent(loop, trust, std::move(request),
                                      [&](net::HttpResponse answer) { answers.add(std::move(answer)); });
    return answers.next();
  };
  const std::string token = discord.options().accounts[0].token;
  EXPECT_EQ(json::parse(call("/gateway/bot", token).body).at("url"), discord.gateway_url());
  EXPECT_EQ(call("/channels/" + discord.options().channel.str(), token).status, 200);
  EXPECT_THAT(rules(discord.report()), IsEmpty());
  EXPECT_EQ(call("/gateway/bot", "wrong").status, 401);
  EXPECT_THAT(rules(discord.report()), ElementsAre("rest-token"));
}

/// Joins and plays: what is scripted for the first audio packet comes, and nothing before.
void play_into_trouble(Client& client) {
  client.join();
  client.agree(kAes);
  client.speak(1);
  client.send(kSilence, 24);
  EXPECT_TRUE(client.voice->owner.ends.empty());
  client.send(kSound, 1);
}

TEST(LoopbackDiscord, KicksInMidPlay) {
  DiscordOptions options = unthrottled();
  options.script = {{0s, {FaultKind::kick}}};
  Discord discord(options);
  discord.start();
  Client client(discord, 0);
  play_into_trouble(client);
  EXPECT_TRUE(client.gateway->wait_for(0, "VOICE_STATE_UPDATE").at("channel_id").is_null());
  EXPECT_EQ(client.voice->owner.ends.next().code, 4014);
  client.gateway->close();
  discord.stop();
  EXPECT_THAT(rules(discord.report()), IsEmpty()) << "it could not end in order";
}

TEST(LoopbackDiscord, ClosesTheVoiceGatewayInMidPlay) {
  DiscordOptions options = unthrottled();
  options.script = {{0s, {FaultKind::close_voice, 4015}}};
  Discord discord(options);
  discord.start();
  Client client(discord, 0);
  play_into_trouble(client);
  EXPECT_EQ(client.voice->owner.ends.next().code, 4015);
  client.gateway->close();
  discord.stop();
  EXPECT_THAT(rules(discord.report()), IsEmpty());
}

TEST(LoopbackDiscord, DropsTheMainGatewayInMidPlay) {
  DiscordOptions options = unthrottled();
  options.script = {{0s, {FaultKind::drop_gateway}}};
  Discord discord(options);
  discord.start();
  Client client(discord, 0);
  play_into_trouble(client);
  EXPECT_EQ(client.gateway->owner.ends.next().kind, net::CloseKind::lost);
  discord.stop();
  EXPECT_THAT(rules(discord.report()), IsEmpty());
}

TEST(LoopbackDiscord, StopsThoughClientsStay) {
  Discord discord(unthrottled());
  discord.start();
  Client client(discord, 0);
  client.join();
  discord.stop();
  discord.stop();  // once more is nothing
  EXPECT_THAT(discord.report().phases, ::testing::Not(IsEmpty()));
  (void)client.gateway->owner.ends.next();
}

}  // namespace
}  // namespace vcplay::rehearsal
