// Words for stories about the loopback Discord without a single socket: time moves only when told.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/opus_frame.hpp"
#include "base/packet.hpp"
#include "rehearsal/house.hpp"
#include "rtp/header.hpp"

namespace vcplay::rehearsal::test {

using nlohmann::json;

/// A websocket that only remembers.
class PaperSocket final : public net::ServerSocket {
 public:
  void send_text(std::string_view text) override {
    texts.emplace_back(text);
    unread.emplace_back(texts.back());
    const json message = json::parse(texts.back(), nullptr, false);
    if (message.contains("seq")) last_number = message.at("seq").get<int>();
  }
  void send_binary(ByteView bytes) override {
    unread.emplace_back(Bytes(bytes.begin(), bytes.end()));
    last_number = load_be16(bytes);
  }
  void close(std::uint16_t code, std::string_view) override { closed = code; }
  void drop() override { dropped = true; }
  [[nodiscard]] std::uint64_t id() const noexcept override { return id_; }

  /// The latest message with this op (and, for dispatches, this name); the test ends where there is none.
  [[nodiscard]] json last(int op, const std::string& name = "") const {
    for (auto text = texts.rbegin(); text != texts.rend(); ++text) {
      json message = json::parse(*text);
      if (message.at("op") == op && (name.empty() || message.value("t", "") == name)) return message;
    }
    throw std::logic_error("no such message was sent");
  }
  [[nodiscard]] std::size_t count(int op, const std::string& name = "") const {
    return static_cast<std::size_t>(std::count_if(texts.begin(), texts.end(), [&](const std::string& text) {
      const json message = json::parse(text);
      return message.at("op") == op && (name.empty() || message.value("t", "") == name);
    }));
  }

  std::vector<std::string> texts;
  std::deque<std::variant<std::string, Bytes>> unread;  // for those who read in order
  std::optional<int> last_number;                       // of the voice gateway's
  std::optional<std::uint16_t> closed;
  bool dropped = false;

 private:
  static std::uint64_t next_id() {
    static std::uint64_t id = 0;
    return ++id;
  }
  std::uint64_t id_ = next_id();
};

/// A Discord whose clock is cranked by hand.
struct PaperDiscord : House {
  explicit PaperDiscord(DiscordOptions options = unencrypted()) : House(std::move(options)) {
    gateway.set_addresses("wss://127.0.0.1:1", "127.0.0.1:2");
    gateway.set_resume_url("wss://localhost:4");
    rest.set_gateway_url("wss://127.0.0.1:1");
    open_media(3, [this](PeerAddress to, ByteView datagram) {
      datagrams.emplace_back(to, Bytes(datagram.begin(), datagram.end()));
    });
    open(now);
  }
  /// Transport encryption alone: for stories about everything but DAVE.
  static DiscordOptions unencrypted() {
    DiscordOptions options;
    options.dave_version = 0;
    options.requires_dave = false;
    return options;
  }

  /// Moves the clock; everything that falls due on the way happens at its own time.
  void advance(Duration step) {
    const TimePoint end = now + step;
    for (auto due = deadline(); due && *due <= end; due = deadline()) {
      now = std::max(now, *due);
      on_time(now);
      settle(now);
    }
    now = end;
  }
  [[nodiscard]] const Account& account(std::size_t index = 0) const {
    return world.options().accounts.at(index);
  }
  [[nodiscard]] Report report(std::size_t index = 0) const { return report_of(account(index).user); }
  /// The rules that were broken.
  [[nodiscard]] std::vector<std::string> broken(std::size_t index = 0) const {
    std::vector<std::string> rules;
    for (const Finding& finding : report(index).findings) rules.push_back(finding.rule);
    return rules;
  }

  TimePoint now{1000s};
  VoiceReception& voice = voice_reception;
  std::vector<std::pair<PeerAddress, Bytes>> datagrams;
};

/// Not silence: 20 ms of stereo CELT whose bytes stand for anything.
inline Bytes sound() { return {0xFC, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0, 0x11}; }
inline Bytes silence() { return {kOpusSilence.begin(), kOpusSilence.end()}; }

/// A client that says exactly what the story tells it to say; by default it keeps to the protocol.
class PaperPlayer {
 public:
  explicit PaperPlayer(PaperDiscord& host, std::size_t account_index = 0)
      : address{0x7F000001, static_cast<std::uint16_t>(50'000 + account_index)},
        discord(host),
        account(host.account(account_index)) {}

  void gateway_says(const json& message) {
    discord.gateway.on_text(gateway, message.dump(), discord.now);
    discord.settle(discord.now);
  }
  void voice_says(const json& message) {
    discord.voice.on_text(voice, message.dump(), discord.now);
    discord.settle(discord.now);
  }

  json identity(const json& changes = json::object()) const {
    json data = {{"token", account.token},
                 {"intents", 129},
                 {"properties", {{"os", "linux"}, {"browser", "test"}, {"device", "test"}}},
                 {"shard", {0, 1}}};
    data.update(changes);
    return {{"op", 2}, {"d", data}};
  }
  void connect() { discord.gateway.on_open(gateway, "v=10&encoding=json", discord.now); }
  void log_in() {
    connect();
    gateway_says(identity());
  }
  json joining(const json& channel) const {
    return {{"op", 4},
            {"d",
             {{"guild_id", discord.world.options().guild.str()},
              {"channel_id", channel},
              {"self_mute", false},
              {"self_deaf", false}}}};
  }
  void join() { gateway_says(joining(discord.world.options().channel.str())); }

  json voice_identity(const json& changes = json::object()) const {
    const json state = gateway.last(0, "VOICE_STATE_UPDATE").at("d");
    const json server = gateway.last(0, "VOICE_SERVER_UPDATE").at("d");
    json data = {{"server_id", state.at("guild_id")},
                 {"user_id", account.user.str()},
                 {"session_id", state.at("session_id")},
                 {"token", server.at("token")},
                 {"max_dave_protocol_version", 0}};
    data.update(changes);
    return {{"op", 0}, {"d", data}};
  }
  void connect_voice() { discord.voice.on_open(voice, "v=8", discord.now); }
  void enter_voice() {
    connect_voice();
    voice_says(voice_identity());
    ssrc = voice.last(2).at("d").at("ssrc").get<std::uint32_t>();
  }
  void discover() {
    Bytes request(74);
    store_be16(request, 1);
    store_be16(ByteSpan(request).subspan(2), 70);
    store_be32(ByteSpan(request).subspan(4), ssrc);
    deliver(std::move(request));
  }
  json selection(const json& changes = json::object()) const {
    json data = {{"address", address.host()}, {"port", address.port}, {"mode", "aead_aes256_gcm_rtpsize"}};
    data.update(changes);
    return {{"op", 1}, {"d", {{"protocol", "udp"}, {"data", data}}}};
  }
  void select() {
    voice_says(selection());
    take_key();
  }
  void take_key() {
    const json description = voice.last(4).at("d");
    key = description.at("secret_key").get<std::array<std::uint8_t, rtp::kTransportKeyBytes>>();
    const std::string mode = description.at("mode").get<std::string>();
    cipher.emplace(rtp::transport_mode(mode).value(), rtp::TransportKey(key));
  }
  void speak(int flags) {
    voice_says({{"op", 5}, {"d", {{"speaking", flags}, {"delay", 0}, {"ssrc", ssrc}}}});
  }
  /// Everything up to SPEAKING.
  void get_ready() {
    log_in();
    join();
    enter_voice();
    discover();
    select();
  }

  /// One sealed packet with the next counters.
  Bytes packet(const Bytes& opus) {
    Bytes bytes(kRtpHeaderBytes + opus.size() + kTransportTagBytes + kTransportNonceBytes);
    rtp::Header{sequence, timestamp, ssrc}.write(bytes);
    if (marker) bytes[1] |= 0x80;
    std::copy(opus.begin(), opus.end(), bytes.begin() + kRtpHeaderBytes);
    bytes.resize(cipher->seal(bytes, opus.size()));
    ++sequence;
    timestamp += rtp::kTimestampStep;
    return bytes;
  }
  void deliver(Bytes datagram) {
    discord.on_datagram(datagram, address, discord.now, discord.now);
    discord.settle(discord.now);
  }
  /// A packet every 20 ms.
  void send(const Bytes& opus, int packets = 1) {
    for (int i = 0; i < packets; ++i) {
      discord.advance(20ms);
      deliver(packet(opus));
    }
  }
  /// Silence, SPEAKING 0.
  void fall_silent() {
    send(silence(), 5);
    speak(0);
  }
  void leave() {
    gateway_says(joining(nullptr));
    discord.advance(1ms);
    hang_up();
  }
  void hang_up() {
    discord.voice.on_closed(voice, 1000, discord.now);
    discord.gateway.on_closed(gateway, 1000, discord.now);
    discord.settle(discord.now);
  }

  PaperSocket gateway;
  PaperSocket voice;
  PeerAddress address;
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 65'530;        // wraps soon
  std::uint32_t timestamp = 0xFFFF'F000;  // wraps soon
  bool marker = false;
  std::array<std::uint8_t, rtp::kTransportKeyBytes> key{};
  std::optional<rtp::TransportCipher> cipher;

 protected:
  PaperDiscord& discord;
  const Account& account;
};

}  // namespace vcplay::rehearsal::test
