// The loopback Discord over real TLS and UDP. Scripted clients run on another loop; no wait is endless.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <nlohmann/json.hpp>

#include "net/udp_socket.hpp"
#include "rehearsal/discord.hpp"
#include "rtp/header.hpp"
#include "words/net_words.hpp"

namespace vcplay::rehearsal {
namespace {

using net::test::Heard;
using net::test::kGenerous;
using net::test::LoopThread;
using net::test::OnLoop;
using net::test::Owner;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A websocket to a loopback Discord and what came over it.
class Line {
 public:
  Line(LoopThread& loop, const net::TlsTrust& trust, const std::string& url)
      : loop_(loop), socket_(loop, trust, owner, net::Url::parse(url).value(), kGenerous) {
    EXPECT_EQ(owner.heard.next(), "open");
  }
  void say(const json& message) {
    loop_.run([&] { socket_->send_text(message.dump()); });
  }
  /// The next message with this op, and this name when it is a dispatch.
  json wait_for(int op, const std::string& name = "") {
    while (true) {
      const std::string heard = owner.heard.next();
      json message = json::parse(heard.substr(heard.find(' ') + 1));
      if (message.at("op") == op && (name.empty() || message.at("t") == name)) return message.at("d");
    }
  }
  void close() {
    loop_.run([&] { socket_->close(1000, "done"); });
    (void)owner.ends.next();
  }

  Owner owner;

 private:
  LoopThread& loop_;
  OnLoop<net::WebSocket> socket_;
};

/// Waits for one datagram.
Bytes receive(net::UdpSocket& socket) {
  pollfd waiting{socket.fd(), POLLIN, 0};
  Bytes buffer(2048);
  for (int tries = 0; tries < 10; ++tries) {
    if (poll(&waiting, 1, std::chrono::milliseconds(kGenerous).count()) <= 0) break;
    if (const auto size = socket.receive(buffer)) {
      buffer.resize(*size);
      return buffer;
    }
  }
  throw std::runtime_error("no datagram came");
}

/// A client that joins and plays by hand.
class Client {
 public:
  Client(const Discord& discord, std::size_t account_index)
      : options_(discord.options()), account_(options_.accounts.at(account_index)) {
    trust_.add_anchors(discord.ca_pem());
    gateway.emplace(loop_, trust_, discord.gateway_url() + "/?v=10&encoding=json");
  }
  void join() {
    gateway->say({{"op", 2},
                  {"d",
                   {{"token", account_.token},
                    {"intents", 129},
                    {"properties", {{"os", "linux"}, {"browser", "test"}, {"device", "test"}}}}}});
    gateway->wait_for(0, "GUILD_CREATE");
    gateway->say(voice_state(options_.channel.str()));
    const std::string session = gateway->wait_for(0, "VOICE_STATE_UPDATE").at("session_id");
    const json server = gateway->wait_for(0, "VOICE_SERVER_UPDATE");
    voice.emplace(loop_, trust_, "wss://" + server.at("endpoint").get<std::string>() + "/?v=8");
    voice->say({{"op", 0},
                {"d",
                 {{"server_id", options_.guild.str()},
                  {"user_id", account_.user.str()},
                  {"session_id", session},
                  {"token", server.at("token")}}}});
    const json ready = voice->wait_for(2);
    ssrc = ready.at("ssrc").get<std::uint32_t>();
    media_port_ = ready.at("port").get<std::uint16_t>();
    media.emplace(connect_media());
  }
  [[nodiscard]] net::UdpSocket connect_media() const {
    return net::UdpSocket::connect_to("127.0.0.1", media_port_);
  }
  void agree(const std::string& mode) {
    Bytes request(74);
    store_be16(request, 1);
    store_be16(ByteSpan(request).subspan(2), 70);
    store_be32(ByteSpan(request).subspan(4), ssrc);
    EXPECT_EQ(media->send(request), SendResult::sent);
    const Bytes answer = receive(*media);
    const std::string address = reinterpret_cast<const char*>(answer.data() + 8);
    EXPECT_EQ(address, media->local_address());
    const std::uint16_t port = load_be16(ByteView(answer).subspan(72));
    EXPECT_EQ(port, media->local_port());
    voice->say(
        {{"op", 1},
         {"d", {{"protocol", "udp"}, {"data", {{"address", address}, {"port", port}, {"mode", mode}}}}}});
    const json description = voice->wait_for(4);
    key = description.at("secret_key").get<decltype(key)>();
    cipher.emplace(rtp::transport_mode(mode).value(), rtp::TransportKey(key));
  }
  /// Returns when the server has read it.
  void speak(int flags) {
    voice->say({{"op", 5}, {"d", {{"speaking", flags}, {"delay", 0}, {"ssrc", ssrc}}}});
    voice->say({{"op", 16}, {"d", json::object()}});
    voice->wait_for(16);
  }
  void send(const Bytes& opus, int packets, net::UdpSocket* from = nullptr) {
    for (int i = 0; i < packets; ++i) {
      Bytes packet(kMaxPacketBytes);
      rtp::Header{sequence++, timestamp, ssrc}.write(packet);
      timestamp += rtp::kTimestampStep;
      std::copy(opus.begin(), opus.end(), packet.begin() + kRtpHeaderBytes);
      packet.resize(cipher->seal(packet, opus.size()));
      EXPECT_EQ((from == nullptr ? *media : *from).send(packet), SendResult::sent);
    }
  }
  void leave() {
    gateway->say(voice_state(nullptr));
    while (!gateway->wait_for(0, "VOICE_STATE_UPDATE").at("channel_id").is_null()) {
    }
    voice->close();
    gateway->close();
  }
  [[nodiscard]] json voice_state(const json& channel) const {
    return {{"op", 4},
            {"d",
             {{"guild_id", options_.guild.str()},
              {"channel_id", channel},
              {"self_mute", false},
              {"self_deaf", false}}}};
  }

 private:
  const DiscordOptions options_;
  const Account account_;
  net::TlsTrust trust_;
  LoopThread loop_;
  std::uint16_t media_port_ = 0;

 public:
  std::optional<Line> gateway;
  std::optional<Line> voice;
  std::optional<net::UdpSocket> media;
  std::optional<rtp::TransportCipher> cipher;
  std::array<std::uint8_t, rtp::kTransportKeyBytes> key{};
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 65'000;
  std::uint32_t timestamp = 4'294'000'000;
};

const Bytes kSound = {0xFC, 0x12, 0x34, 0x56, 0x78, 0x9A};
const Bytes kSilence = {kOpusSilence.begin(), kOpusSilence.end()};
constexpr const char* kAes = "aead_aes256_gcm_rtpsize";
constexpr const char* kXChaCha = "aead_xchacha20_poly1305_rtpsize";

/// These clients speak no DAVE.
DiscordOptions unencrypted() {
  DiscordOptions options;
  options.dave_version = 0;
  options.requires_dave = false;
  return options;
}

DiscordOptions unthrottled() {
  DiscordOptions options = unencrypted();
  options.unthrottled = true;  // these clients have no clock
  return options;
}

std::vector<std::string> rules(const Report& report) {
  std::vector<std::string> words;
  for (const Finding& finding : report.findings) words.push_back(finding.rule);
  return words;
}

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
