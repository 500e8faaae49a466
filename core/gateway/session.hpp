// The main gateway's protocol machine: text and time in, actions out, no socket.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/heartbeat.hpp"
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
/// READY came: this is who we are.
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
/// The connection is lost and another is wanted: open it after so long and call on_open().
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

/// Discord, Gateway topic, "Sharding": the shard that hears of this guild.
[[nodiscard]] constexpr int shard_of(Snowflake guild, int shards) noexcept {
  return shards < 1 ? 0 : static_cast<int>((guild.value >> 22) % static_cast<std::uint64_t>(shards));
}

struct Config {
  SecretString token;
  Snowflake guild;
  int shard_id = 0;
  int shard_count = 1;
  double jitter = 0.5;  // [0, 1): where in the first interval the first heartbeat falls; the owner draws it
};

/// One main gateway connection from HELLO to close. Lives on the network thread.
class Session {
 public:
  explicit Session(Config config);

  [[nodiscard]] Actions on_text(std::string_view text, TimePoint now);
  /// The socket closed: `code` as the peer sent it, nothing when there was no close frame. `detail` is text
  /// from outside.
  [[nodiscard]] Actions on_close(std::optional<std::uint16_t> code, std::string_view detail, TimePoint now);
  [[nodiscard]] Actions on_time(TimePoint now);
  /// When on_time() wants to be called next; nothing: never.
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;

  /// Op 4: joins, moves to, or with nothing leaves. Nothing before READY: Discord would close the connection.
  [[nodiscard]] Actions update_voice_state(std::optional<Snowflake> channel, bool self_mute, bool self_deaf);

 private:
  enum class State { waiting_for_hello, waiting_for_ready, ready, over };

  Actions on_hello(const nlohmann::json& data, TimePoint now);
  Actions on_dispatch(const nlohmann::json& message);
  Actions on_ready(const nlohmann::json& data);
  Actions on_guild_create(const nlohmann::json& data);
  Actions on_guild_delete(const nlohmann::json& data);
  Actions on_channel_update(const nlohmann::json& data);
  Actions on_channel_delete(const nlohmann::json& data);
  Actions on_voice_state_update(const nlohmann::json& data);
  Actions on_voice_server_update(const nlohmann::json& data);

  Actions identify();
  [[nodiscard]] Actions beat() const;
  /// Closes the socket and ends the session.
  Actions fail(std::uint16_t close_code, Cause cause, const std::string& sentence);
  void end() noexcept;
  [[nodiscard]] bool is_about_our_guild(const nlohmann::json& data, const char* field) const;

  Config config_;
  State state_ = State::waiting_for_hello;
  Heartbeat heartbeat_{0};  // Discord, Gateway topic: one unanswered beat when the next is due makes a zombie
  // What a resume needs.
  std::optional<std::int64_t> sequence_;
  std::string session_id_;
  std::string resume_url_;
  Snowflake user_;  // ourselves, since READY
};

}  // namespace vcplay::gateway
