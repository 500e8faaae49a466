// The voice gateway's serving side (v8, JSON): bytes and time in, messages out, no socket of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "net/server.hpp"
#include "rehearsal/ack_window.hpp"
#include "rehearsal/delivery_service.hpp"
#include "rehearsal/gateway_server.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/sfu.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

/// Holds every account's voice connections to the protocol and introduces the members to each other.
/// Lives on the rehearsal's thread.
class VoiceGatewayServer {
 public:
  VoiceGatewayServer(World& world, Books& books, Sfu& sfu, DeliveryService& delivery)
      : world_(world), books_(books), sfu_(sfu), delivery_(delivery) {}

  /// An account was introduced in its channel, is about to get its SESSION_DESCRIPTION, and is gone again.
  std::function<void(Snowflake user, Snowflake channel, TimePoint now)> on_introduced =
      [](Snowflake, Snowflake, TimePoint) {};
  std::function<void(Snowflake user, int dave_version, TimePoint now)> on_described = [](Snowflake, int,
                                                                                         TimePoint) {};
  std::function<void(Snowflake user, Snowflake channel, TimePoint now)> on_gone = [](Snowflake, Snowflake,
                                                                                     TimePoint) {};

  /// What READY names.
  void set_media_port(std::uint16_t port) { media_port_ = port; }

  void on_open(net::ServerSocket& socket, std::string_view query, TimePoint now);
  void on_text(net::ServerSocket& socket, std::string_view text, TimePoint now);
  void on_binary(net::ServerSocket& socket, ByteView bytes, TimePoint now);
  void on_closed(net::ServerSocket& socket, TimePoint now);
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  /// Somebody without a connection came or left: opcodes 11 and 13.
  void member_joined(Snowflake user, Snowflake channel, TimePoint now);
  void member_left(Snowflake user, Snowflake channel, TimePoint now);

  /// One of the delivery service's messages, if it is for somebody who is connected here.
  void send_dave(const DaveMessage& message, TimePoint now);

  /// The account's credentials are no longer valid: closes with 4014, a moment later than the main gateway's
  /// word.
  void end_session(Snowflake user, VoiceEnd end, TimePoint now);
  /// Closes the account's voice connections at once; that says nothing about the account.
  void close_all_of(Snowflake user, std::uint16_t code);

 private:
  struct Connection {
    net::ServerSocket* socket = nullptr;
    TimePoint opened{};
    int version = 0;
    const Person* person = nullptr;  // after IDENTIFY
    Snowflake channel;
    int offered_dave = 0;           // max_dave_protocol_version
    MediaSession* media = nullptr;  // from READY on
    std::uint16_t next_sequence = 0;
    AckWindow sent;
    std::optional<TimePoint> heartbeat_due;  // with tolerance
    std::optional<TimePoint> close_at;
    bool described = false;  // SESSION_DESCRIPTION is out
    bool closing = false;    // we closed it: nothing counts any more
  };

  // voice_gateway_server.cpp
  [[nodiscard]] bool is_in_encrypted_call(const Connection& connection) const;
  void receive(Connection& connection, std::string_view text, TimePoint now);
  void obey(Connection& connection, std::int64_t opcode, const nlohmann::json& data, TimePoint now);
  void heartbeat(Connection& connection, const nlohmann::json& data, TimePoint now);
  void send(Connection& connection, const nlohmann::json& message);
  void send_numbered(Connection& connection, int opcode, const nlohmann::json& data, TimePoint now);
  void send_numbered(Connection& connection, dave::Opcode opcode, ByteView body, TimePoint now);
  void close(Connection& connection, std::uint16_t code, std::string_view reason);
  void refuse(Connection& connection, Rule rule, std::uint16_t code, std::string_view reason,
              std::string detail);
  [[nodiscard]] Ledger& ledger(const Connection& connection);
  [[nodiscard]] Connection* find(std::uint64_t id);

  // voice_commands.cpp
  void identify(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] bool accept_identity(Connection& connection, const nlohmann::json& data);
  [[nodiscard]] bool accept_version(Connection& connection);
  void send_ready(Connection& connection, TimePoint now);
  void introduce(Connection& newcomer, TimePoint now);
  void describe(Connection& to, const std::string& user, TimePoint now);
  void select_protocol(Connection& connection, const nlohmann::json& data, TimePoint now);
  void describe_session(Connection& connection, rtp::TransportMode mode, TimePoint now);
  void check_address(Connection& connection, const std::string& address, std::int64_t port);
  void speaking(Connection& connection, const nlohmann::json& data, TimePoint now);

  World& world_;
  Books& books_;
  Sfu& sfu_;
  DeliveryService& delivery_;
  std::uint16_t media_port_ = 0;
  std::map<std::uint64_t, Connection> connections_;
};

}  // namespace vcplay::rehearsal
