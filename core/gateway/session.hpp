// The main gateway's protocol machine: text and time in,
// actions out, no socket. The README beside it draws it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/heartbeat.hpp"
#include "base/json.hpp"
#include "base/secret.hpp"
#include "base/snowflake.hpp"
#include "resources/guild.hpp"

namespace vcplay::gateway {

// ── what the owner has to do, in order ──

struct SendText {
  std::string text;
};  // may hold the token: never log it
struct CloseSocket {
  std::uint16_t code;
  std::string reason;
};
/// READY came: this is who we are. Comes again after each IDENTIFY, and nothing of the session before holds.
struct Ready {
  Snowflake user;
  std::string session_id;
  std::string resume_url;
  std::vector<Snowflake> guilds;
};
struct GuildCreated {
  resources::Guild guild;
};  // the target guild's GUILD_CREATE
struct GuildDeleted {
  bool unavailable;
};  // the target guild's GUILD_DELETE
struct ChannelUpdated {
  resources::Channel channel;
};  // any channel of the target guild
struct ChannelDeleted {
  Snowflake channel;
};
/// VOICE_STATE_UPDATE of the bot itself in the target guild.
struct OwnVoiceState {
  std::optional<Snowflake> channel;  // nothing: not in a voice channel
  std::string session_id;
  bool mute = false;
  bool suppress = false;
  bool requested_to_speak = false;  // on a stage: the hand is raised
};
/// VOICE_SERVER_UPDATE of the target guild.
struct VoiceServer {
  std::string token;                    // a secret of this voice session: never log it
  std::optional<std::string> endpoint;  // nothing: the server is gone, another follows
};
/// HELLO came and there is no session to resume: an IDENTIFY is one of the day's thousand, so call identify()
/// when the budget allows it.
struct WantsIdentify {};
/// RESUMED came: everything missed has been replayed.
struct Resumed {};
/// The connection is lost and another is wanted: open it after so long and call on_open(), or on_close() when
/// it cannot be opened. Of the old socket nothing is to be heard any more; a CloseSocket before this one says
/// how to close it.
struct Reconnect {
  std::string url;   // READY's resume_gateway_url; empty: the one that the first connection went to
  Duration after{};  // from now
  int attempt = 1;   // since the last READY or RESUMED
  Error reason;
};
/// The session is over for good; the sentence says why.
struct Failed {
  Error error;
};
using Action =
    std::variant<SendText, CloseSocket, Ready, GuildCreated, GuildDeleted, ChannelUpdated, ChannelDeleted,
                 OwnVoiceState, VoiceServer, WantsIdentify, Resumed, Reconnect, Failed>;
using Actions = std::vector<Action>;

inline constexpr std::uint64_t kIntents = (1ULL << 0) | (1ULL << 7);  // GUILDS, GUILD_VOICE_STATES: 129

/// The most that is taken of one message. A GUILD_CREATE is by far the largest: a guild has up to 500
/// channels, 250 roles and 1,000 active threads (Discord, "JSON Error Codes", 30013, 30005 and 160006), and
/// without the intent GUILD_PRESENCES only those members are told who are in voice. With sixty overwrites in
/// each channel and five thousand people in voice that is 10 MiB, of which 170,000 values are kept.
inline constexpr json::Limits kMessageLimits{.bytes = 16 * 1024 * 1024, .values = 400'000};

/// Discord, Gateway topic, "Sharding": the shard that hears of this guild.
[[nodiscard]] constexpr int shard_of(Snowflake guild, int shards) noexcept {
  return shards < 1 ? 0 : static_cast<int>((guild.value >> 22) % static_cast<std::uint64_t>(shards));
}

struct Config {
  SecretString token;
  Snowflake guild;
  int shard_id = 0;
  int shard_count = 1;
  RandomFraction random = {};  // for the first heartbeat and the waits; empty: always one half
};

/// A bot's session at the main gateway, over as many connections as it takes. Lives on the network thread.
class Session {
 public:
  explicit Session(Config config);

  /// A new socket is open, the first or the one that Reconnect asked for.
  [[nodiscard]] Actions on_open(TimePoint now);
  [[nodiscard]] Actions on_text(std::string_view text, TimePoint now);
  /// The socket closed, or could not be opened: `code` as the peer sent it, nothing when there was no close
  /// frame. `detail` is text from outside.
  [[nodiscard]] Actions on_close(std::optional<std::uint16_t> code, std::string_view detail, TimePoint now);
  [[nodiscard]] Actions on_time(TimePoint now);
  /// When on_time() wants to be called next; nothing: never.
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;

  /// Op 2, the answer to WantsIdentify. At any other time nothing comes of it.
  [[nodiscard]] Actions identify(TimePoint now);
  /// Op 4: joins, moves to, or with nothing leaves. Nothing unless is_ready(): Discord would close the
  /// connection, so ask again after Ready or Resumed.
  [[nodiscard]] Actions update_voice_state(std::optional<Snowflake> channel, bool self_mute, bool self_deaf);
  /// Ends the wait for the next connection: gives the Reconnect once more, due at once.
  [[nodiscard]] Actions hurry(TimePoint now);

  /// Op 4 would be sent now.
  [[nodiscard]] bool is_ready() const noexcept { return state_ == State::ready; }
  /// Discord may still know the session that was lost.
  [[nodiscard]] bool can_resume() const noexcept { return !session_id_.empty() && sequence_.has_value(); }

 private:
  enum class State : std::uint8_t {
    waiting_for_hello,
    waiting_for_identify,  // the owner says when the budget allows it
    waiting_for_ready,
    waiting_for_resumed,
    ready,
    between_sockets,
    over,
  };

  Actions on_hello(const nlohmann::json& data, TimePoint now);
  [[nodiscard]] nlohmann::json read(std::string_view text) const;
  [[nodiscard]] std::string resume_message() const;
  [[nodiscard]] Actions beat() const;

  // session_dispatch.cpp
  Actions on_dispatch(const nlohmann::json& message, TimePoint now);
  Actions on_ready(const nlohmann::json& data, TimePoint now);
  Actions on_resumed(TimePoint now);
  Actions on_guild_create(const nlohmann::json& data);
  Actions on_guild_delete(const nlohmann::json& data);
  Actions on_channel_update(const nlohmann::json& data);
  Actions on_channel_delete(const nlohmann::json& data);
  Actions on_voice_state_update(const nlohmann::json& data);
  Actions on_voice_server_update(const nlohmann::json& data);
  [[nodiscard]] bool is_about_our_guild(const nlohmann::json& data, const char* field) const;

  // session_reconnect.cpp
  Actions on_reconnect(TimePoint now);
  Actions on_invalid_session(const nlohmann::json& data, TimePoint now);
  Actions was_not_understood(const Error& reason, TimePoint now);
  Actions retry(const Error& reason, TimePoint now);                      // after the next wait in line
  Actions start_afresh(const Error& reason, TimePoint now);               // without the session
  Actions reconnect(Duration after, const Error& reason, TimePoint now);  // or the end, when enough was tried
  /// The Reconnect that is being waited for, said again.
  Actions remind(Duration after);
  Actions end(Error error);
  /// Closes the socket before `then`.
  [[nodiscard]] Actions hang_up(Actions then) const;
  void was_reached() noexcept;
  void succeed(TimePoint now);
  void notice_good_life(TimePoint now) noexcept;
  void forget_session();
  [[nodiscard]] Duration next_wait();
  /// A part of `whole`, anew each time.
  [[nodiscard]] Duration drawn(Duration whole) const;
  /// Less than a minute after the last READY or RESUMED.
  [[nodiscard]] bool was_well_just_now(TimePoint now) const noexcept;

  Config config_;
  State state_ = State::waiting_for_hello;
  Heartbeat heartbeat_{0};  // Discord, Gateway topic: one unanswered beat when the next is due makes a zombie
  std::optional<TimePoint> answer_due_;  // HELLO, READY or RESUMED

  // What a resume needs.
  std::optional<std::int64_t> sequence_;
  std::string session_id_;
  std::string resume_url_;
  Snowflake user_;  // ourselves, since READY

  // What has been tried.
  Backoff backoff_;
  int attempt_ = 0;                      // connections since the last READY or RESUMED
  int unreached_ = 0;                    // of them, those in a row that met no HELLO at resume_url_
  int farewells_ = 0;                    // of them, those that ended with 1000 or 1001
  int misunderstandings_ = 0;            // closes in a row over what we sent
  int identifies_ = 0;                   // without a READY since
  int short_lives_ = 0;                  // sessions in a row that were invalid within a minute
  std::optional<TimePoint> well_since_;  // the last READY or RESUMED
  std::optional<TimePoint> sent_on_at_;  // the last op 7
  // While between_sockets.
  std::optional<Reconnect> pending_;
  TimePoint reconnect_at_;
};

}  // namespace vcplay::gateway
