#include "rehearsal/gateway_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "rehearsal/fields.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

// Discord, "Gateway", "Opcodes": what a client may send.
constexpr std::int64_t kHeartbeat = 1;
constexpr std::int64_t kIdentify = 2;
constexpr std::int64_t kPresenceUpdate = 3;
constexpr std::int64_t kVoiceStateUpdate = 4;
constexpr std::int64_t kResume = 6;
constexpr std::int64_t kRequestGuildMembers = 8;
constexpr std::int64_t kRequestSoundboardSounds = 31;
constexpr std::int64_t kRequestChannelInfo = 43;

constexpr std::size_t kMaxMessageBytes = 4096;  // Discord, "Gateway", "Sending Events"
constexpr std::size_t kMaxMessages = 120;       // per 60 s; Discord, "Gateway", "Rate Limiting"
constexpr Duration kRateWindow = 60s;

bool has_argument(std::string_view query, std::string_view argument) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    if (query.substr(0, end) == argument) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

}  // namespace

void GatewayServer::set_addresses(std::string own_url, std::string voice_endpoint) {
  own_url_ = std::move(own_url);
  voice_endpoint_ = std::move(voice_endpoint);
}

void GatewayServer::on_open(net::ServerSocket& socket, std::string_view query, TimePoint now) {
  Connection& connection = connections_[socket.id()];
  connection.socket = &socket;
  connection.opened = now;
  if (world_.options().says_nothing_on_connect) return;
  if (!has_argument(query, "v=10") || !has_argument(query, "encoding=json")) {
    refuse(connection, Rule::gateway_version, 4012, "Invalid API version.",
           "the main gateway was opened without v=10 and encoding=json");
    return;
  }
  const Duration interval = world_.options().heartbeat_interval;
  connection.heartbeat_due = now + interval + interval / 2;
  const auto interval_ms = std::chrono::duration_cast<std::chrono::milliseconds>(interval).count();
  send(connection, {{"op", 10},
                    {"s", nullptr},
                    {"t", nullptr},
                    {"d", {{"heartbeat_interval", interval_ms}, {"_trace", json::array({"rehearsal"})}}}});
}

void GatewayServer::on_text(net::ServerSocket& socket, std::string_view text, TimePoint now) {
  Connection* const connection = find(socket.id());
  if (connection != nullptr && !connection->closing) receive(*connection, text, now);
}

void GatewayServer::on_binary(net::ServerSocket& socket, TimePoint) {
  Connection* const connection = find(socket.id());
  if (connection == nullptr || connection->closing) return;
  refuse(*connection, Rule::gateway_undecodable, 4002, "Error while decoding payload.",
         "a binary message came on the main gateway although the encoding is JSON");
}

void GatewayServer::receive(Connection& connection, std::string_view text, TimePoint now) {
  if (text.size() > kMaxMessageBytes) {
    refuse(connection, Rule::gateway_too_large, 4002, "Error while decoding payload.",
           fmt::format("a message of {} bytes came on the main gateway; the limit is 4096", text.size()));
    return;
  }
  if (!within_rate(connection, now)) return;
  const json message = json::parse(text, nullptr, false);
  const std::optional<std::int64_t> opcode = integer_in(message, "op");
  if (!opcode) {
    refuse(connection, Rule::gateway_undecodable, 4002, "Error while decoding payload.",
           "a message on the main gateway is no JSON object with an integer op");
    return;
  }
  const json* const data = field(message, "d");
  obey(connection, *opcode, data == nullptr ? json(nullptr) : *data, now);
}

bool GatewayServer::within_rate(Connection& connection, TimePoint now) {
  auto& received = connection.received;
  while (!received.empty() && received.front() + kRateWindow <= now) received.pop_front();
  received.push_back(now);
  if (received.size() <= kMaxMessages) return true;
  refuse(connection, Rule::gateway_rate, 4008, "You are being rate limited.",
         "more than 120 messages came on one gateway connection within 60 s");
  return false;
}

void GatewayServer::obey(Connection& connection, std::int64_t opcode, const json& data, TimePoint now) {
  switch (opcode) {
    case kHeartbeat:
      return heartbeat(connection, data, now);
    case kIdentify:
      return identify(connection, data, now);
    case kResume:
      // Nothing is kept for a resume: "false" asks for a new IDENTIFY.
      return send(connection, {{"op", 9}, {"d", false}, {"s", nullptr}, {"t", nullptr}});
    case kVoiceStateUpdate:
    case kPresenceUpdate:
    case kRequestGuildMembers:
    case kRequestSoundboardSounds:
    case kRequestChannelInfo:
      break;
    default:
      return refuse(connection, Rule::gateway_unknown_opcode, 4001, "Unknown opcode.",
                    fmt::format("opcode {} came on the main gateway", opcode));
  }
  if (connection.person == nullptr) {
    return refuse(connection, Rule::gateway_before_identify, 4003, "Not authenticated.",
                  fmt::format("opcode {} came before IDENTIFY", opcode));
  }
  if (opcode == kVoiceStateUpdate) update_voice_state(connection, data, now);
}

void GatewayServer::heartbeat(Connection& connection, const json& data, TimePoint now) {
  const std::optional<std::int64_t> named = integer_of(data);
  const bool readable = data.is_null() || named.has_value();
  if (!readable || !connection.sent.allows(named, now)) {
    const std::string got = named ? std::to_string(*named) : data.is_null() ? "null" : "no number";
    const std::optional<std::int64_t> last = connection.sent.last();
    ledger(connection)
        .breach(Rule::gateway_heartbeat_sequence,
                fmt::format("a heartbeat named the sequence {}, the last dispatch was {}", got,
                            last ? std::to_string(*last) : "null"));
  }
  const Duration interval = world_.options().heartbeat_interval;
  connection.heartbeat_due = now + interval + interval / 2;
  if (world_.options().ignores_heartbeats) return;
  const Snowflake user = connection.person == nullptr ? Snowflake{} : connection.person->user;
  const json acknowledgement = {{"op", 11}, {"d", nullptr}, {"s", nullptr}, {"t", nullptr}};
  const auto text = acknowledgements.answer(user, connection.socket->id(), wire_text(acknowledgement), now);
  if (text) connection.socket->send_text(*text);
}

void GatewayServer::on_closed(net::ServerSocket& socket, TimePoint now) {
  Connection* const connection = find(socket.id());
  if (connection == nullptr) return;
  const std::uint64_t id = socket.id();
  const Person* const person = connection->person;
  const bool ours = connection->closing;
  if (person != nullptr) ledger(*connection).latest("gateway-closed", now);
  connections_.erase(id);
  const auto joined = person == nullptr ? joined_through_.end() : joined_through_.find(person->user);
  if (joined == joined_through_.end() || joined->second != id) return;

  joined_through_.erase(joined);
  Ledger& account = books_.of(person->user);
  if (!ours && !account.excused) {
    account.breach(Rule::left_without_leave,
                   "the gateway connection ended while the bot was in the channel: op 4 with channel_id null "
                   "is missing");
  }
  const std::string session = world_.voice_state(person->user)->session_id;
  world_.leave(person->user);
  announce_voice_state(person->user, session, now);
  on_voice_session_over(person->user, ours ? VoiceEnd::taken : VoiceEnd::left, now);
}

void GatewayServer::on_time(TimePoint now) {
  while (const auto late = acknowledgements.next(now)) {
    Connection* const connection = find(late->connection);
    if (connection != nullptr && !connection->closing) connection->socket->send_text(late->text);
  }
  for (auto& [id, connection] : connections_) {
    if (connection.closing || !connection.heartbeat_due || *connection.heartbeat_due > now) continue;
    refuse(connection, Rule::gateway_heartbeat_missed, 4009, "Session timed out.",
           "no heartbeat came on the main gateway for one and a half intervals");
  }
}

std::optional<TimePoint> GatewayServer::deadline() const {
  std::optional<TimePoint> earliest = acknowledgements.deadline();
  for (const auto& [id, connection] : connections_) {
    if (connection.closing || !connection.heartbeat_due) continue;
    if (!earliest || *connection.heartbeat_due < *earliest) earliest = connection.heartbeat_due;
  }
  return earliest;
}

void GatewayServer::dispatch(Connection& connection, const char* name, const json& data, TimePoint now) {
  ++connection.sequence;
  connection.sent.sent(connection.sequence, now);
  send(connection, {{"op", 0}, {"t", name}, {"s", connection.sequence}, {"d", data}});
}

void GatewayServer::send(Connection& connection, const json& message) {
  if (!connection.closing) connection.socket->send_text(wire_text(message));
}

void GatewayServer::close(Connection& connection, std::uint16_t code, std::string_view reason) {
  connection.closing = true;
  connection.socket->close(code, reason);
}

void GatewayServer::refuse(Connection& connection, Rule rule, std::uint16_t code, std::string_view reason,
                           std::string detail) {
  ledger(connection).breach(rule, std::move(detail));
  close(connection, code, reason);
}

Ledger& GatewayServer::ledger(const Connection& connection) {
  return connection.person == nullptr ? books_.of_nobody() : books_.of(connection.person->user);
}

GatewayServer::Connection* GatewayServer::find(std::uint64_t id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

}  // namespace vcplay::rehearsal
