// What the main gateway does to an account's connection by order.
#include <nlohmann/json.hpp>

#include "rehearsal/gateway_server.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr std::size_t kManyValues = 200;  // in one message of a flood
constexpr std::size_t kDepth = 5'000;     // … and how deep another one nests

}  // namespace

GatewayServer::Connection* GatewayServer::victim(Snowflake user, const GuildServer& guild) {
  const Session* const owner = guild.owner(user);
  if (owner != nullptr && owner->connection != nullptr) return owner->connection;
  return connections_.newest([&](const Connection& one) {
    return one.session != nullptr && one.is_of(user) && !one.closing && one.session->shard.holds(guild.id());
  });
}

std::optional<Shard> GatewayServer::shard_of(Snowflake user, const GuildServer& guild) {
  const Connection* const connection = victim(user, guild);
  if (connection == nullptr || connection->session == nullptr) return std::nullopt;
  return connection->session->shard;
}

void GatewayServer::drop(Snowflake user, const GuildServer& guild) {
  if (Connection* const connection = victim(user, guild)) connection->drop();
}

void GatewayServer::close(Snowflake user, const GuildServer& guild, std::uint16_t code) {
  if (Connection* const connection = victim(user, guild)) close(*connection, code, "As it was rehearsed.");
}

void GatewayServer::ask_to_reconnect(Snowflake user, const GuildServer& guild) {
  Connection* const connection = victim(user, guild);
  if (connection == nullptr) return;
  connection->is_to_resume = true;
  connection->send({{"op", 7}, {"d", nullptr}, {"s", nullptr}, {"t", nullptr}});
}

void GatewayServer::flood(Snowflake user, const GuildServer& guild, std::uint64_t messages, TimePoint now) {
  Connection* const connection = victim(user, guild);
  if (connection == nullptr || connection->session == nullptr) return;
  const json nobody = {{"user_id", Snowflake{700'000'000'000'000'000}.str()},
                       {"guild_id", guild.id().str()},
                       {"channel_id", nullptr},
                       {"session_id", random_hex(16)}};
  const json many(kManyValues, json::object());
  for (std::uint64_t i = 0; i < messages; ++i) {
    if (i % 4 == 0) dispatch(*connection->session, "VOICE_STATE_UPDATE", nobody, now);
    if (i % 4 == 1) dispatch(*connection->session, "PRESENCE_UPDATE", many, now);
    if (i % 4 == 2) connection->send({{"op", 11}, {"d", nullptr}, {"s", nullptr}, {"t", nullptr}});
    if (i % 4 == 3) connection->socket->send_text(std::string(kDepth, '['));
  }
}

/// The session is lost; its connection stays, and clients may well RESUME or IDENTIFY there.
void GatewayServer::invalidate(Snowflake user, const GuildServer& guild, bool can_be_resumed, TimePoint now) {
  Connection* const connection = victim(user, guild);
  if (connection == nullptr) return;
  Session& session = *connection->session;
  connection->session = nullptr;
  lose(session, now);
  if (!can_be_resumed) {
    session.is_forgotten = true;
    return declare_invalid(*connection, session.id);
  }
  owes_resume_[debtor(session)] = now + home_.options().gateway_resume_window;
  connection->send({{"op", 9}, {"d", true}, {"s", nullptr}, {"t", nullptr}});
}

void GatewayServer::forget(Snowflake user) {
  for (auto& [id, session] : sessions_) {
    if (session.person->user == user) session.is_forgotten = true;
  }
  std::erase_if(owes_resume_, [&](const auto& debt) { return debt.first.first == user; });
}

}  // namespace vcplay::rehearsal
