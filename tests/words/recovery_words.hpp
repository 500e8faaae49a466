// Words for stories about lost connections: a client who loses them, resumes and begins anew.
#pragma once

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "words/call_words.hpp"

namespace vcplay::rehearsal::test {

inline constexpr std::uint16_t kNoCloseFrame = 0;

/// A client whose connections can be lost and taken up again, as the story tells it.
template <class Player>
class Recovering : public Player {
 public:
  using Player::Player;

  // ── the main gateway ──
  void lose_gateway(std::uint16_t close_code = kNoCloseFrame) {
    if (this->gateway.count(0, "READY") > 0) {
      gateway_session = this->gateway.last(0, "READY").at("d").at("session_id");
    }
    seen = last_sequence();
    gateways.push_back(std::exchange(this->gateway, PaperSocket()));
    this->discord.gateway.on_closed(gateways.back(), close_code, this->discord.now);
    this->discord.settle(this->discord.now);
  }
  /// Of the last dispatch on any connection.
  [[nodiscard]] std::int64_t last_sequence() const {
    if (this->gateway.count(0) == 0) return seen;
    return this->gateway.last(0).at("s");
  }
  [[nodiscard]] json gateway_resumption(const json& changes = json::object()) const {
    json data = {{"token", this->account.token}, {"session_id", gateway_session}, {"seq", seen}};
    data.update(changes);
    return {{"op", 6}, {"d", data}};
  }
  void knock(GatewayDoor door = GatewayDoor::resume) {
    this->discord.gateway.on_open(this->gateway, "v=10&encoding=json", this->discord.now, door);
  }
  void resume_gateway(const json& changes = json::object()) {
    knock();
    this->gateway_says(gateway_resumption(changes));
  }
  /// Names of the dispatches on this connection, in order.
  [[nodiscard]] std::vector<std::string> dispatches() const {
    std::vector<std::string> names;
    for (const std::string& text : this->gateway.texts) {
      const json message = json::parse(text);
      if (message.at("op") == 0) names.push_back(message.at("t"));
    }
    return names;
  }
  /// Their sequence numbers.
  [[nodiscard]] std::vector<std::int64_t> sequences() const {
    std::vector<std::int64_t> numbers;
    for (const std::string& text : this->gateway.texts) {
      const json message = json::parse(text);
      if (message.at("op") == 0) numbers.push_back(message.at("s"));
    }
    return numbers;
  }
  /// The latest of this name on any connection.
  [[nodiscard]] json told(const std::string& name) const {
    if (this->gateway.count(0, name) > 0) return this->gateway.last(0, name).at("d");
    for (auto one = gateways.rbegin(); one != gateways.rend(); ++one) {
      if (one->count(0, name) > 0) return one->last(0, name).at("d");
    }
    throw std::logic_error("no such dispatch came");
  }
  /// Of its own voice state, the latest that it was told.
  [[nodiscard]] json own_state() const {
    const auto is_own = [&](const std::string& text) {
      const json message = json::parse(text);
      return message.value("t", json()) == "VOICE_STATE_UPDATE" &&
             message.at("d").at("user_id") == this->account.user.str();
    };
    std::vector<const PaperSocket*> all;
    for (const PaperSocket& one : gateways) all.push_back(&one);
    all.push_back(&this->gateway);
    for (auto socket = all.rbegin(); socket != all.rend(); ++socket) {
      const auto& texts = (*socket)->texts;
      const auto found = std::find_if(texts.rbegin(), texts.rend(), is_own);
      if (found != texts.rend()) return json::parse(*found).at("d");
    }
    throw std::logic_error("its voice state was never told");
  }

  // ── the voice gateway ──
  void lose_voice(std::uint16_t close_code = kNoCloseFrame) {
    voices.push_back(std::exchange(this->voice, PaperSocket()));
    this->discord.voice.on_closed(voices.back(), close_code, this->discord.now);
    this->discord.settle(this->discord.now);
  }
  /// With the credentials that it was told last.
  [[nodiscard]] json credentials(const json& changes = json::object()) const {
    json data = {{"server_id", this->discord.world.options().guild.str()},
                 {"session_id", own_state().at("session_id")},
                 {"token", told("VOICE_SERVER_UPDATE").at("token")}};
    data.update(changes);
    return data;
  }
  void resume_voice() {
    this->connect_voice();
    this->voice_says({{"op", 7}, {"d", credentials({{"seq_ack", voices.back().last_number.value_or(-1)}})}});
  }
  void identify_to_voice(const json& changes = json::object()) {
    this->connect_voice();
    json data = credentials({{"user_id", this->account.user.str()}, {"max_dave_protocol_version", 0}});
    data.update(changes);
    this->voice_says({{"op", 0}, {"d", data}});
  }
  /// The key of the session that began on that connection, with a counter that begins anew.
  void take_key_of(const PaperSocket& socket) {
    const json description = socket.last(4).at("d");
    this->key = description.at("secret_key").template get<decltype(this->key)>();
    const std::string mode = description.at("mode").template get<std::string>();
    this->cipher.emplace(rtp::transport_mode(mode).value(), rtp::TransportKey(this->key));
  }
  /// A whole new voice session, up to SESSION_DESCRIPTION; RTP counters begin anew.
  void renew_voice(const json& changes = json::object()) {
    identify_to_voice(changes);
    this->ssrc = this->voice.last(2).at("d").at("ssrc").template get<std::uint32_t>();
    this->discover();
    this->select();
  }

  std::string gateway_session;
  std::int64_t seen = 0;              // the last sequence number on the connection before
  std::vector<PaperSocket> gateways;  // those that are gone
  std::vector<PaperSocket> voices;
};

using RecoveringPlayer = Recovering<PaperPlayer>;

/// The same in an encrypted call.
class RecoveringDavePlayer : public Recovering<DavePlayer> {
 public:
  using Recovering::Recovering;

  /// Where it is by now, with a group of its own until it is let into theirs.
  void renew_encrypted_voice() {
    const Snowflake channel = Snowflake::parse(own_state().at("channel_id").get<std::string>()).value();
    std::destroy_at(&session);
    std::construct_at(
        &session, dave::Config{account.user, channel, mls::PrivateKey::generate(), dave::Plaintext::allowed});
    line = std::make_unique<dave::SilenceOnly>();
    media = "nothing yet";
    renew_voice({{"max_dave_protocol_version", 1}});
    listen();
  }
};

/// A Discord that does something to its first account.
template <class Player = RecoveringPlayer>
struct Trouble {
  explicit Trouble(DiscordOptions options = PaperDiscord::unencrypted())
      : discord(std::move(options)), player(discord) {}

  void happens(const Fault& fault) {
    discord.inject(fault, discord.account().user, discord.now);
    discord.settle(discord.now);
  }
  void playing() {
    player.get_ready();
    player.speak(1);
    player.send(sound(), 10);
  }
  void end() {
    player.fall_silent();
    player.leave();
  }
  [[nodiscard]] Snowflake user() const { return discord.account().user; }

  PaperDiscord discord;
  Player player;
};

/// Whether the gateway has said opcode 9 with false: the session cannot be resumed.
inline bool is_told_that_it_is_over(const PaperPlayer& player) {
  return player.gateway.count(9) > 0 && player.gateway.last(9).at("d") == false;
}

}  // namespace vcplay::rehearsal::test
