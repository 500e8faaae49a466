// What the main gateway does for one guild: who is in which voice channel, and what becomes of the guild.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/gateway_session.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/shard.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

class GatewayServer;

/// Whose doing it is that a voice session's credentials stop being valid.
enum class VoiceEnd : std::uint8_t {
  left,   // the account's: it left, or its gateway session ended
  taken,  // ours: moved to another channel, replaced, closed by the server
};

/// A voice session whose credentials stop being valid.
struct VoiceOver {
  Snowflake user;
  VoiceEnd end{};
  std::uint16_t close_code = 4014;  // the voice gateway's, a moment later
};

/// What op 4 asks for.
struct VoiceStateWish {
  std::optional<Snowflake> channel;  // nothing: to leave
  bool self_mute = false;
  bool self_deaf = false;
};

/// Answers op 4 for its guild and tells the sessions that see the guild. Lives on the rehearsal's thread.
class GuildServer {
 public:
  GuildServer(World& world, Books& books) : world_(world), books_(books) {}

  [[nodiscard]] World& world() noexcept { return world_; }
  [[nodiscard]] const World& world() const noexcept { return world_; }
  [[nodiscard]] Books& books() noexcept { return books_; }
  [[nodiscard]] Snowflake id() const noexcept { return world_.options().guild; }
  /// It belongs to `gateway` from now on; before that nothing may happen here.
  void belong_to(GatewayServer& gateway) noexcept { gateway_ = &gateway; }

  std::function<void(const VoiceOver& over, TimePoint now)> on_voice_session_over = [](const VoiceOver&,
                                                                                       TimePoint) {};
  /// The account asked for new credentials where it is: its voice session makes room for another.
  std::function<void(Snowflake user)> on_renewal = [](Snowflake) {};
  /// A RESUME made good whatever had happened to the account's connection.
  std::function<void(Snowflake user)> on_resumed = [](Snowflake) {};
  /// The account is about to come to `channel`, from none or from another one of this guild.
  std::function<void(Snowflake user, Snowflake channel, TimePoint now)> on_coming = [](Snowflake, Snowflake,
                                                                                       TimePoint) {};

  // ── sessions ──
  [[nodiscard]] bool is_seen_by(const GatewaySession& session) const;
  /// The guild as it is now, when it is there and the session wants to know.
  void introduce(GatewaySession& session, TimePoint now);
  /// The session through which the account is in voice here; nullptr when it is not, or when another
  /// process's holds its voice state.
  [[nodiscard]] GatewaySession* owner(Snowflake user) const;
  void on_session_over(const GatewaySession& session, TimePoint now);

  // ── voice states ──
  void update(GatewaySession& session, const VoiceStateWish& wish, TimePoint now);
  /// Tells everybody who subscribed to voice states.
  void announce_voice_state(Snowflake user, const std::string& last_session_id, TimePoint now);
  void announce_voice_status(TimePoint now);

  // ── what goes wrong; each without an effect on users to whom it cannot happen ──
  // With the account's voice state:
  /// As a moderator does: it becomes null.
  void remove_from_voice(Snowflake user, TimePoint now);
  void move(Snowflake user, Snowflake channel, TimePoint now);
  /// The voice server goes, and another follows `after` that. Nothing: the other one is there before it goes.
  void migrate(Snowflake user, std::optional<Duration> after, TimePoint now);
  void take_over(Snowflake user, TimePoint now);
  void mute(Snowflake user, bool muted, TimePoint now);
  void suppress(Snowflake user, bool suppressed, TimePoint now);
  // With the guild:
  void delete_channel(Snowflake channel, TimePoint now);
  void remove_from_guild(Snowflake user, TimePoint now);
  void black_out(Duration span, TimePoint now);
  void announce_channel(Snowflake channel, TimePoint now);

 private:
  // guild_server.cpp
  void tell(std::uint64_t intent, const char* name, const nlohmann::json& data, TimePoint now);
  void join(GatewaySession& session, const VoiceStateWish& wish, TimePoint now);
  void leave(GatewaySession& session, TimePoint now);
  void send_voice_server(GatewaySession& session, TimePoint now);
  void give_way(const VoiceOver& over, TimePoint now);
  void announce_voice_state(Snowflake user, TimePoint now);

  // guild_faults.cpp
  void replace_voice_server(Snowflake user, std::uint64_t servers, TimePoint now);
  void end_outage(TimePoint now);

  World& world_;
  Books& books_;
  GatewayServer* gateway_ = nullptr;
  /// The session that an account's voice state belongs to; empty: another process's.
  std::map<Snowflake, std::string> joined_through_;
  TimePoint outage_until_{};
};

}  // namespace vcplay::rehearsal
