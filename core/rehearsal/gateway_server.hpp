// The main gateway's serving side (v10, JSON): bytes and time in, messages out, no socket of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "net/server.hpp"
#include "rehearsal/ack_window.hpp"
#include "rehearsal/acknowledgements.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

/// Whose doing it is that a voice session's credentials stop being valid.
enum class VoiceEnd : std::uint8_t {
  left,   // the account's: it left, or its gateway connection ended
  taken,  // ours: moved to another channel, replaced, closed by the server
};

/// Holds every account's gateway connections to the protocol. Lives on the rehearsal's thread.
class GatewayServer {
 public:
  GatewayServer(World& world, Books& books) : world_(world), books_(books) {}

  /// Where clients find us; known once the servers listen.
  void set_addresses(std::string own_url, std::string voice_endpoint);
  /// Called when a voice session's credentials stop being valid.
  std::function<void(Snowflake user, VoiceEnd end, TimePoint now)> on_voice_session_over =
      [](Snowflake, VoiceEnd, TimePoint) {};

  Acknowledgements acknowledgements;

  void on_open(net::ServerSocket& socket, std::string_view query, TimePoint now);
  void on_text(net::ServerSocket& socket, std::string_view text, TimePoint now);
  void on_binary(net::ServerSocket& socket, TimePoint now);
  void on_closed(net::ServerSocket& socket, TimePoint now);
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  /// Tells everybody who subscribed to voice states.
  void announce_voice_state(Snowflake user, const std::string& last_session_id, TimePoint now);
  void announce_voice_status(TimePoint now);
  /// As a moderator does: the account's voice state becomes null.
  void remove_from_voice(Snowflake user, TimePoint now);
  /// Ends the TCP connection on which the account joined.
  void drop(Snowflake user);

 private:
  struct Connection {
    net::ServerSocket* socket = nullptr;
    TimePoint opened{};
    const Person* person = nullptr;  // after IDENTIFY
    std::uint64_t intents = 0;
    std::int64_t sequence = 0;
    AckWindow sent;
    std::deque<TimePoint> received;          // within the last minute
    std::optional<TimePoint> heartbeat_due;  // with tolerance
    bool closing = false;                    // we closed it: nothing counts any more
  };

  // gateway_server.cpp
  void receive(Connection& connection, std::string_view text, TimePoint now);
  [[nodiscard]] bool within_rate(Connection& connection, TimePoint now);
  void obey(Connection& connection, std::int64_t opcode, const nlohmann::json& data, TimePoint now);
  void heartbeat(Connection& connection, const nlohmann::json& data, TimePoint now);
  void dispatch(Connection& connection, const char* name, const nlohmann::json& data, TimePoint now);
  void send(Connection& connection, const nlohmann::json& message);
  void close(Connection& connection, std::uint16_t code, std::string_view reason);
  void refuse(Connection& connection, Rule rule, std::uint16_t code, std::string_view reason,
              std::string detail);
  [[nodiscard]] Ledger& ledger(const Connection& connection);
  [[nodiscard]] Connection* find(std::uint64_t id);

  // gateway_commands.cpp
  void identify(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] bool accept_identity(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] bool accept_shard(Connection& connection, const nlohmann::json& data);
  [[nodiscard]] bool accept_intents(Connection& connection, const nlohmann::json& data);
  void update_voice_state(Connection& connection, const nlohmann::json& data, TimePoint now);
  void join(Connection& connection, Snowflake channel, bool self_mute, bool self_deaf, TimePoint now);
  void leave(Connection& connection, TimePoint now);
  void send_voice_server(Connection& connection, TimePoint now);

  World& world_;
  Books& books_;
  std::string own_url_;
  std::string voice_endpoint_;
  std::map<std::uint64_t, Connection> connections_;
  std::map<Snowflake, std::uint64_t>
      joined_through_;  // the connection that an account's voice state belongs to
};

}  // namespace vcplay::rehearsal
