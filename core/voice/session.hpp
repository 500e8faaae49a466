// The voice gateway's protocol machine (version 8): messages and time in, actions out, no socket.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/heartbeat.hpp"
#include "base/secret.hpp"
#include "base/snowflake.hpp"
#include "dave/session.hpp"
#include "rtp/transport_cipher.hpp"

namespace vcplay::voice {

inline constexpr int kGatewayVersion = 8;

/// Discord, "Voice Connections", "Speaking Flags".
enum SpeakingFlag : std::uint8_t { kNotSpeaking = 0, kMicrophone = 1, kSoundshare = 2, kPriority = 4 };

// ── what the owner has to do, in order ──

struct SendText {
  std::string text;
};  // may hold the voice token: never log it
struct SendBinary {
  Bytes bytes;
};
struct CloseSocket {
  std::uint16_t code;
  std::string reason;
};
/// READY came: discover the external address of a UDP socket to here, then call select_protocol().
struct MediaServer {
  std::uint32_t ssrc = 0;
  std::string address;
  std::uint16_t port = 0;
  rtp::TransportMode mode{};  // chosen among those that the server offers
};
/// SESSION_DESCRIPTION came: audio can be sealed.
struct SessionReady {
  rtp::TransportMode mode{};
  rtp::TransportKey key;
  int dave_version = 0;
};
/// The websocket is lost, the session is not: open the same endpoint again after so long and call on_open().
/// Audio flows on meanwhile.
struct Reconnect {
  Duration after{};  // from now
  int attempt = 1;   // since the last success
  Error reason;
};
/// RESUMED came: everything missed follows.
struct Resumed {};
/// What to do about a session that is over.
enum class After : std::uint8_t {
  renew,    // ask the main gateway for a new one
  wait,     // the main gateway will say what has become of the call (Discord's 4014 and 4022)
  give_up,  // no new one would do better
};
/// The session is over; the sentence says why.
struct Over {
  After then = After::give_up;
  Duration pause{};                   // before a new one is asked for
  int most_renewals = 0;              // so many in a row for this reason, then give up
  std::optional<std::uint16_t> code = {};  // the server's close code
  Error reason;
};
/// What end-to-end encryption says about the sender's line comes after SessionReady, untouched.
using Action = std::variant<SendText, SendBinary, CloseSocket, MediaServer, SessionReady, dave::UseEncryptor,
                            dave::SendPlain, dave::HoldAudio, dave::NewEpoch, Reconnect, Resumed, Over>;
using Actions = std::vector<Action>;

struct Config {
  Snowflake server;        // the guild
  Snowflake user;          // the bot
  std::string session_id;  // of the bot's own VOICE_STATE_UPDATE
  SecretString token;      // of VOICE_SERVER_UPDATE
  Snowflake channel;
  mls::PrivateKey signature_key;  // one for the whole process
  dave::Plaintext plaintext = dave::Plaintext::refused;
};

/// One voice gateway connection from connect to close. Lives on the network thread.
class Session {
 public:
  explicit Session(Config config);

  /// The websocket is open: IDENTIFY goes out at once.
  [[nodiscard]] Actions on_open(TimePoint now);
  [[nodiscard]] Actions on_text(std::string_view text, TimePoint now);
  /// `u16 seq | u8 opcode | payload`.
  [[nodiscard]] Actions on_binary(ByteView message, TimePoint now);
  [[nodiscard]] Actions on_close(std::optional<std::uint16_t> code, std::string_view detail, TimePoint now);
  [[nodiscard]] Actions on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;

  /// Our external address as discovered. After MediaServer, once; otherwise nothing comes of it.
  [[nodiscard]] Actions select_protocol(const std::string& address, std::uint16_t port);
  /// SPEAKING with these flags, only when they differ from what was said last. After SessionReady.
  [[nodiscard]] Actions speaking(std::uint8_t flags);

  /// Nobody else is in the call, as far as the server has said.
  [[nodiscard]] bool is_alone() const noexcept { return dave_.is_alone(); }
  /// The members share the keys of a group.
  [[nodiscard]] bool has_group() const noexcept { return dave_.group() != nullptr; }
  /// The last sequence number received over text and binary alike, -1 before the first.
  [[nodiscard]] int sequence() const noexcept { return sequence_; }

 private:
  enum class State { not_open, waiting_for_ready, discovering, waiting_for_description, live, over };

  Actions on_hello(const nlohmann::json& data, TimePoint now);
  Actions on_ready(const nlohmann::json& data);
  Actions on_session_description(const nlohmann::json& data, TimePoint now);

  /// What is to be done of end-to-end encryption's accord, as this machine's own actions.
  Actions adopt(dave::Actions&& actions);
  Actions on_heartbeat_time(TimePoint now);
  [[nodiscard]] Actions beat(TimePoint now) const;
  /// Closes the socket and ends the session.
  Actions fail(std::uint16_t close_code, Cause cause, const std::string& sentence);
  void end() noexcept;

  Config config_;
  dave::Session dave_;
  State state_ = State::not_open;
  Heartbeat heartbeat_{1};  // two unanswered beats when a third is due: the server is gone
  int sequence_ = -1;
  std::uint32_t ssrc_ = 0;                      // since READY
  rtp::TransportMode mode_{};                   // since READY
  std::optional<std::uint8_t> speaking_flags_;  // as said last
};

}  // namespace vcplay::voice
