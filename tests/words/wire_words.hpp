// Words for stories about the loopback Discord over real TLS and UDP: scripted clients on loops of their own.
// No wait is endless.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/opus_frame.hpp"
#include "base/packet.hpp"
#include "net/udp_socket.hpp"
#include "rehearsal/discord.hpp"
#include "rtp/header.hpp"
#include "rtp/transport_cipher.hpp"
#include "words/net_words.hpp"

namespace vcplay::rehearsal::test {

using net::test::kGenerous;
using net::test::LoopThread;
using net::test::OnLoop;
using net::test::Owner;
using nlohmann::json;

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
inline Bytes receive(net::UdpSocket& socket) {
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
      : options_(discord.options()),
        account_(options_.accounts.at(account_index)),
        place_{options_.guild, options_.channel} {
    trust_.add_anchors(discord.ca_pem());
    gateway = std::make_shared<Line>(loop_, trust_, discord.gateway_url() + "/?v=10&encoding=json");
  }
  /// The same bot, who has logged in, in another guild's channel. `bot` has to live longer.
  Client(const Discord& discord, const Client& bot, const Place& place)
      : options_(discord.options()), account_(bot.account_), place_(place), gateway(bot.gateway) {
    trust_.add_anchors(discord.ca_pem());
  }
  void join() {
    log_in();
    join_voice();
  }
  void log_in() {
    gateway->say({{"op", 2},
                  {"d",
                   {{"token", account_.token},
                    {"intents", 129},
                    {"properties", {{"os", "linux"}, {"browser", "test"}, {"device", "test"}}}}}});
    gateway->wait_for(0, "GUILD_CREATE");
  }
  void join_voice() {
    gateway->say(voice_state(place_.channel.str()));
    const std::string session = gateway->wait_for(0, "VOICE_STATE_UPDATE").at("session_id");
    const json server = gateway->wait_for(0, "VOICE_SERVER_UPDATE");
    voice.emplace(loop_, trust_, "wss://" + server.at("endpoint").get<std::string>() + "/?v=8");
    voice->say({{"op", 0},
                {"d",
                 {{"server_id", place_.guild.str()},
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
    leave_voice();
    gateway->close();
  }
  void leave_voice() {
    gateway->say(voice_state(nullptr));
    while (!gateway->wait_for(0, "VOICE_STATE_UPDATE").at("channel_id").is_null()) {
    }
    voice->close();
  }
  [[nodiscard]] json voice_state(const json& channel) const {
    return {{"op", 4},
            {"d",
             {{"guild_id", place_.guild.str()},
              {"channel_id", channel},
              {"self_mute", false},
              {"self_deaf", false}}}};
  }

 private:
  const DiscordOptions options_;
  const Account account_;
  const Place place_;
  net::TlsTrust trust_;
  LoopThread loop_;
  std::uint16_t media_port_ = 0;

 public:
  std::shared_ptr<Line> gateway;
  std::optional<Line> voice;
  std::optional<net::UdpSocket> media;
  std::optional<rtp::TransportCipher> cipher;
  std::array<std::uint8_t, rtp::kTransportKeyBytes> key{};
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 65'000;
  std::uint32_t timestamp = 4'294'000'000;
};

inline const Bytes kSound = {0xFC, 0x12, 0x34, 0x56, 0x78, 0x9A};
inline const Bytes kSilence = {kOpusSilence.begin(), kOpusSilence.end()};
inline constexpr const char* kAes = "aead_aes256_gcm_rtpsize";
inline constexpr const char* kXChaCha = "aead_xchacha20_poly1305_rtpsize";

/// These clients speak no DAVE.
inline DiscordOptions unencrypted() {
  DiscordOptions options;
  options.dave_version = 0;
  options.requires_dave = false;
  return options;
}

inline DiscordOptions unthrottled() {
  DiscordOptions options = unencrypted();
  options.unthrottled = true;  // these clients have no clock
  return options;
}

inline std::vector<std::string> rules(const Report& report) {
  std::vector<std::string> words;
  for (const Finding& finding : report.findings) words.push_back(finding.rule);
  return words;
}

}  // namespace vcplay::rehearsal::test
