// How clients are let in by the main gateway: IDENTIFY.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/milliseconds.hpp"
#include "rehearsal/fields.hpp"
#include "rehearsal/gateway_server.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

// Discord, "Gateway", "List of Intents".
constexpr std::uint64_t kPrivileged = (1ULL << 1) | (1ULL << 8) | (1ULL << 15);
constexpr std::uint64_t kKnownIntents =
    ((1ULL << 17) - 1) | (1ULL << 20) | (1ULL << 21) | (1ULL << 24) | (1ULL << 25);

constexpr std::size_t kGuildsAtOnce = 100;
constexpr Duration kBetweenGuilds = 10ms;

/// Messages of a session that sees so many guilds: each further one brings a GUILD_CREATE, and a call.
std::size_t most_kept(std::size_t guilds) {
  constexpr std::size_t kForAGuild = 64;
  return ReplayBuffer<std::uint64_t>::kMostMessages + (guilds > 1 ? (guilds - 1) * kForAGuild : 0);
}

}  // namespace

void GatewayServer::identify(Connection& connection, const json& data, TimePoint now) {
  if (connection.session != nullptr) {
    return refuse(connection, Rule::gateway_identified_twice, 4005, "Already authenticated.",
                  "a second IDENTIFY came on one gateway connection");
  }
  if (home_.options().identify_close_code) {
    return close(connection, *home_.options().identify_close_code, "As it was rehearsed.");
  }
  if (!accept_identity(connection, data, now)) return;
  const std::optional<Shard> shard = accept_shard(connection, data);
  std::uint64_t intents = 0;
  if (!shard || !accept_pace(connection, *shard, now) || !accept_intents(connection, data, intents)) return;
  const Person* const person = connection.person;
  const auto debt = owes_resume_.extract({person->user, shard->id});
  if (!debt.empty() && now < debt.mapped()) {
    ledger(connection)
        .breach(
            Rule::gateway_identify_instead_of_resume,
            "IDENTIFY came although the session before could be resumed, which costs nothing of the day's "
            "thousand");
  }
  begin_session(connection, *shard, intents, data, now);
  // What it could have resumed it gives up. Sessions that are connected go on beside the new one.
  end_lost([&](const Session& lost) { return lost.person == person && lost.shard.id == shard->id; }, now);
  excuse(*connection.session, false);
}

void GatewayServer::begin_session(Connection& connection, const Shard& shard, std::uint64_t intents,
                                  const json& data, TimePoint now) {
  const std::string id = random_hex(16);
  Session& session = sessions_[id];
  session.id = id;
  session.person = connection.person;
  session.shard = shard;
  session.intents = intents;
  session.connection = &connection;
  connection.session = &session;
  connection.sent = AckWindow();
  connection.declared_invalid.clear();
  std::vector<Snowflake> seen;
  for (const auto& [guild_id, guild] : guilds_) {
    if (guild->is_seen_by(session)) seen.push_back(guild_id);
  }
  session.dispatches = ReplayBuffer<std::uint64_t>(1, most_kept(seen.size()));
  const json* const named = field(data, "shard");
  dispatch(session, "READY",
           ready_object(*connection.person, seen, id, resume_url_.empty() ? own_url_ : resume_url_,
                        named == nullptr ? json(nullptr) : *named),
           now);
  ledger(connection).first("ready-sent", now);
  for (const std::string& text : home_.options().extra_gateway_texts) connection.socket->send_text(text);
  introduce_guilds(id, Snowflake{}, now);
}

/// Those with a greater id, a hundred at a time.
void GatewayServer::introduce_guilds(const std::string& session, Snowflake after, TimePoint now) {
  Session* const reader = find_session(session);
  if (reader == nullptr) return;
  std::size_t introduced = 0;
  for (auto next = guilds_.upper_bound(after); next != guilds_.end(); ++next) {
    if (!next->second->is_seen_by(*reader)) continue;
    next->second->introduce(*reader, now);
    if (++introduced < kGuildsAtOnce) continue;
    return do_later(now + kBetweenGuilds, [this, session, last = next->first](TimePoint then) {
      introduce_guilds(session, last, then);
    });
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
  const Person* const person = home_.by_token(*token);
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

/// Discord, "Gateway", "Session Start Limit Object": in each bucket there is one IDENTIFY in 5 s.
bool GatewayServer::accept_pace(Connection& connection, const Shard& shard, TimePoint now) {
  const Duration spacing = home_.options().identify_spacing;
  const auto buckets = static_cast<std::uint64_t>(std::max(1, home_.options().max_concurrency));
  const auto [last, is_first] =
      last_identify_.try_emplace({connection.person->user, shard.id % buckets}, now);
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

std::optional<Shard> GatewayServer::accept_shard(Connection& connection, const json& data) {
  const json* const shard = field(data, "shard");
  const std::optional<int> demanded = home_.options().demanded_shards;
  if (shard == nullptr) {
    if (!demanded || *demanded <= 1) return Shard{};
    refuse(connection, Rule::gateway_shard, 4011, "Sharding required.", "IDENTIFY named no shard");
    return std::nullopt;
  }
  const bool is_pair = shard->is_array() && shard->size() == 2;
  const std::optional<std::int64_t> id = is_pair ? integer_of((*shard)[0]) : std::nullopt;
  const std::optional<std::int64_t> count = is_pair ? integer_of((*shard)[1]) : std::nullopt;
  if (!id || !count || *id < 0 || *id >= *count) {
    refuse(connection, Rule::gateway_shard, 4010, "Invalid shard.", "IDENTIFY named an impossible shard");
    return std::nullopt;
  }
  if (demanded && *count < *demanded) {
    refuse(connection, Rule::gateway_shard, 4011, "Sharding required.",
           fmt::format("IDENTIFY named {} shards where {} are demanded", *count, *demanded));
    return std::nullopt;
  }
  const Shard named{static_cast<std::uint64_t>(*id), static_cast<std::uint64_t>(*count)};
  return !demanded || accept_right_shard(connection, named) ? std::optional(named) : std::nullopt;
}

/// One that a guild of ours is on.
bool GatewayServer::accept_right_shard(Connection& connection, const Shard& shard) {
  const auto demanded = static_cast<std::uint64_t>(*home_.options().demanded_shards);
  const bool has_guild = std::any_of(guilds_.begin(), guilds_.end(),
                                     [&](const auto& entry) { return shard.holds(entry.first); });
  if (shard.count == demanded && has_guild) return true;
  const std::string where =
      guilds_.size() == 1
          ? fmt::format("the guild is on {} of {}", (home_.options().guild.value >> 22) % demanded, demanded)
          : fmt::format("none of the guilds is there; {} are demanded", demanded);
  refuse(connection, Rule::gateway_shard, 4010, "Invalid shard.",
         fmt::format("IDENTIFY named shard {} of {}, {}", shard.id, shard.count, where));
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
