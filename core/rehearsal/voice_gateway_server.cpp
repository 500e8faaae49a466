#include "rehearsal/voice_gateway_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/deadline.hpp"
#include "rehearsal/fields.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

// Discord, "Voice", "Opcodes": what a client may send.
constexpr std::int64_t kIdentify = 0;
constexpr std::int64_t kSelectProtocol = 1;
constexpr std::int64_t kHeartbeat = 3;
constexpr std::int64_t kSpeaking = 5;
constexpr std::int64_t kResume = 7;
constexpr std::int64_t kVideo = 12;
constexpr std::int64_t kSessionUpdate = 14;
constexpr std::int64_t kMediaSinkWants = 15;
constexpr std::int64_t kBackendVersion = 16;
constexpr std::int64_t kTransitionReady = 23;
constexpr std::int64_t kInvalidCommitWelcome = 31;
constexpr std::int64_t kNoRoute = 32;

constexpr std::size_t kMaxMessageBytes = 16'384;
// The client hears from the main gateway first why its voice session is over.
constexpr Duration kCloseAfterWord = 250ms;

int version_in(std::string_view query) {
  return has_argument(query, "v=8") ? 8 : has_argument(query, "v=9") ? 9 : 0;
}

/// Discord, "Voice Close Event Codes", and RFC 6455's own, after which nothing is lost.
bool may_resume_after(std::uint16_t code) { return code < 4000 || code == 4013 || code == 4015; }

Duration interval_of(const DiscordOptions& options) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::milli>(options.voice_heartbeat_interval_ms));
}

}  // namespace

void VoiceGatewayServer::on_open(net::ServerSocket& socket, std::string_view query, TimePoint now) {
  Connection& connection = connections_.open(socket, now);
  connection.numbered = ReplayBuffer(world_.options().voice_first_sequence);
  if (connection.closing || world_.options().voice_says_nothing) return;
  connection.version = version_in(query);
  if (connection.version == 0) {
    refuse(connection, Rule::voice_version, 4012, "Unknown protocol.",
           "the voice gateway was opened without v=8 or v=9");
    return;
  }
  connection.expect_heartbeat(interval_of(world_.options()), now);
  connection.send(
      {{"op", 8},
       {"d",
        {{"v", connection.version}, {"heartbeat_interval", world_.options().voice_heartbeat_interval_ms}}}});
}

void VoiceGatewayServer::refuse_until(TimePoint when) {
  if (has_own_door_) return connections_.refuse_until(when);
  refused_until_ = when;
}

void VoiceGatewayServer::take_in(VoiceGatewayServer& from, std::uint64_t socket, TimePoint now) {
  Connection* const arriving = from.connections_.find_open(socket);
  if (arriving == nullptr) return;
  Connection& here = this == &from ? *arriving : connections_.take_in(from.connections_, socket);
  if (now < refused_until_) here.drop();
}

bool VoiceGatewayServer::is_anonymous(std::uint64_t socket) {
  const Connection* const connection = connections_.find_open(socket);
  return connection != nullptr && connection->person == nullptr;
}

bool VoiceGatewayServer::has_session(const std::string& id) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& entry) {
    return entry.second.person != nullptr && entry.second.id == id;
  });
}

void VoiceGatewayServer::on_text(net::ServerSocket& socket, std::string_view text, TimePoint now) {
  if (world_.options().voice_says_nothing) return;
  if (Connection* const connection = connections_.find_open(socket.id())) receive(*connection, text, now);
}

void VoiceGatewayServer::on_binary(net::ServerSocket& socket, ByteView bytes, TimePoint now) {
  Connection* const connection = connections_.find_open(socket.id());
  if (connection == nullptr) return;
  if (is_in_encrypted_call(*connection)) {
    if (may_speak_of_dave(*connection)) delivery_.on_binary(connection->person->user, bytes, now);
    return;
  }
  // Opcodes 25 to 30 belong to end-to-end encryption, which needs to have been offered.
  refuse(*connection, Rule::voice_binary, 4020, "Bad request.",
         "a binary message came on a voice session without end-to-end encryption");
}

/// From IDENTIFY on; the delivery service minds what comes before SESSION_DESCRIPTION.
bool VoiceGatewayServer::is_in_encrypted_call(const Connection& connection) const {
  return connection.offered_dave > 0 && delivery_.serves(connection.channel);
}

/// An account has one voice in the call: that of its latest session there. What it still says in an earlier
/// one was on its way.
bool VoiceGatewayServer::may_speak_of_dave(const Connection& connection) {
  const Connection* const latest = connections_.newest(
      [&](const Connection& one) { return one.person == connection.person && one.is_in_call; });
  if (latest == nullptr || latest == &connection) return true;
  if (!connection.is_in_call) {
    ledger(connection).breach(Rule::dave_opcode_order, "a message of DAVE's came before SESSION_DESCRIPTION");
  }
  return false;
}

void VoiceGatewayServer::receive(Connection& connection, std::string_view text, TimePoint now) {
  const json message = text.size() > kMaxMessageBytes ? json() : json::parse(text, nullptr, false);
  const std::optional<std::int64_t> opcode = integer_in(message, "op");
  if (!opcode) {
    return refuse(connection, Rule::voice_undecodable, 4002, "Failed to decode payload.",
                  "a message on the voice gateway is no JSON object with an integer op");
  }
  const json* const data = field(message, "d");
  obey(connection, *opcode, data == nullptr ? json(nullptr) : *data, now);
}

void VoiceGatewayServer::obey(Connection& connection, std::int64_t opcode, const json& data, TimePoint now) {
  switch (opcode) {
    case kHeartbeat:
      return heartbeat(connection, data, now);
    case kIdentify:
      return identify(connection, data, now);
    case kResume:
      return resume(connection, data, now);
    case kSelectProtocol:
    case kSpeaking:
    case kVideo:
    case kSessionUpdate:
    case kMediaSinkWants:
    case kBackendVersion:
    case kNoRoute:
      break;
    case kTransitionReady:
    case kInvalidCommitWelcome:
      if (is_in_encrypted_call(connection)) break;
      [[fallthrough]];
    default:
      return refuse(connection, Rule::voice_unknown_opcode, 4001, "Unknown opcode.",
                    fmt::format("opcode {} came on the voice gateway", opcode));
  }
  if (connection.person == nullptr) {
    return refuse(connection, Rule::voice_before_identify, 4003, "Not authenticated.",
                  fmt::format("opcode {} came before the voice IDENTIFY", opcode));
  }
  if (opcode == kSelectProtocol) return select_protocol(connection, data, now);
  if (opcode == kSpeaking) return speaking(connection, data, now);
  if (opcode == kTransitionReady || opcode == kInvalidCommitWelcome) {
    if (may_speak_of_dave(connection)) delivery_.on_text(connection.person->user, opcode, data, now);
    return;
  }
  if (opcode == kBackendVersion) {
    connection.send({{"op", 16}, {"d", {{"voice", "0.0.0-rehearsal"}, {"rtc_worker", "0.0.0-rehearsal"}}}});
  }
}

void VoiceGatewayServer::heartbeat(Connection& connection, const json& data, TimePoint now) {
  const std::optional<std::int64_t> nonce = integer_in(data, "t");
  const json* const named = field(data, "seq_ack");
  std::optional<std::int64_t> acknowledged = named == nullptr ? std::nullopt : integer_of(*named);
  if (!nonce || (named != nullptr && !acknowledged)) {
    return refuse(connection, Rule::voice_heartbeat_fields, 4020, "Bad request.",
                  "a voice heartbeat is no object of integers t and seq_ack");
  }
  if (acknowledged == -1) acknowledged.reset();  // as good as absent: nothing numbered was seen
  if (!connection.sent.allows(acknowledged, now)) {
    const std::optional<std::int64_t> last = connection.sent.last();
    ledger(connection)
        .breach(Rule::voice_heartbeat_sequence,
                fmt::format("a voice heartbeat acknowledged {}, the last number sent was {}",
                            acknowledged.value_or(-1), last.value_or(-1)));
  }
  connection.expect_heartbeat(interval_of(world_.options()), now);
  if (world_.options().voice_ignores_heartbeats) return;
  connections_.acknowledge(connection, wire_text({{"op", 6}, {"d", {{"t", *nonce}}}}), now);
}

void VoiceGatewayServer::on_time(TimePoint now) {
  connections_.send_late_acknowledgements(now);
  for (auto& [id, connection] : connections_) {
    if (connection.closing) continue;
    if (connection.close_at && *connection.close_at <= now) {
      connection.close(connection.close_code, "Disconnected.");
    } else if (connection.has_missed_heartbeat(now)) {
      refuse(connection, Rule::voice_heartbeat_missed, 4009, "Session timed out.",
             "no heartbeat came on the voice gateway for one and a half intervals");
    }
  }
  end_lost([&](const Connection& lost) { return *lost.kept_until <= now; }, now);
}

std::optional<TimePoint> VoiceGatewayServer::deadline() const {
  std::optional<TimePoint> earliest = connections_.deadline();
  for (const auto& [id, connection] : connections_) {
    if (connection.closing) continue;
    earliest = earlier(earliest, earlier(connection.close_at, connection.kept_until));
  }
  return earliest;
}

void VoiceGatewayServer::end_session(const VoiceOver& over, TimePoint now) {
  if (over.end == VoiceEnd::taken) sfu_.excuse(over.user);
  for (auto& [id, connection] : connections_) {
    if (!connection.is_of(over.user) || connection.closing || connection.close_at) continue;
    connection.close_at = now + kCloseAfterWord;
    connection.close_code = over.close_code;
  }
  end_lost([&](const Connection& lost) { return lost.person->user == over.user; }, now);
}

void VoiceGatewayServer::close_all_of(Snowflake user, std::uint16_t code, TimePoint now) {
  sfu_.excuse(user);
  const bool may_resume = may_resume_after(code);
  if (!may_resume) end_lost([&](const Connection& lost) { return lost.person->user == user; }, now);
  for (auto& [id, connection] : connections_) {
    if (!connection.is_of(user) || !connection.is_open()) continue;
    books_.of(user).excused = true;
    connection.is_cut_off = may_resume;
    connection.close(code, "As it was rehearsed.");
  }
}

void VoiceGatewayServer::refuse(Connection& connection, Rule rule, std::uint16_t code,
                                std::string_view reason, std::string detail) {
  ledger(connection).breach(rule, std::move(detail));
  if (connection.person != nullptr) sfu_.excuse(connection.person->user);
  connection.close(code, reason);
}

}  // namespace vcplay::rehearsal
