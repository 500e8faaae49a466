// The voice gateway's serving side (v8, JSON): bytes and time in, messages out, no socket of its own.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "net/server.hpp"
#include "rehearsal/delivery_service.hpp"
#include "rehearsal/gateway_connection.hpp"
#include "rehearsal/gateway_connections.hpp"
#include "rehearsal/guild_server.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/replay_buffer.hpp"
#include "rehearsal/sfu.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

/// Holds every account's voice connections to one guild to the protocol and introduces the members to each
/// other. Lives on the rehearsal's thread.
class VoiceGatewayServer {
 public:
  VoiceGatewayServer(World& world, Books& books, Sfu& sfu, DeliveryService& delivery)
      : world_(world), books_(books), sfu_(sfu), delivery_(delivery), connections_(books) {}

  // Called when an account has been introduced in its channel, when it is about to get its
  // SESSION_DESCRIPTION, and when it is gone.
  std::function<void(Snowflake user, Snowflake channel, TimePoint now)> on_introduced =
      [](Snowflake, Snowflake, TimePoint) {};
  std::function<void(Snowflake user, int dave_version, TimePoint now)> on_described = [](Snowflake, int,
                                                                                         TimePoint) {};
  std::function<void(Snowflake user, Snowflake channel, TimePoint now)> on_gone = [](Snowflake, Snowflake,
                                                                                     TimePoint) {};

  /// A RESUME made good whatever had happened to the account's connection.
  std::function<void(Snowflake user)> on_resumed = [](Snowflake) {};

  /// What READY names.
  void set_media_port(std::uint16_t port) { media_port_ = port; }
  /// New connections come by a VoiceReception that serves other guilds, too: who is refused here learns it
  /// when it has said where it wants to go.
  void share_the_door() noexcept { has_own_door_ = false; }
  /// A connection that has not said yet who it is goes on here.
  void take_in(VoiceGatewayServer& from, std::uint64_t socket, TimePoint now);
  /// True while nobody has identified on it.
  [[nodiscard]] bool is_anonymous(std::uint64_t socket);
  /// True for a voice session that there is here, if only for a RESUME.
  [[nodiscard]] bool has_session(const std::string& id) const;

  void on_open(net::ServerSocket& socket, std::string_view query, TimePoint now);
  void on_text(net::ServerSocket& socket, std::string_view text, TimePoint now);
  void on_binary(net::ServerSocket& socket, ByteView bytes, TimePoint now);
  /// `code` is that of the client's close frame; 0: none came.
  void on_closed(net::ServerSocket& socket, std::uint16_t code, TimePoint now);
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  /// Somebody without a connection came or left: opcodes 11 and 13.
  void member_joined(Snowflake user, Snowflake channel, TimePoint now);
  void member_left(Snowflake user, Snowflake channel, TimePoint now);

  /// One of the delivery service's messages, if it is for somebody who is connected here.
  void send_dave(const DaveMessage& message, TimePoint now);

  /// The account's credentials are no longer valid: closes a moment later than the main gateway's word.
  void end_session(const VoiceOver& over, TimePoint now);
  /// Closes the account's voice connections at once; that says nothing about the account. After some
  /// codes it may resume.
  void close_all_of(Snowflake user, std::uint16_t code, TimePoint now);
  /// Ends the account's TCP connections without a word; the account may resume.
  void drop_all_of(Snowflake user);
  /// A RESUME of the account's sessions will be refused.
  void forget(Snowflake user);
  // voice_hostile.cpp: what no honest server does.
  /// SESSION_DESCRIPTION comes again to whom it has come already.
  void rekey(Snowflake user, Rekeying how, TimePoint now);
  /// So many messages at once that a client can only ignore, or that change nothing.
  void flood(Snowflake user, std::uint64_t messages, TimePoint now);
  void flood_with_keys(Snowflake user, std::uint64_t messages, TimePoint now);
  void flood_with_proposals(Snowflake user, std::uint64_t messages, TimePoint now);
  /// So many users whom nobody else knows come and go.
  void crowd(Snowflake user, std::uint64_t strangers, TimePoint now);
  /// One message of so many bytes that means nothing, of the next shape of three.
  void send_large(Snowflake user, std::uint64_t bytes);
  /// New connections end before HELLO.
  void refuse_until(TimePoint when);
  /// Whose heartbeats are answered late, or not at all.
  [[nodiscard]] Acknowledgements& acknowledgements() noexcept { return connections_.acknowledgements; }
  /// What excused the account is over: from now on it is blamed for how its streams end.
  void expect(Snowflake user);
  /// Waits for no RESUME any longer.
  void end_lost_sessions(TimePoint now);
  /// True while the account is in the call and its connection is lost.
  [[nodiscard]] bool has_lost(Snowflake user) const;

 private:
  /// What goes on over another connection after a RESUME.
  struct Session {
    std::string id;
    std::string token;  // good for RESUME, too
    Snowflake channel;
    int offered_dave = 0;           // max_dave_protocol_version
    MediaSession* media = nullptr;  // from READY on
    ReplayBuffer<std::uint16_t> numbered;
    bool described = false;     // SESSION_DESCRIPTION is out
    bool is_in_call = false;    // … or about to be: the delivery service speaks to this one
    bool is_forgotten = false;  // a RESUME is refused
  };
  struct Connection : GatewayConnection, Session {
    int version = 0;
    std::optional<TimePoint> close_at;
    std::uint16_t close_code = 0;
    std::optional<TimePoint> kept_until;  // lost: a RESUME may come until then
    bool may_repeat_speaking = false;     // after RESUMED clients say SPEAKING again
    bool is_cut_off = false;              // we ended it, but the session may be resumed
  };
  using Connections = GatewayConnections<Connection>;
  /// RESUME's fields.
  struct Resume {
    Snowflake server;
    std::string session;
    std::string token;
    std::optional<Snowflake> channel;
    std::optional<std::uint16_t> acknowledged;  // nothing: no numbered message was seen
  };

  // voice_gateway_server.cpp
  [[nodiscard]] bool is_in_encrypted_call(const Connection& connection) const;
  [[nodiscard]] bool may_speak_of_dave(const Connection& connection);
  void receive(Connection& connection, std::string_view text, TimePoint now);
  void obey(Connection& connection, std::int64_t opcode, const nlohmann::json& data, TimePoint now);
  void heartbeat(Connection& connection, const nlohmann::json& data, TimePoint now);
  void refuse(Connection& connection, Rule rule, std::uint16_t code, std::string_view reason,
              std::string detail);
  [[nodiscard]] Ledger& ledger(const Connection& connection) { return connections_.ledger(connection); }

  // voice_resume.cpp
  void send_numbered(Connection& connection, int opcode, const nlohmann::json& data, TimePoint now);
  void send_numbered(Connection& connection, dave::Opcode opcode, ByteView body, TimePoint now);
  void resume(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] std::optional<Resume> read_resume(Connection& connection, const nlohmann::json& data);
  void note_resume(const std::string& session);
  [[nodiscard]] Connections::iterator find_resumable(const std::string& session);
  [[nodiscard]] bool accept_resume(const Connection& before, const Resume& asked);
  void hand_over(Connections::iterator before, Connection& connection, TimePoint now);
  [[nodiscard]] bool outlives(const Connection& connection, std::uint16_t code) const;
  [[nodiscard]] bool has_another(const Connection& connection, bool Session::*stage) const;
  void end(Connections::iterator over, TimePoint now);
  void end_lost(const std::function<bool(const Connection&)>& is_over, TimePoint now);

  // voice_hostile.cpp
  [[nodiscard]] Connection* in_session(Snowflake user);

  // voice_commands.cpp
  void identify(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] bool accept_identity(Connection& connection, const nlohmann::json& data, TimePoint now);
  [[nodiscard]] bool accept_version(Connection& connection);
  void send_ready(Connection& connection, TimePoint now);
  void introduce(Connection& newcomer, TimePoint now);
  void describe(Connection& to, const std::string& user, TimePoint now);
  void select_protocol(Connection& connection, const nlohmann::json& data, TimePoint now);
  void describe_session(Connection& connection, rtp::TransportMode mode, TimePoint now);
  void send_description(Connection& connection, const KeyGiver::Key& key);
  void check_address(Connection& connection, const std::string& address, std::int64_t port);
  void speaking(Connection& connection, const nlohmann::json& data, TimePoint now);

  World& world_;
  Books& books_;
  Sfu& sfu_;
  DeliveryService& delivery_;
  std::uint16_t media_port_ = 0;
  bool has_own_door_ = true;
  TimePoint refused_until_{};  // when the door is not its own
  Connections connections_;
  std::uint64_t large_ = 0;  // messages, so far
};

}  // namespace vcplay::rehearsal
