// The main gateway's serving side (v10, JSON): bytes and time in, messages out, no socket of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "net/server.hpp"
#include "rehearsal/gateway_connections.hpp"
#include "rehearsal/gateway_session.hpp"
#include "rehearsal/guild_server.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

/// Holds every account's gateway sessions to the protocol; what belongs to one guild is its GuildServer's.
/// Lives on the rehearsal's thread.
class GatewayServer {
 public:
  using Later = std::function<void(TimePoint now)>;

  /// Of the first guild: who may log in, and where is written what belongs to no guild.
  GatewayServer(const World& home, Books& books) : home_(home), books_(books), connections_(books) {}

  /// `guild` is one of ours from now on.
  void add(GuildServer& guild);
  [[nodiscard]] const std::map<Snowflake, GuildServer*>& guilds() const noexcept { return guilds_; }

  /// Where clients find us; known once the servers listen.
  void set_addresses(std::string own_url, std::string voice_endpoint);
  /// READY's resume_gateway_url; without it that is our own URL.
  void set_resume_url(std::string url);
  [[nodiscard]] const std::string& voice_endpoint() const noexcept { return voice_endpoint_; }

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

  /// True while the account has a session through which it could leave the guild.
  [[nodiscard]] bool is_connected(Snowflake user, const GuildServer& guild) const;

  // ── for the guilds ──
  void dispatch(GatewaySession& session, const char* name, const nlohmann::json& data, TimePoint now);
  /// nullptr when there is none of that id.
  [[nodiscard]] GatewaySession* find_session(const std::string& id);
  template <typename Visit>
  void for_each_session(const Visit& visit) {
    for (auto& [id, session] : sessions_) visit(session);
  }
  void do_later(TimePoint when, Later what) { later_.emplace(when, std::move(what)); }

  // ── what goes wrong, each with the connection by which the account is in voice in the guild, or else with
  // the newest that could be; without an effect on users to whom it cannot happen ──
  void drop(Snowflake user, const GuildServer& guild);  // ends TCP
  void close(Snowflake user, const GuildServer& guild, std::uint16_t code);
  void ask_to_reconnect(Snowflake user, const GuildServer& guild);                                // opcode 7
  void invalidate(Snowflake user, const GuildServer& guild, bool can_be_resumed, TimePoint now);  // opcode 9
  /// So many messages at once that mean nothing to a player.
  void flood(Snowflake user, const GuildServer& guild, std::uint64_t messages, TimePoint now);
  /// One message of so many bytes, of the next shape of three. The last one is the guild as it is, with roles
  /// that nobody has.
  void send_large(Snowflake user, const GuildServer& guild, std::uint64_t bytes);
  /// Of the session to which these happen; nothing when there is none.
  [[nodiscard]] std::optional<Shard> shard_of(Snowflake user, const GuildServer& guild);
  /// A RESUME of any session of the account will be refused.
  void forget(Snowflake user);
  /// New connections end before HELLO.
  void refuse_until(TimePoint when) { connections_.refuse_until(when); }
  /// Whose heartbeats are answered late, or not at all.
  [[nodiscard]] Acknowledgements& acknowledgements() noexcept { return connections_.acknowledgements; }

 private:
  using Connection = MainConnection;
  using Session = GatewaySession;
  using ShardOf = std::pair<Snowflake, std::uint64_t>;  // a user and one of its shards

  // gateway_server.cpp
  void receive(Connection& connection, std::string_view text, TimePoint now);
  [[nodiscard]] bool within_rate(Connection& connection, TimePoint now);
  void obey(Connection& connection, std::int64_t opcode, const nlohmann::json& data, TimePoint now);
  void heartbeat(Connection& connection, const nlohmann::json& data, TimePoint now);
  void update_voice_state(Connection& connection, const nlohmann::json& data, TimePoint now);
  void close(Connection& connection, std::uint16_t code, std::string_view reason);
  void refuse(Connection& connection, Rule rule, std::uint16_t code, std::string_view reason,
              std::string detail);
  void excuse(const Session& session, bool excused);
  [[nodiscard]] static ShardOf debtor(const Session& session);
  [[nodiscard]] Ledger& ledger(const Connection& connection) { return connections_.ledger(connection); }

  // gateway_commands.cpp
  void identify(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] bool accept_identity(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] bool accept_pace(Connection& connection, const Shard& shard, TimePoint now);
  [[nodiscard]] std::optional<Shard> accept_shard(Connection& connection, const nlohmann::json& data);
  [[nodiscard]] bool accept_right_shard(Connection& connection, const Shard& shard);
  [[nodiscard]] bool accept_intents(Connection& connection, const nlohmann::json& data,
                                    std::uint64_t& intents);
  void begin_session(Connection& connection, const Shard& shard, std::uint64_t intents,
                     const nlohmann::json& data, TimePoint now);
  void introduce_guilds(const std::string& session, Snowflake after, TimePoint now);

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

  // gateway_faults.cpp
  [[nodiscard]] Connection* victim(Snowflake user, const GuildServer& guild);

  const World& home_;
  Books& books_;
  std::map<Snowflake, GuildServer*> guilds_;
  std::string own_url_;
  std::string resume_url_;
  std::string voice_endpoint_;
  GatewayConnections<Connection> connections_;
  std::map<std::string, Session> sessions_;
  /// Who knows of a session that it can resume, and until when an IDENTIFY instead is a waste.
  std::map<ShardOf, TimePoint> owes_resume_;
  std::set<std::string> refused_;  // sessions whose clients know that opcode 9 declared them invalid
  std::map<ShardOf, TimePoint> last_identify_;  // in each bucket
  std::multimap<TimePoint, Later> later_;
  std::uint64_t large_ = 0;  // messages, so far
};

}  // namespace vcplay::rehearsal
