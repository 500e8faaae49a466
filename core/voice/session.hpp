// The voice gateway's protocol machine (version 8): messages and time in, actions out, no socket.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/backoff.hpp"
#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/heartbeat.hpp"
#include "base/logger.hpp"
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
/// The websocket is lost, the session is not: drop what is left of it, open the same endpoint again after so
/// long and call on_open(), or on_close() when it does not open. Audio flows on meanwhile: ssrc, key and
/// nonces stay what they are.
struct Reconnect {
  Duration after{};  // from now
  int attempt = 1;   // since a heartbeat was answered last
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
  Duration pause{};                        // before a new one is asked for
  int most_renewals = 0;                   // so many in a row for this reason, then give up
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
  bool was_encrypted = false;  // as dave::Config has it
  RandomFraction random = {};  // spreads the waits of Reconnect; empty: not at all
  log::Logger logger = {};     // of what is about this session
};

/// One IDENTIFY's worth of the voice gateway, over as many websockets as it takes (README.md draws it). Lives
/// on the network thread.
class Session {
 public:
  explicit Session(Config config);

  /// The websocket is open: IDENTIFY goes out at once, and on each one after a Reconnect RESUME.
  [[nodiscard]] Actions on_open(TimePoint now);
  [[nodiscard]] Actions on_text(std::string_view text, TimePoint now);
  /// `u16 seq | u8 opcode | payload`.
  [[nodiscard]] Actions on_binary(ByteView message, TimePoint now);
  /// The websocket closed, or did not open: `code` as the server sent it, nothing when there was no close
  /// frame. `detail` is text from outside. Until a Reconnect's wait is over this can only be the one before,
  /// and nothing comes of it.
  [[nodiscard]] Actions on_close(std::optional<std::uint16_t> code, std::string_view detail, TimePoint now);
  [[nodiscard]] Actions on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;

  /// Our external address as discovered. After MediaServer, once; otherwise nothing comes of it.
  [[nodiscard]] Actions select_protocol(const std::string& address, std::uint16_t port);
  /// SPEAKING with these flags, only when they differ from what was said last; without a socket they are said
  /// after RESUMED. After SessionReady.
  [[nodiscard]] Actions speaking(std::uint8_t flags);

  /// SESSION_DESCRIPTION has come: losing the websocket is not the end.
  [[nodiscard]] bool has_session() const noexcept { return described_; }
  /// … and what is said now is heard.
  [[nodiscard]] bool is_live() const noexcept { return state_ == State::live; }
  /// Nobody else is in the call, as far as the server has said.
  [[nodiscard]] bool is_alone() const noexcept { return dave_.is_alone(); }
  /// The members share the keys of a group.
  [[nodiscard]] bool has_group() const noexcept { return dave_.group() != nullptr; }
  /// The last sequence number received over text and binary alike, -1 before the first.
  [[nodiscard]] int sequence() const noexcept { return sequence_; }

 private:
  enum class State : std::uint8_t {
    not_open,
    waiting_for_ready,        // IDENTIFY is out
    discovering,              // the owner finds out our address
    waiting_for_description,  // SELECT_PROTOCOL is out
    live,
    lost,      // no socket; the session waits for one
    resuming,  // RESUME is out
    over,
  };
  [[nodiscard]] bool has_socket() const noexcept;

  Actions on_hello(const nlohmann::json& data, TimePoint now);
  Actions on_ready(const nlohmann::json& data, TimePoint now);
  Actions on_session_description(const nlohmann::json& data, TimePoint now);
  Actions on_resumed(TimePoint now);
  Actions on_heartbeat_ack() noexcept;

  /// What is to be done of end-to-end encryption's accord, as this machine's own actions.
  Actions adopt(dave::Actions&& actions, TimePoint now);
  /// Sends it, or keeps it until the session is resumed.
  void say(Action&& message, Actions& actions);
  void remember_readiness(const std::string& text, TimePoint now);
  void repeat_readiness(Actions& actions);
  /// End-to-end encryption's time, which stands still while nobody can be asked and nobody can answer.
  [[nodiscard]] TimePoint call_time(TimePoint now) const noexcept;

  Actions on_heartbeat_time(TimePoint now);
  [[nodiscard]] Actions beat(TimePoint now) const;
  /// What the server owes us by answer_due_.
  [[nodiscard]] const char* missing() const noexcept;

  /// The socket is gone: the session waits for another, or is over.
  Actions lose(std::optional<std::uint16_t> code, Error reason, TimePoint now);
  /// Closes a socket that nothing comes from any more, and goes on without it.
  Actions give_up_socket(const char* sentence, TimePoint now);
  /// Closes the socket and ends the session.
  Actions fail(std::uint16_t close_code, Cause cause, const std::string& sentence, Hint hint = Hint::none);
  Actions end(Over&& over);
  void forget_socket() noexcept;

  /// For what is not worth more.
  Actions ignore(std::string_view what) const;

  Config config_;
  dave::Session dave_;
  State state_ = State::not_open;
  bool described_ = false;
  int sequence_ = -1;
  std::uint32_t ssrc_ = 0;                      // since READY
  rtp::TransportMode mode_{};                   // since READY
  std::optional<std::uint8_t> speaking_flags_;  // as wanted last, and as said last while live

  // the socket's
  Heartbeat heartbeat_{1};  // two unanswered beats when a third is due: the server is gone
  std::optional<TimePoint> hello_due_;
  std::optional<TimePoint> answer_due_;  // READY, SESSION_DESCRIPTION or RESUMED, as the state has it

  // what a resume needs
  Backoff backoff_;
  TimePoint lost_at_{};       // when it was live last
  TimePoint reconnect_at_{};  // when `lost`
  Duration away_{};           // all the time between being lost and being resumed, until now
  std::vector<std::pair<TimePoint, std::string>> readiness_;  // opcodes 23, and when they were said
  Actions kept_;  // messages of end-to-end encryption's that found no session to be sent in
};

}  // namespace vcplay::voice
