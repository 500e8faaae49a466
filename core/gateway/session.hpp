// The main gateway's protocol machine: text and time in, actions out, no socket. The README
// beside it draws it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/heartbeat.hpp"
#include "base/json.hpp"
#include "base/secret.hpp"
#include "base/snowflake.hpp"
#include "gateway/actions.hpp"
#include "gateway/guilds.hpp"
#include "gateway/send_budget.hpp"
#include "gateway/voice_state_queue.hpp"
#include "resources/guild.hpp"

namespace vcplay::gateway {

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

/// Why READY does not name a guild in which the bot never was: it is another shard's, or the
/// bot was not invited.
[[nodiscard]] Error not_in_ready(Snowflake guild, int shard_id, int shard_count);

struct Config {
  SecretString token;
  std::vector<Snowflake> guilds = {};  // to be played in
  int shard_id = 0;
  int shard_count = 1;
  RandomFraction random = {};  // for the first heartbeat and the waits; empty: always one half
};

/// A bot's session at the main gateway, in as many guilds as are to be played in, over as many connections as
/// it takes. Lives on the network thread.
class Session {
 public:
  explicit Session(Config config);

  /// One more guild to be played in. Discord describes a guild once, behind READY: one that is added later
  /// is described after an outage of its own, or of the session's.
  void add_guild(Snowflake guild) { guilds_.add(guild); }
  /// What is known of it is forgotten.
  void remove_guild(Snowflake guild) { guilds_.remove(guild); }

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
  /// Op 4, as soon as the SendBudget bears it; it takes the place of one of the same guild that still waits.
  /// A join is nothing unless is_ready(): Discord would close the connection, so ask again after Ready or
  /// Resumed. A leave waits for the session to come back.
  [[nodiscard]] Actions update_voice_state(const VoiceStateUpdate& update, TimePoint now);
  /// Ends the wait for the next connection: gives the Reconnect once more, due at once.
  [[nodiscard]] Actions hurry(TimePoint now);

  /// Op 4 would be sent now.
  [[nodiscard]] bool is_ready() const noexcept { return state_ == State::ready; }
  /// Discord may still know the session that was lost.
  [[nodiscard]] bool can_resume() const noexcept { return !session_id_.empty() && sequence_.has_value(); }
  /// Ourselves, since the first READY.
  [[nodiscard]] std::optional<Snowflake> user() const noexcept {
    return well_since_ ? std::optional(user_) : std::nullopt;
  }

  // Of a guild that is to be played in.
  /// As it is now, as far as Discord tells; null: never described, or the bot is no longer in it.
  [[nodiscard]] const resources::Guild* guild(Snowflake guild) const noexcept {
    return guilds_.latest(guild);
  }
  /// GUILD_CREATE came since READY, and there is no outage.
  [[nodiscard]] bool is_described(Snowflake guild) const noexcept { return guilds_.is_described(guild); }
  /// What GuildMissing says; nothing: the bot is in it, or READY has not come yet.
  [[nodiscard]] std::optional<Error> why_missing(Snowflake guild) const;

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
  [[nodiscard]] bool is_worth_reading(const nlohmann::json& message) const;
  [[nodiscard]] std::string resume_message() const;
  [[nodiscard]] Actions beat() const;
  void send_waiting(TimePoint now, Actions& actions);

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
  /// The guild that is named in that field, where it is to be played in.
  [[nodiscard]] std::optional<Snowflake> our_guild(const nlohmann::json& data, const char* field) const;

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
  Guilds guilds_;
  State state_ = State::waiting_for_hello;
  Heartbeat heartbeat_{0};  // Discord, Gateway topic: one unanswered beat when the next is due makes a zombie
  std::optional<TimePoint> answer_due_;  // HELLO, READY or RESUMED
  SendBudget budget_;
  VoiceStateQueue waiting_;  // for the budget

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
