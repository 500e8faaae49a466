// One stream into one voice channel, from the first look-up to the clean leave.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/frame_queue.hpp"
#include "base/secret.hpp"
#include "base/snowflake.hpp"
#include "dave/session.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"
#include "rest/api.hpp"
#include "rtp/transport_cipher.hpp"
#include "voice/call.hpp"
#include "voice/pacer.hpp"
#include "voice/policies.hpp"
#include "voice/sender.hpp"

namespace vcplay::voice {

/// How far a connection has come. Each wait of the join has
/// its name, so that a time-out can say which it was.
enum class ConnectionPhase {
  finding_gateway,
  opening_gateway,
  identifying,
  waiting_for_guild,
  joining_channel,
  opening_voice,
  identifying_voice,
  discovering_address,
  selecting_protocol,
  ready,      // the session is described: audio may go out as soon as there is some
  lingering,  // everything is sent; listeners' jitter buffers play out
  leaving,
  closing,
  over,
};
[[nodiscard]] std::string_view name(ConnectionPhase phase) noexcept;  // "identifying", …: stable words

struct ConnectionConfig {
  SecretString token;
  Snowflake guild;
  Snowflake channel;
  std::optional<net::Url> api_url;           // nothing: make no REST call
  std::optional<net::Url> gateway_url;       // nothing: ask REST
  std::optional<std::pair<int, int>> shard;  // id, count; nothing: as /gateway/bot says
  std::uint8_t speaking_flags = 1;           // SpeakingFlag bits while audio flows
  int lead_in_packets = 10;                  // of silence before the first audio
  Duration join_timeout = std::chrono::seconds(15);
  WhenAlone when_alone = WhenAlone::play;
  OnMove on_move = OnMove::follow;
  OnKick on_kick = OnKick::exit;
  OnSuppressed on_suppressed = OnSuppressed::wait;
  bool allow_plaintext = false;  // play without end-to-end encryption where a channel ought to have it
  /// Asked before each IDENTIFY, on the network thread. Zero: send it now, it counts; else ask again after so
  /// long. Throws Error{identify_budget} when it must not be sent at all. Empty: nobody counts.
  std::function<Duration()> may_identify;
  /// Told what GET /gateway/bot says of Discord's own count. Empty: nobody cares.
  std::function<void(const rest::GatewayBot&)> on_identify_limit;
};

/// What a person wants to know about the place.
struct ChannelFacts {
  Snowflake guild;
  Snowflake channel;
  std::string guild_name;    // text from outside
  std::string channel_name;  // text from outside
  int bitrate = 64'000;      // bit/s
  bool stage = false;
};

struct SessionFacts {
  Snowflake user;  // the bot
  rtp::TransportMode mode{};
  int dave_version = 0;  // 0: no end-to-end encryption
};

/// What stands between the audio and the channel.
enum class LineState : std::uint8_t {
  encrypted,      // audio is encrypted from end to end
  plain,          // audio goes out without end-to-end encryption
  alone,          // nobody is there
  audience,       // the bot is in the audience of a stage
  waiting,        // others are there, the key is not yet
  not_encrypted,  // the server wants audio without end-to-end encryption, and that is refused
};

[[nodiscard]] std::string_view name(
    LineState line) noexcept;  // "encrypted", "not-encrypted", …: stable words

struct EncryptionFacts {
  LineState line = LineState::waiting;     // until end-to-end encryption says otherwise
  int version = 0;                         // of DAVE; 0: no end-to-end encryption
  std::optional<std::uint64_t> epoch;      // of the group; nothing: there is none
  std::string privacy_code;                // 30 digits, of that epoch
  std::vector<dave::GroupMember> members;  // of that epoch, the bot included
};

/// What was lost and is had again.
enum class Recovery : std::uint8_t {
  gateway,  // the main gateway; audio flows on
  voice,    // the voice gateway; audio flows on
  call,     // the voice session; audio waits at its position
};
[[nodiscard]] std::string_view name(Recovery recovery) noexcept;  // "gateway", "voice", "call": stable words

struct ReconnectFacts {
  Recovery what{};
  std::string reason;  // one sentence
  Duration after{};    // from now
  int attempt = 1;
};

/// Hears from a Connection, on the network thread. Must not destroy the Connection from inside.
class ConnectionListener {
 public:
  virtual ~ConnectionListener() = default;
  virtual void on_phase(ConnectionPhase phase, TimePoint now) = 0;
  virtual void on_channel(const ChannelFacts& facts) = 0;  // again when the channel changes
  virtual void on_session(const SessionFacts& facts) = 0;
  virtual void on_encryption(const EncryptionFacts& facts) = 0;  // each time that something of it changes
  virtual void on_underrun(bool began) = 0;                      // the queue ran dry; audio flows again
  virtual void on_reconnect(const ReconnectFacts& facts) = 0;    // something is lost and tried again
  /// Exactly once, last: nothing when the stream was played (or stopped) and left, else why it ended.
  /// Somebody waits for it: where no memory is left, it is told without.
  virtual void on_end(std::optional<Error> error) noexcept = 0;
};

/// Joins a voice channel, feeds the Sender its session, keeps both gateways alive and leaves: the only type
/// that knows both gateways. Lives on the network thread; owns the sender thread.
class Connection {
 public:
  Connection(net::EventLoop& loop, const net::TlsTrust& trust, ConnectionConfig config, FrameQueue& queue,
             SenderStats& stats, Pacer& pacer, ConnectionListener& listener);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// What the channel's status says from now on, until the bot leaves: text from outside. Where it may not be
  /// set there is one warning.
  void set_status(std::string_view text);
  /// Stops the audio with silence, leaves, closes; on_end() comes within 2 s.
  void stop();
  /// The same at once and without the silence, for `reason`, which on_end() tells.
  void fail(Error reason);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::voice
