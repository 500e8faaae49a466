// One stream into one voice channel, from the bot's first word to the clean leave.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/snowflake.hpp"
#include "bot/bot.hpp"
#include "channel/call.hpp"
#include "channel/policies.hpp"
#include "channel/send_permit.hpp"
#include "dave/session.hpp"
#include "rtp/transport_cipher.hpp"
#include "send/send_threads.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::channel {

/// How far a channel has come. Each wait of the join has its name, so that a time-out can say which it was.
enum class Phase {
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
[[nodiscard]] std::string_view name(Phase phase) noexcept;  // "identifying", …: stable words

struct ChannelConfig {
  Snowflake guild;
  Snowflake channel;
  std::uint8_t speaking_flags = 1;  // SpeakingFlag bits while audio flows
  int lead_in_packets = 10;         // of silence before the first audio
  Duration join_timeout = std::chrono::seconds(15);
  WhenAlone when_alone = WhenAlone::play;
  OnMove on_move = OnMove::follow;
  OnKick on_kick = OnKick::exit;
  OnSuppressed on_suppressed = OnSuppressed::wait;
  bool allow_plaintext = false;  // play without end-to-end encryption where a channel ought to have it
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
  Hint hint = Hint::none;
  Duration after{};  // from now
  int attempt = 1;
};

/// Something that a person should know of while the channel goes on.
struct Notice {
  /// `where`: those from one place are of one kind.
  Notice(log::Level how_bad, std::string what, Hint what_helps = Hint::none, std::string what_next = {},
         log::Place where = {__builtin_FILE(), __builtin_LINE()})
      : level(how_bad),
        sentence(std::move(what)),
        hint(what_helps),
        then(std::move(what_next)),
        place(where) {}

  log::Level level;
  std::string sentence;  // what happened
  Hint hint;
  std::string then;  // a sentence of what the channel does about it; empty: nothing
  log::Place place;
};

/// Hears from a Channel, on the network thread. Must not destroy it from inside.
class ChannelListener {
 public:
  virtual ~ChannelListener() = default;
  virtual void on_phase(Phase phase, TimePoint now) = 0;
  virtual void on_channel(const ChannelFacts& facts) = 0;  // again when the channel changes
  virtual void on_session(const SessionFacts& facts) = 0;
  virtual void on_encryption(const EncryptionFacts& facts) = 0;  // each time that something of it changes
  virtual void on_underrun(bool began) = 0;                      // the stream ran dry; audio flows again
  virtual void on_reconnect(const ReconnectFacts& facts) = 0;    // something is lost and tried again
  virtual void on_notice(const Notice& notice);                  // logs it, without what the hint stands for
  /// Exactly once, last: nothing when the stream was played (or stopped) and left, else why it ended.
  /// Somebody waits for it: where no memory is left, it is told without.
  virtual void on_end(std::optional<Error> error) noexcept = 0;
};

/// Joins a voice channel by way of a Bot, feeds the Sender its session, keeps the call alive and leaves: the
/// only type that knows both gateways. Many of them share a Bot, one in each guild at a time; each begins,
/// ends and goes without the others. Lives on the network thread.
class Channel {
 public:
  /// `bot` outlives the Channel and is told to expect() its guild. It stays open when the Channel has ended,
  /// and may still have to say that the bot leaves. `log` outlives `threads`, and that outlives the Channel.
  Channel(bot::Bot& bot, ChannelConfig config, stream::FrameLog& log,
          std::shared_ptr<send::SenderStats> stats, send::SendThreads& threads, ChannelListener& listener);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Opens the bot where nobody has yet.
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

}  // namespace vcplay::channel
