// How a main gateway session outlives its connection (Discord, "Gateway", "Resuming"), and how it ends.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "rehearsal/fields.hpp"
#include "rehearsal/gateway_server.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

// By then a client whose way to resume_gateway_url is blocked may have turned to the front door.
constexpr Duration kTriesTheResumeDoor = 5s;

}  // namespace

struct GatewayServer::Resume {
  std::string session;
  std::int64_t sequence = 0;
};

// ── RESUME ──

void GatewayServer::resume(Connection& connection, const json& data, TimePoint now) {
  if (connection.session != nullptr) {
    return refuse(connection, Rule::gateway_identified_twice, 4005, "Already authenticated.",
                  "a RESUME came on a gateway connection that had its session");
  }
  const std::optional<Resume> asked = read_resume(connection, data);
  if (!asked) return;
  Session* const session = find_resumable(connection, *asked);
  if (session == nullptr) return declare_invalid(connection, asked->session);
  if (!accept_sequence(connection, *session, *asked)) return;
  std::optional<std::uint64_t> seen;
  if (asked->sequence > 0) seen = static_cast<std::uint64_t>(asked->sequence);
  const std::optional<std::size_t> missed = session->dispatches.missed_after(seen);
  // No breach of the client's: more was dispatched meanwhile than is kept.
  if (!missed) return declare_invalid(connection, asked->session);
  check_door(connection, *session, now);
  hand_over(*session, connection, now);
  connection.sent = AckWindow(asked->sequence, now);
  connection.replay(session->dispatches, *missed, now);
  dispatch(*session, "RESUMED", {{"_trace", json::array({"rehearsal"})}}, now);
  for (const auto& [id, guild] : guilds_) {
    if (session->shard.holds(id)) guild->on_resumed(session->person->user);
  }
}

std::optional<GatewayServer::Resume> GatewayServer::read_resume(Connection& connection, const json& data) {
  const std::optional<std::string> token = text_in(data, "token");
  const std::optional<std::string> session = text_in(data, "session_id");
  const std::optional<std::int64_t> sequence = integer_in(data, "seq");
  if (!token || !session || !sequence || *sequence < 0) {
    refuse(connection, Rule::gateway_resume_fields, 4002, "Error while decoding payload.",
           "RESUME lacks token, session_id or seq, or has one of the wrong type");
    return std::nullopt;
  }
  connection.person = home_.by_token(*token);
  if (connection.person == nullptr) {
    refuse(connection, Rule::gateway_token, 4004, "Authentication failed.",
           "RESUME carried a token of nobody");
    return std::nullopt;
  }
  ledger(connection).says("gateway-resume");
  return Resume{*session, *sequence};
}

/// nullptr: opcode 9 is the answer. It may have been over before the client could know.
GatewayServer::Session* GatewayServer::find_resumable(Connection& connection, const Resume& asked) {
  Ledger& account = ledger(connection);
  const bool was_told = connection.declared_invalid == asked.session || refused_.count(asked.session) > 0;
  if (was_told) {
    account.breach(Rule::gateway_resume_refused, "RESUME named a session that opcode 9 had declared invalid");
  }
  const auto found = sessions_.find(asked.session);
  if (found == sessions_.end()) return nullptr;
  Session& session = found->second;
  if (session.person != connection.person) {
    account.breach(Rule::gateway_token, "RESUME came with another token than IDENTIFY");
    return nullptr;
  }
  if (session.is_over || session.is_forgotten) {
    excuse(session, true);
    return nullptr;
  }
  return &session;
}

bool GatewayServer::accept_sequence(Connection& connection, Session& session, const Resume& asked) {
  if (asked.sequence > session.sequence()) {
    session.is_over = true;
    owes_resume_.erase(debtor(session));
    excuse(session, true);
    refuse(connection, Rule::gateway_resume_sequence, 4007, "Invalid seq.",
           fmt::format("RESUME named the sequence {}, the last dispatch was {}", asked.sequence,
                       session.sequence()));
    return false;
  }
  if (asked.sequence < session.acknowledged) {
    ledger(connection)
        .breach(Rule::gateway_resume_sequence,
                fmt::format("RESUME named the sequence {} after a heartbeat had named {}", asked.sequence,
                            session.acknowledged));
  }
  return true;
}

void GatewayServer::check_door(Connection& connection, const Session& session, TimePoint now) {
  const bool has_two_doors = !resume_url_.empty() && resume_url_ != own_url_;
  if (!has_two_doors || connection.door == GatewayDoor::resume) return;
  if (!session.lost || now - *session.lost >= kTriesTheResumeDoor ||
      *session.lost < connections_.refused_until())
    return;
  ledger(connection)
      .breach(Rule::gateway_resume_url,
              "RESUME came to the main gateway's own URL instead of READY's "
              "resume_gateway_url");
}

void GatewayServer::hand_over(Session& session, Connection& connection, TimePoint now) {
  if (Connection* const old = session.connection) {
    old->session = nullptr;
    old->drop();
  }
  const Snowflake user = session.person->user;
  session.connection = &connection;
  session.lost.reset();
  connection.session = &session;
  owes_resume_.erase(debtor(session));
  for (const auto& [id, guild] : guilds_) {
    if (session.shard.holds(id)) guild->world().hear_of_retirement(user, now);
  }
  excuse(session, false);
  Ledger& account = books_.of(user);
  account.latest("gateway-resumed", now);
  ++account.facts.gateway_resumes;
}

void GatewayServer::declare_invalid(Connection& connection, const std::string& session) {
  connection.declared_invalid = session;
  const Snowflake user = connection.person->user;
  const Session* const known = find_session(session);
  std::erase_if(owes_resume_, [&](const auto& debt) {
    return debt.first.first == user && (known == nullptr || debt.first == debtor(*known));
  });
  connection.send({{"op", 9}, {"d", false}, {"s", nullptr}, {"t", nullptr}});
}

// ── the end of a connection, and of a session ──

void GatewayServer::lose(Session& session, TimePoint now) {
  session.connection = nullptr;
  session.lost = now;
}

void GatewayServer::end(Session& over, TimePoint now) {
  const auto node = sessions_.extract(over.id);
  const Session& session = node.mapped();
  if (session.connection != nullptr) session.connection->session = nullptr;
  for (const auto& [id, guild] : guilds_) guild->on_session_over(session, now);
}

void GatewayServer::end_lost(const std::function<bool(const Session&)>& is_over, TimePoint now) {
  for (auto one = sessions_.begin(); one != sessions_.end();) {
    const auto following = std::next(one);
    if (one->second.lost && is_over(one->second)) end(one->second, now);
    one = following;
  }
}

bool GatewayServer::is_connected(Snowflake user, const GuildServer& guild) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const auto& entry) {
    const Connection& one = entry.second;
    return one.session != nullptr && !one.closing && one.person->user == user &&
           one.session->shard.holds(guild.id());
  });
}

void GatewayServer::end_lost_sessions(TimePoint now) {
  end_lost([](const Session&) { return true; }, now);
}

}  // namespace vcplay::rehearsal
