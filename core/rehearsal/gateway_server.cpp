#include "rehearsal/gateway_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/deadline.hpp"
#include "base/milliseconds.hpp"
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

constexpr std::uint16_t kNoCloseFrame = 0;
// Discord, "Gateway", "Initiating a Disconnect": either of these ends the session.
constexpr std::uint16_t kNormalClosure = 1000;
constexpr std::uint16_t kGoingAway = 1001;

// A careful client keeps so many places free for its heartbeats.
constexpr std::size_t kRoomForHeartbeats = 20;

/// True when one more message that can wait would have had to wait.
bool is_crowded(const MainConnection& connection, TimePoint now) {
  const auto recent = std::count_if(connection.received.begin(), connection.received.end(),
                                    [now](TimePoint when) { return when + kRateWindow > now; });
  return static_cast<std::size_t>(recent) + kRoomForHeartbeats > kMaxMessages;
}

/// Discord, "Gateway Close Event Codes": after which of ours nothing can be resumed.
bool ends_session(std::uint16_t code) {
  return code == 4003 || code == 4004 || code == 4007 || (code >= 4009 && code <= 4014);
}

}  // namespace

void GatewayServer::add(GuildServer& guild) {
  guild.belong_to(*this);
  guilds_.emplace(guild.id(), &guild);
}

void GatewayServer::set_addresses(std::string own_url, std::string voice_endpoint) {
  own_url_ = std::move(own_url);
  voice_endpoint_ = std::move(voice_endpoint);
}

void GatewayServer::set_resume_url(std::string url) { resume_url_ = std::move(url); }

void GatewayServer::on_open(net::ServerSocket& socket, std::string_view query, TimePoint now,
                            GatewayDoor door) {
  Connection& connection = connections_.open(socket, now);
  connection.door = door;
  if (connection.closing || home_.options().says_nothing_on_connect) return;
  if (!has_argument(query, "v=10") || !has_argument(query, "encoding=json")) {
    refuse(connection, Rule::gateway_version, 4012, "Invalid API version.",
           "the main gateway was opened without v=10 and encoding=json");
    return;
  }
  const Duration interval = home_.options().heartbeat_interval;
  connection.expect_heartbeat(interval, now);
  connection.send(
      {{"op", 10},
       {"s", nullptr},
       {"t", nullptr},
       {"d",
        {{"heartbeat_interval", whole_milliseconds(interval)}, {"_trace", json::array({"rehearsal"})}}}});
}

void GatewayServer::on_text(net::ServerSocket& socket, std::string_view text, TimePoint now) {
  if (Connection* const connection = connections_.find_open(socket.id())) receive(*connection, text, now);
}

void GatewayServer::on_binary(net::ServerSocket& socket, TimePoint) {
  Connection* const connection = connections_.find_open(socket.id());
  if (connection == nullptr) return;
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
      return resume(connection, data, now);
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
  if (connection.session == nullptr) {
    return refuse(connection, Rule::gateway_before_identify, 4003, "Not authenticated.",
                  fmt::format("opcode {} came before IDENTIFY", opcode));
  }
  if (opcode == kVoiceStateUpdate) update_voice_state(connection, data, now);
}

/// Who asks for a guild that is not there is not answered.
void GatewayServer::update_voice_state(Connection& connection, const json& data, TimePoint now) {
  const std::optional<Snowflake> id = id_in(data, "guild_id");
  const json* const channel = field(data, "channel_id");
  const std::optional<bool> self_mute = flag_in(data, "self_mute");
  const std::optional<bool> self_deaf = flag_in(data, "self_deaf");
  const VoiceStateWish wish{id_in(data, "channel_id"), self_mute.value_or(false), self_deaf.value_or(false)};
  const bool channel_readable = channel != nullptr && (channel->is_null() || wish.channel);
  if (!id || !channel_readable || !self_mute || !self_deaf) {
    return refuse(connection, Rule::gateway_voice_state_fields, 4002, "Error while decoding payload.",
                  "op 4 lacks guild_id, channel_id, self_mute or self_deaf, or has one of the wrong type");
  }
  const auto guild = guilds_.find(*id);
  Ledger& account =
      guild == guilds_.end() ? ledger(connection) : guild->second->books().of(connection.person->user);
  account.says(wish.channel ? "voice-state" : "voice-state-null");
  if (wish.channel) {
    account.begins(connection.opened);
    account.first("join-request", now);
  } else {
    account.latest("leave-request", now);
  }
  if (guild != guilds_.end()) guild->second->update(*connection.session, wish, now);
}

void GatewayServer::heartbeat(Connection& connection, const json& data, TimePoint now) {
  const std::optional<std::int64_t> named = integer_of(data);
  const bool readable = data.is_null() || named.has_value();
  // Before RESUME and after opcode 9 a heartbeat may name a sequence of any earlier connection.
  if (!readable || (connection.session != nullptr && !connection.sent.allows(named, now))) {
    const std::string got = named ? std::to_string(*named) : data.is_null() ? "null" : "no number";
    const std::optional<std::int64_t> last = connection.sent.last();
    ledger(connection)
        .breach(Rule::gateway_heartbeat_sequence,
                fmt::format("a heartbeat named the sequence {}, the last dispatch was {}", got,
                            last ? std::to_string(*last) : "null"));
  } else if (connection.session != nullptr && named) {
    connection.session->acknowledged = std::max(connection.session->acknowledged, *named);
  }
  connection.expect_heartbeat(home_.options().heartbeat_interval, now);
  if (home_.options().ignores_heartbeats) return;
  connections_.acknowledge(connection,
                           wire_text({{"op", 11}, {"d", nullptr}, {"s", nullptr}, {"t", nullptr}}), now);
}

void GatewayServer::on_closed(net::ServerSocket& socket, std::uint16_t code, TimePoint now) {
  const auto found = connections_.find(socket.id());
  if (found == connections_.end()) return;
  const Connection gone = std::move(found->second);
  connections_.erase(found);
  const bool client_closed = !gone.closing && code != kNoCloseFrame;
  if (gone.person != nullptr) books_.of(gone.person->user).latest("gateway-closed", now);
  if (client_closed && !gone.declared_invalid.empty()) refused_.insert(gone.declared_invalid);
  if (gone.session == nullptr) return;

  Session& session = *gone.session;
  session.connection = nullptr;
  session.had_no_room = is_crowded(gone, now);
  const bool client_ended_it = client_closed && (code == kNormalClosure || code == kGoingAway);
  // Whoever closes with another code means to come back; what it was told to do it owes as well.
  const bool knows = client_ended_it ? gone.is_to_resume : gone.closing || client_closed || gone.is_to_resume;
  if (knows && !session.is_over && !session.is_forgotten) {
    owes_resume_[debtor(session)] = now + home_.options().gateway_resume_window;
  }
  if (client_ended_it || session.is_over) return end(session, now);
  lose(session, now);
}

void GatewayServer::on_time(TimePoint now) {
  connections_.send_late_acknowledgements(now);
  for (auto& [id, connection] : connections_) {
    if (!connection.has_missed_heartbeat(now)) continue;
    refuse(connection, Rule::gateway_heartbeat_missed, 4009, "Session timed out.",
           "no heartbeat came on the main gateway for one and a half intervals");
  }
  const Duration window = home_.options().gateway_resume_window;
  end_lost([&](const Session& session) { return *session.lost + window <= now; }, now);
  while (!later_.empty() && later_.begin()->first <= now) later_.extract(later_.begin()).mapped()(now);
}

std::optional<TimePoint> GatewayServer::deadline() const {
  std::optional<TimePoint> earliest = connections_.deadline();
  for (const auto& [id, session] : sessions_) {
    if (session.lost) earliest = earlier(earliest, *session.lost + home_.options().gateway_resume_window);
  }
  return later_.empty() ? earliest : earlier(earliest, later_.begin()->first);
}

void GatewayServer::dispatch(GatewaySession& session, const char* name, const json& data, TimePoint now) {
  const std::uint64_t sequence = session.dispatches.next_number();
  const SentMessage& message =
      session.dispatches.keep(wire_text({{"op", 0}, {"t", name}, {"s", sequence}, {"d", data}}));
  if (session.connection != nullptr) session.connection->send_kept(session.sequence(), message, now);
}

GatewaySession* GatewayServer::find_session(const std::string& id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

void GatewayServer::close(Connection& connection, std::uint16_t code, std::string_view reason) {
  if (connection.session != nullptr && ends_session(code)) connection.session->is_over = true;
  connection.close(code, reason);
}

void GatewayServer::refuse(Connection& connection, Rule rule, std::uint16_t code, std::string_view reason,
                           std::string detail) {
  ledger(connection).breach(rule, std::move(detail));
  if (connection.session != nullptr) excuse(*connection.session, true);
  close(connection, code, reason);
}

/// In all guilds of the session: how the account leaves says nothing about it, or does again.
void GatewayServer::excuse(const Session& session, bool excused) {
  for (const auto& [id, guild] : guilds_) {
    if (session.shard.holds(id)) guild->books().of(session.person->user).excused = excused;
  }
}

GatewayServer::ShardOf GatewayServer::debtor(const Session& session) {
  return {session.person->user, session.shard.id};
}

}  // namespace vcplay::rehearsal
