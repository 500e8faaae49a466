// The voice server's words, and a session that hears them in a thread of time.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "voice/session.hpp"

namespace vcplay::voice {

using nlohmann::json;

inline constexpr TimePoint kStart{1000s};

inline Config config(dave::Plaintext plaintext = dave::Plaintext::allowed) {
  return {.server = Snowflake{81384788765712384},
          .user = Snowflake{100000000000000002},
          .session_id = "voice-session",
          .token = SecretString("voice-token"),
          .channel = Snowflake{381870553235193857},
          .signature_key = mls::PrivateKey::generate(),
          .plaintext = plaintext};
}

// ── what the voice server says ──

inline json hello(double interval_ms = 13'750) {
  return {{"op", 8}, {"d", {{"v", 8}, {"heartbeat_interval", interval_ms}}}};
}
inline json resumed() { return {{"op", 9}, {"d", nullptr}}; }
inline json ack() { return {{"op", 6}, {"d", {{"t", 1}}}}; }
inline json ready(json modes = {"aead_xchacha20_poly1305_rtpsize", "xsalsa20_poly1305"}) {
  return {{"op", 2},
          {"d",
           {{"ssrc", 4'000'000'000U},
            {"ip", "203.0.113.7"},
            {"port", 50'001},
            {"modes", std::move(modes)},
            {"heartbeat_interval", 1}}}};
}
inline json description(std::uint8_t first_key_byte = 1,
                        const char* mode = "aead_xchacha20_poly1305_rtpsize") {
  json key = json::array();
  for (int i = 0; i < 32; ++i) key.push_back((first_key_byte + i * 8) % 256);
  return {
      {"op", 4},
      {"d", {{"mode", mode}, {"secret_key", key}, {"dave_protocol_version", 0}, {"audio_codec", "opus"}}}};
}

/// A session, its sockets, and a clock that moves when told.
struct Conversation {
  explicit Conversation(Config with = config()) : session(std::move(with)) {}
  Actions hears(const json& message) { return session.on_text(message.dump(), now); }
  Actions hears_bytes(const Bytes& message) { return session.on_binary(message, now); }
  /// The socket is gone, or did not open.
  Actions is_cut(std::optional<std::uint16_t> code = std::nullopt, std::string_view detail = "") {
    return session.on_close(code, detail, now);
  }
  /// Another one is open, so long after that.
  Actions opens_again(Duration after = 200ms) {
    now += after;
    return session.on_open(now);
  }
  Actions is_cut_and_resumes(Duration after = 200ms) {
    is_cut();
    static_cast<void>(opens_again(after));
    hears(hello());
    return hears(resumed());
  }
  Actions waits() {
    now = session.deadline().value();
    return session.on_time(now);
  }
  Conversation& become_ready(const json& greeting = hello()) {
    static_cast<void>(session.on_open(now));
    hears(greeting);
    hears(ready());
    return *this;
  }
  Conversation& become_live(const json& greeting = hello()) {
    become_ready(greeting);
    static_cast<void>(session.select_protocol("198.51.100.4", 40'000));
    hears(description());
    return *this;
  }
  Session session;
  TimePoint now = kStart;
};

}  // namespace vcplay::voice
