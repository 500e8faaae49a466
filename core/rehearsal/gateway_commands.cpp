// How clients are let in by the main gateway: IDENTIFY.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/milliseconds.hpp"
#include "rehearsal/fields.hpp"
#include "rehearsal/gateway_server.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

// Discord, "Gateway", "List of Intents".
constexpr std::uint64_t kGuilds = 1ULL << 0;
constexpr std::uint64_t kPrivileged = (1ULL << 1) | (1ULL << 8) | (1ULL << 15);
constexpr std::uint64_t kKnownIntents =
    ((1ULL << 17) - 1) | (1ULL << 20) | (1ULL << 21) | (1ULL << 24) | (1ULL << 25);

}  // namespace

void GatewayServer::identify(Connection& connection, const json& data, TimePoint now) {
  if (connection.session != nullptr) {
    return refuse(connection, Rule::gateway_identified_twice, 4005, "Already authenticated.",
                  "a second IDENTIFY came on one gateway connection");
  }
  if (world_.options().identify_close_code) {
    return close(connection, *world_.options().identify_close_code, "As it was rehearsed.");
  }
  std::uint64_t intents = 0;
  if (!accept_identity(connection, data, now) || !accept_pace(connection, now) ||
      !accept_shard(connection, data) || !accept_intents(connection, data, intents)) {
    return;
  }
  const Person* const person = connection.person;
  const auto debt = owes_resume_.extract(person->user);
  if (!debt.empty() && now < debt.mapped()) {
    ledger(connection)
        .breach(
            Rule::gateway_identify_instead_of_resume,
            "IDENTIFY came although the session before could be resumed, which costs nothing of the day's "
            "thousand");
  }
  begin_session(connection, intents, data, now);
  // What it could have resumed it gives up. Sessions that are connected go on beside the new one.
  end_lost([&](const Session& lost) { return lost.person == person; }, now);
  ledger(connection).excused = false;
}

void GatewayServer::begin_session(Connection& connection, std::uint64_t intents, const json& data,
                                  TimePoint now) {
  const std::string id = random_hex(16);
  Session& session = sessions_[id];
  session.id = id;
  session.person = connection.person;
  session.intents = intents;
  session.connection = &connection;
  connection.session = &session;
  connection.sent = AckWindow();
  connection.declared_invalid.clear();
  const json* const shard = field(data, "shard");
  dispatch(session, "READY",
           ready_object(world_, *connection.person, id, resume_url_.empty() ? own_url_ : resume_url_,
                        shard == nullptr ? json(nullptr) : *shard),
           now);
  ledger(connection).first("ready-sent", now);
  for (const std::string& text : world_.options().extra_gateway_texts) connection.socket->send_text(text);
  const bool sees_guild = world_.is_available() && world_.is_in_guild(session.person->user);
  if (sees_guild && (intents & kGuilds) != 0) {
    dispatch(session, "GUILD_CREATE", guild_create_object(world_, *session.person), now);
  }
}

bool GatewayServer::accept_identity(Connection& connection, const json& data, TimePoint now) {
  const std::optional<std::string> token = text_in(data, "token");
  const json* const properties = field(data, "properties");
  if (!token || properties == nullptr || !properties->is_object()) {
    refuse(connection, Rule::gateway_identify_fields, 4002, "Error while decoding payload.",
           "IDENTIFY lacks the token or the properties");
    return false;
  }
  const Person* const person = world_.by_token(*token);
  if (person == nullptr) {
    refuse(connection, Rule::gateway_token, 4004, "Authentication failed.",
           "IDENTIFY carried a token of nobody");
    return false;
  }
  connection.person = person;
  Ledger& account = ledger(connection);
  account.first("gateway-connected", connection.opened);
  account.first("identify", now);
  account.says("gateway-identify");
  return true;
}

/// Discord, "Gateway", "Rate Limiting": with a max_concurrency of 1 there is one IDENTIFY in 5 s.
bool GatewayServer::accept_pace(Connection& connection, TimePoint now) {
  const Duration spacing = world_.options().identify_spacing;
  const auto [last, is_first] = last_identify_.try_emplace(connection.person->user, now);
  if (is_first || now - last->second >= spacing) {
    last->second = now;
    return true;
  }
  ledger(connection)
      .breach(
          Rule::gateway_identify_too_soon,
          fmt::format("IDENTIFY came {:.1f} s after another of the same bot", seconds(now - last->second)));
  connection.send({{"op", 9}, {"d", false}, {"s", nullptr}, {"t", nullptr}});
  return false;
}

bool GatewayServer::accept_shard(Connection& connection, const json& data) {
  const json* const shard = field(data, "shard");
  const std::optional<int> demanded = world_.options().demanded_shards;
  if (shard == nullptr) {
    if (!demanded || *demanded <= 1) return true;
    refuse(connection, Rule::gateway_shard, 4011, "Sharding required.", "IDENTIFY named no shard");
    return false;
  }
  const bool is_pair = shard->is_array() && shard->size() == 2;
  const std::optional<std::int64_t> id = is_pair ? integer_of((*shard)[0]) : std::nullopt;
  const std::optional<std::int64_t> count = is_pair ? integer_of((*shard)[1]) : std::nullopt;
  if (!id || !count || *id < 0 || *id >= *count) {
    refuse(connection, Rule::gateway_shard, 4010, "Invalid shard.", "IDENTIFY named an impossible shard");
    return false;
  }
  if (!demanded) return true;
  if (*count < *demanded) {
    refuse(connection, Rule::gateway_shard, 4011, "Sharding required.",
           fmt::format("IDENTIFY named {} shards where {} are demanded", *count, *demanded));
    return false;
  }
  // Discord, "Gateway", "Sharding": shard_id = (guild_id >> 22) % num_shards
  const auto right =
      static_cast<std::int64_t>((world_.options().guild.value >> 22) % static_cast<std::uint64_t>(*demanded));
  if (*count == *demanded && *id == right) return true;
  refuse(
      connection, Rule::gateway_shard, 4010, "Invalid shard.",
      fmt::format("IDENTIFY named shard {} of {}, the guild is on {} of {}", *id, *count, right, *demanded));
  return false;
}

bool GatewayServer::accept_intents(Connection& connection, const json& data, std::uint64_t& intents) {
  const std::optional<std::int64_t> named = integer_in(data, "intents");
  if (!named || *named < 0 || (static_cast<std::uint64_t>(*named) & ~kKnownIntents) != 0) {
    refuse(connection, Rule::gateway_intents, 4013, "Invalid intents.",
           "IDENTIFY carried impossible intents or none");
    return false;
  }
  intents = static_cast<std::uint64_t>(*named);
  if ((intents & kPrivileged) == 0) return true;
  refuse(connection, Rule::gateway_intents, 4014, "Disallowed intents.",
         "IDENTIFY asked for privileged intents that are not enabled for this bot");
  return false;
}

}  // namespace vcplay::rehearsal
