// The main gateway's serving side (v10, JSON): bytes and time in, messages out, no socket of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "net/server.hpp"
#include "rehearsal/gateway_connection.hpp"
#include "rehearsal/gateway_connections.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

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

/// By which of our names a client came.
enum class GatewayDoor : std::uint8_t {
  front,   // of /gateway/bot
  resume,  // of READY's resume_gateway_url
};

/// Holds every account's gateway sessions to the protocol. Lives on the rehearsal's thread.
class GatewayServer {
 public:
  GatewayServer(World& world, Books& books) : world_(world), books_(books), connections_(books) {}

  /// Where clients find us; known once the servers listen.
  void set_addresses(std::string own_url, std::string voice_endpoint);
  /// READY's resume_gateway_url; without it that is our own URL.
  void set_resume_url(std::string url);
  std::function<void(const VoiceOver& over, TimePoint now)> on_voice_session_over = [](const VoiceOver&,
                                                                                       TimePoint) {};
  /// The account asked for new credentials where it is: its voice session makes room for another.
  std::function<void(Snowflake user)> on_renewal = [](Snowflake) {};
  /// A RESUME made good whatever had happened to the account's connection.
  std::function<void(Snowflake user)> on_resumed = [](Snowflake) {};

  void on_open(net::ServerSocket& socket, std::string_view query, TimePoint now,
               GatewayDoor door = GatewayDoor::front);
  void on_text(net::ServerSocket& socket, std::string_view text, TimePoint now);
  void on_binary(net::ServerSocket& socket, TimePoint now);
  /// `code` is that of the client's close frame; 0: none came.
  void on_closed(net::ServerSocket& socket, std::uint16_t code, TimePoint now);
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  /// Waits for no RESUME any longer.
  void end_lost_sessions(TimePoint now);

  /// True while the account has a session through which it could leave.
  [[nodiscard]] bool is_connected(Snowflake user) const;

  /// Tells everybody who subscribed to voice states.
  void announce_voice_state(Snowflake user, const std::string& last_session_id, TimePoint now);
  void announce_voice_status(TimePoint now);

  // ── what goes wrong; each without an effect on users to whom it cannot happen ──
  // With the connection on which the account joined, or else its newest:
  void drop(Snowflake user);  // ends TCP
  void close(Snowflake user, std::uint16_t code);
  void ask_to_reconnect(Snowflake user);                                // opcode 7
  void invalidate(Snowflake user, bool can_be_resumed, TimePoint now);  // opcode 9
  /// A RESUME of the session will be refused.
  void forget(Snowflake user);
  /// New connections end before HELLO.
  void refuse_until(TimePoint when) { connections_.refuse_until(when); }
  /// Whose heartbeats are answered late, or not at all.
  [[nodiscard]] Acknowledgements& acknowledgements() noexcept { return connections_.acknowledgements; }
  // With the account's voice state:
  /// As a moderator does: it becomes null.
  void remove_from_voice(Snowflake user, TimePoint now);
  void move(Snowflake user, Snowflake channel, TimePoint now);
  /// The voice server goes, and another follows `after` that. Nothing: the other one is there before it goes.
  void migrate(Snowflake user, std::optional<Duration> after, TimePoint now);
  void take_over(Snowflake user, TimePoint now);
  /// So many messages at once that mean nothing to a player.
  void flood(Snowflake user, std::uint64_t messages, TimePoint now);
  void mute(Snowflake user, bool muted, TimePoint now);
  void suppress(Snowflake user, bool suppressed, TimePoint now);
  // With the guild:
  void delete_channel(Snowflake channel, TimePoint now);
  void remove_from_guild(Snowflake user, TimePoint now);
  void black_out(Duration span, TimePoint now);
  void announce_channel(Snowflake channel, TimePoint now);

 private:
  struct Connection;
  /// From READY on, over as many connections as it takes.
  struct Session {
    std::string id;
    const Person* person = nullptr;
    std::uint64_t intents = 0;
    ReplayBuffer<std::uint64_t> dispatches{1};
    std::int64_t acknowledged = 0;     // by a heartbeat, the greatest
    Connection* connection = nullptr;  // nullptr: it is lost
    std::optional<TimePoint> lost;
    bool is_forgotten = false;  // a RESUME is refused
    bool is_over = false;       // … and it ends with its connection

    /// Of the latest dispatch.
    [[nodiscard]] std::int64_t sequence() const noexcept {
      return static_cast<std::int64_t>(dispatches.next_number()) - 1;
    }
  };
  struct Connection : GatewayConnection {
    GatewayDoor door{};
    Session* session = nullptr;      // since READY or RESUMED, until opcode 9
    std::deque<TimePoint> received;  // within the last minute
    bool is_to_resume = false;       // opcode 7 or 9 said so
    std::string declared_invalid;    // the session that opcode 9 was about
  };
  using Later = std::function<void(TimePoint now)>;

  // gateway_server.cpp
  void receive(Connection& connection, std::string_view text, TimePoint now);
  [[nodiscard]] bool within_rate(Connection& connection, TimePoint now);
  void obey(Connection& connection, std::int64_t opcode, const nlohmann::json& data, TimePoint now);
  void heartbeat(Connection& connection, const nlohmann::json& data, TimePoint now);
  void dispatch(Session& session, const char* name, const nlohmann::json& data, TimePoint now);
  void dispatch_to_all(std::uint64_t intent, const char* name, const nlohmann::json& data, TimePoint now);
  void close(Connection& connection, std::uint16_t code, std::string_view reason);
  void refuse(Connection& connection, Rule rule, std::uint16_t code, std::string_view reason,
              std::string detail);
  [[nodiscard]] Ledger& ledger(const Connection& connection) { return connections_.ledger(connection); }

  // gateway_commands.cpp
  void identify(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] bool accept_identity(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] bool accept_pace(Connection& connection, TimePoint now);
  [[nodiscard]] bool accept_shard(Connection& connection, const nlohmann::json& data);
  [[nodiscard]] bool accept_intents(Connection& connection, const nlohmann::json& data,
                                    std::uint64_t& intents);
  void begin_session(Connection& connection, std::uint64_t intents, const nlohmann::json& data,
                     TimePoint now);

  // gateway_resume.cpp
  struct Resume;  // its fields
  void resume(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] std::optional<Resume> read_resume(Connection& connection, const nlohmann::json& data);
  [[nodiscard]] Session* find_resumable(Connection& connection, const Resume& asked);
  [[nodiscard]] bool accept_sequence(Connection& connection, Session& session, const Resume& asked);
  void check_door(Connection& connection, const Session& session, TimePoint now);
  void hand_over(Session& session, Connection& connection, TimePoint now);
  void declare_invalid(Connection& connection, const std::string& session);
  void lose(Session& session, TimePoint now);
  void end(Session& over, TimePoint now);
  void end_lost(const std::function<bool(const Session&)>& is_over, TimePoint now);

  // gateway_voice_states.cpp
  void update_voice_state(Connection& connection, const nlohmann::json& data, TimePoint now);
  void join(Session& session, Snowflake channel, bool self_mute, bool self_deaf, TimePoint now);
  void leave(Session& session, TimePoint now);
  void send_voice_server(Session& session, TimePoint now);
  void give_way(const VoiceOver& over, TimePoint now);
  void announce_voice_state(Snowflake user, TimePoint now);

  // gateway_faults.cpp
  [[nodiscard]] Session* voice_owner(Snowflake user);
  [[nodiscard]] Connection* victim(Snowflake user);
  void replace_voice_server(Snowflake user, std::uint64_t servers, TimePoint now);
  void end_outage(TimePoint now);

  World& world_;
  Books& books_;
  std::string own_url_;
  std::string resume_url_;
  std::string voice_endpoint_;
  GatewayConnections<Connection> connections_;
  std::map<std::string, Session> sessions_;
  /// The session that an account's voice state belongs to; empty: another process's.
  std::map<Snowflake, std::string> joined_through_;
  /// Accounts that know of a session that they can resume, and until when an IDENTIFY instead is a waste.
  std::map<Snowflake, TimePoint> owes_resume_;
  std::set<std::string> refused_;  // sessions whose clients know that opcode 9 declared them invalid
  std::map<Snowflake, TimePoint> last_identify_;
  TimePoint outage_until_{};
  std::multimap<TimePoint, Later> later_;
};

}  // namespace vcplay::rehearsal
