// How a voice session outlives its connection (Discord, "Voice Connections", "Buffered Resume"): what is
// numbered, what is kept, and who may have it back.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "rehearsal/fields.hpp"
#include "rehearsal/objects.hpp"
#include "rehearsal/voice_gateway_server.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr std::string_view kInvalidSession = "Session is no longer valid.";
// RFC 6455 s7.4.1: the client is done.
constexpr std::uint16_t kNormalClosure = 1000;
constexpr std::uint16_t kGoingAway = 1001;

}  // namespace

// ── numbered messages ──

void VoiceGatewayServer::send_numbered(Connection& connection, int opcode, const json& data, TimePoint now) {
  const std::uint16_t sequence = connection.numbered.next_number();
  const json message = {{"op", opcode}, {"seq", sequence}, {"d", data}};
  connection.send_kept(sequence, connection.numbered.keep(wire_text(message)), now);
}

void VoiceGatewayServer::send_numbered(Connection& connection, dave::Opcode opcode, ByteView body,
                                       TimePoint now) {
  const std::uint16_t sequence = connection.numbered.next_number();
  Bytes bytes(sizeof sequence);
  store_be16(bytes, sequence);
  bytes.push_back(static_cast<std::uint8_t>(opcode));
  bytes.insert(bytes.end(), body.begin(), body.end());
  connection.send_kept(sequence, connection.numbered.keep(std::move(bytes)), now);
}

void VoiceGatewayServer::send_dave(const DaveMessage& message, TimePoint now) {
  // The newest connection, if an account has several for a moment.
  Connection* const found = connections_.newest([&](const Connection& one) {
    return one.is_in_call && (!one.closing || one.is_cut_off) && one.is_of(message.to);
  });
  if (found == nullptr) return;
  if (message.text.empty()) {
    send_numbered(*found, message.opcode, message.binary, now);
  } else {
    send_numbered(*found, static_cast<int>(message.opcode), json::parse(message.text), now);
  }
}

// ── the end of a connection, and of a session ──

void VoiceGatewayServer::on_closed(net::ServerSocket& socket, std::uint16_t code, TimePoint now) {
  const auto found = connections_.find(socket.id());
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  if (!outlives(connection, code)) return end(found, now);
  connection.socket = nullptr;
  connection.closing = false;
  connection.heartbeat_due.reset();
  connection.kept_until = now + world_.options().voice_resume_window;
}

bool VoiceGatewayServer::outlives(const Connection& connection, std::uint16_t code) const {
  const bool we_ended_it = (connection.closing && !connection.is_cut_off) || connection.close_at;
  const bool client_ended_it = !connection.is_cut_off && (code == kNormalClosure || code == kGoingAway);
  return connection.described && !we_ended_it && !client_ended_it &&
         !has_another(connection, &Session::described);
}

/// A newer connection of the same account is there in its own right.
bool VoiceGatewayServer::has_another(const Connection& connection, bool Session::*stage) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& entry) {
    return &entry.second != &connection && entry.second.person == connection.person && entry.second.*stage;
  });
}

void VoiceGatewayServer::end(Connections::iterator over, TimePoint now) {
  const Connection gone = std::move(over->second);
  connections_.erase(over);
  if (gone.media == nullptr) return;
  sfu_.close(gone.media->ssrc, now);
  const Snowflake user = gone.person->user;
  const bool was_replaced = std::any_of(connections_.begin(), connections_.end(), [&](const auto& entry) {
    return entry.second.media != nullptr && entry.second.person == gone.person &&
           entry.second.channel == gone.channel;
  });
  if (!was_replaced) {
    member_left(user, gone.channel, now);
    on_gone(user, gone.channel, now);
  }
  if (gone.is_in_call && !has_another(gone, &Session::is_in_call)) delivery_.leave(user, now);
}

void VoiceGatewayServer::end_lost(const std::function<bool(const Connection&)>& is_over, TimePoint now) {
  for (auto one = connections_.begin(); one != connections_.end();) {
    const auto following = std::next(one);
    if (one->second.kept_until && is_over(one->second)) end(one, now);
    one = following;
  }
}

void VoiceGatewayServer::end_lost_sessions(TimePoint now) {
  end_lost([](const Connection&) { return true; }, now);
}

bool VoiceGatewayServer::has_lost(Snowflake user) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& entry) {
    return entry.second.kept_until && entry.second.person->user == user;
  });
}

void VoiceGatewayServer::drop_all_of(Snowflake user) {
  sfu_.excuse(user);  // until it resumes
  for (auto& [id, connection] : connections_) {
    if (!connection.is_of(user) || !connection.is_open()) continue;
    connection.is_cut_off = true;
    connection.socket->drop();
  }
}

void VoiceGatewayServer::forget(Snowflake user) {
  for (auto& [id, connection] : connections_) {
    if (connection.is_of(user)) connection.is_forgotten = true;
  }
}

void VoiceGatewayServer::expect(Snowflake user) {
  for (auto& [id, connection] : connections_) {
    const bool is_well = connection.is_open() && !connection.is_cut_off && !connection.close_at;
    if (connection.media != nullptr && connection.is_of(user) && is_well)
      connection.media->inspector.expect_end();
  }
}

// ── RESUME ──

void VoiceGatewayServer::resume(Connection& connection, const json& data, TimePoint now) {
  if (connection.person != nullptr) {
    return refuse(connection, Rule::voice_identified_twice, 4005, "Already authenticated.",
                  "a RESUME came on a voice connection that had its session");
  }
  const std::optional<Resume> asked = read_resume(connection, data);
  if (!asked) return;
  note_resume(asked->session);
  const auto before = find_resumable(asked->session);
  // It may have been over before the client could know.
  if (before == connections_.end()) return connection.close(4006, kInvalidSession);
  if (!accept_resume(before->second, *asked)) return connection.close(4006, kInvalidSession);
  hand_over(before, connection, now);
  ledger(connection).latest("voice-resumed", now);
  ++ledger(connection).facts.voice_resumes;
  on_resumed(connection.person->user);
  connection.send({{"op", 9}, {"d", nullptr}});
  connection.sent = AckWindow(asked->acknowledged, now);
  connection.replay(connection.numbered, connection.numbered.missed_after(asked->acknowledged).value_or(0),
                    now);
}

std::optional<VoiceGatewayServer::Resume> VoiceGatewayServer::read_resume(Connection& connection,
                                                                          const json& data) {
  const std::optional<Snowflake> server = id_in(data, "server_id");
  const std::optional<std::string> session = text_in(data, "session_id");
  const std::optional<std::string> token = text_in(data, "token");
  const std::optional<Snowflake> channel = id_in(data, "channel_id");
  const json* const named = field(data, "seq_ack");
  const std::int64_t acknowledged = named == nullptr ? -1 : integer_of(*named).value_or(-2);
  const bool is_number = acknowledged >= -1 && acknowledged <= UINT16_MAX;
  if (!server || !session || !token || !is_number || (connection.version >= 9 && !channel)) {
    refuse(connection, Rule::voice_resume_fields, 4020, "Bad request.",
           "RESUME lacks server_id, session_id or token, or has one of these or seq_ack of the wrong type");
    return std::nullopt;
  }
  Resume asked{*server, *session, *token, channel, std::nullopt};
  if (acknowledged >= 0) asked.acknowledged = static_cast<std::uint16_t>(acknowledged);
  return asked;
}

/// As the word of whoever has that session, or had it a moment ago.
void VoiceGatewayServer::note_resume(const std::string& session) {
  const auto known = std::find_if(connections_.begin(), connections_.end(), [&](const auto& entry) {
    return entry.second.person != nullptr && entry.second.id == session;
  });
  if (known != connections_.end()) return ledger(known->second).says("voice-resume");
  const auto& states = world_.voice_states();
  const auto state = std::find_if(states.begin(), states.end(),
                                  [&](const auto& entry) { return entry.second.session_id == session; });
  if (state != states.end()) books_.of(state->first).says("voice-resume");
}

/// The newest, whose connection may hang without anybody having noticed.
VoiceGatewayServer::Connections::iterator VoiceGatewayServer::find_resumable(const std::string& session) {
  auto newest = connections_.end();
  for (auto one = connections_.begin(); one != connections_.end(); ++one) {
    const Connection& candidate = one->second;
    const bool is_over =
        (candidate.closing && !candidate.is_cut_off) || candidate.close_at || candidate.is_forgotten;
    if (candidate.described && !is_over && candidate.id == session) newest = one;
  }
  return newest;
}

bool VoiceGatewayServer::accept_resume(const Connection& before, const Resume& asked) {
  Ledger& account = ledger(before);
  if (asked.server != world_.options().guild || (asked.channel && *asked.channel != before.channel)) {
    account.breach(Rule::voice_session, "RESUME named another guild or channel than the voice session's");
    return false;
  }
  if (asked.token != before.token) {
    account.breach(Rule::voice_token, "RESUME came with another token than IDENTIFY");
    return false;
  }
  if (asked.acknowledged && !before.numbered.has_used(*asked.acknowledged)) {
    account.breach(Rule::voice_resume_sequence,
                   fmt::format("RESUME named the number {}, which no message had; the last one sent was {}",
                               *asked.acknowledged, before.sent.last().value_or(-1)));
    return false;
  }
  return before.numbered.missed_after(asked.acknowledged).has_value();  // how much was said is nobody's fault
}

void VoiceGatewayServer::hand_over(Connections::iterator before, Connection& connection, TimePoint now) {
  Connection& old = before->second;
  connection.person = std::exchange(old.person, nullptr);
  static_cast<Session&>(connection) = std::exchange(static_cast<Session&>(old), Session{});
  sfu_.resume(*connection.media, now);
  connection.may_repeat_speaking = true;
  if (old.socket == nullptr) {
    connections_.erase(before);
  } else {
    old.drop();
  }
}

}  // namespace vcplay::rehearsal
