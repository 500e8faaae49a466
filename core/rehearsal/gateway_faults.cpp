// What the main gateway does to an account's connection by order.
#include <nlohmann/json.hpp>

#include "rehearsal/gateway_server.hpp"
#include "rehearsal/large_message.hpp"
#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr std::size_t kManyValues = 200;  // in one message of a flood
constexpr std::size_t kDepth = 5'000;     // … and how deep another one nests
constexpr std::size_t kLongName = 70;     // of a role

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

void GatewayServer::send_large(Snowflake user, const GuildServer& guild, std::uint64_t bytes) {
  Connection* const connection = victim(user, guild);
  if (connection == nullptr || connection->session == nullptr) return;
  const auto send = [&](std::string_view head, std::string_view element, std::string_view tail) {
    connection->socket->send_text(large_message(head, element, tail, bytes));
  };
  switch (large_++ % 3) {
    case 0:
      return send(R"({"op":99,"d":[)", "{}", "]}");
    case 1:
      return send(R"({"op":99,"d":[)", '"' + std::string(bytes - 100, 'x') + '"', "]}");
    default:
      break;
  }
  // No role that anybody has, each as long as its name.
  json object = guild_create_object(guild.world(), *connection->session->person);
  json roles = std::move(object["roles"]);
  object.erase("roles");
  roles.push_back(
      {{"id", "700000000000000000"}, {"permissions", "0"}, {"name", std::string(kLongName, 'r')}});
  const std::string last = wire_text(roles.back());
  roles.erase(roles.size() - 1);
  const std::string rest = wire_text(object);
  const std::string ours = wire_text(roles);
  send(R"({"op":0,"s":null,"t":"GUILD_CREATE","d":)" + rest.substr(0, rest.size() - 1) + R"(,"roles":)" +
           ours.substr(0, ours.size() - 1) + ",",
       last, "]}}");
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
