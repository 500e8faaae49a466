// What no honest voice server does: keys named again, members hidden, messages in floods.
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "rehearsal/large_message.hpp"
#include "rehearsal/objects.hpp"
#include "rehearsal/voice_gateway_server.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr std::uint64_t kUnknownTransition = 40'000;  // beyond all that the delivery service has begun
constexpr std::size_t kDepth = 5'000;                 // of a message that nests
constexpr std::uint64_t kStrangers = 5'000;
constexpr std::uint64_t kFirstStranger = 700'000'000'000'000'000;  // an id

/// One text after the other of those that a client has to ignore.
std::string nonsense(std::uint64_t which) {
  switch (which % 4) {
    case 0:
      return wire_text({{"op", 22}, {"d", {{"transition_id", kUnknownTransition + which % 20'000}}}});
    case 1:
      return wire_text({{"op", 99}, {"d", json::array({1, "two", nullptr})}});
    case 2:
      return std::string(kDepth, '[');
    default:
      return R"({"op":"21","d":{"transition_id":-1,"protocol_version":1e99}})";
  }
}

/// Opcode 13 for people who never were there.
json stranger(std::uint64_t which) {
  return {{"user_id", Snowflake{kFirstStranger + which % kStrangers}.str()}};
}

}  // namespace

VoiceGatewayServer::Connection* VoiceGatewayServer::in_session(Snowflake user) {
  return connections_.newest(
      [&](const Connection& one) { return one.described && one.is_open() && one.is_of(user); });
}

void VoiceGatewayServer::rekey(Snowflake user, Rekeying how, TimePoint now) {
  if (Connection* const connection = in_session(user)) {
    send_description(*connection, sfu_.rekey(*connection->media, how, now));
  }
}

void VoiceGatewayServer::flood(Snowflake user, std::uint64_t messages, TimePoint now) {
  Connection* const connection = in_session(user);
  if (connection == nullptr) return;
  constexpr std::array<std::uint8_t, 7> kNoProposals = {0, 0x40, 0xFF, 1, 2, 3, 4};
  for (std::uint64_t i = 0; i < messages; ++i) {
    if (i % 8 == 0) rekey(user, Rekeying::same, now);
    if (i % 8 == 3) send_numbered(*connection, 13, stranger(i), now);
    if (i % 8 == 5) send_numbered(*connection, dave::Opcode::proposals, kNoProposals, now);
    if (i % 8 != 0 && i % 8 != 3 && i % 8 != 5) connection->socket->send_text(nonsense(i));
  }
}

void VoiceGatewayServer::flood_with_keys(Snowflake user, std::uint64_t messages, TimePoint now) {
  for (std::uint64_t i = 0; i < messages; ++i) rekey(user, Rekeying::same, now);
}

/// Neither an operation that there is, nor a list that ends, nor a message in it.
void VoiceGatewayServer::flood_with_proposals(Snowflake user, std::uint64_t messages, TimePoint now) {
  Connection* const connection = in_session(user);
  if (connection == nullptr) return;
  constexpr std::array<std::uint8_t, 7> kNone[] = {
      {9, 0, 0, 0, 0, 0, 0}, {0, 0x7F, 0xFF, 1, 2, 3, 4}, {0, 5, 0, 1, 0, 9, 9}, {1, 5, 33, 1, 2, 3, 4}};
  for (std::uint64_t i = 0; i < messages; ++i) {
    send_numbered(*connection, dave::Opcode::proposals, kNone[i % std::size(kNone)], now);
  }
}

void VoiceGatewayServer::crowd(Snowflake user, std::uint64_t strangers, TimePoint now) {
  Connection* const connection = in_session(user);
  if (connection == nullptr) return;
  json ids = json::array();
  for (std::uint64_t i = 0; i < strangers; ++i) ids.push_back(stranger(i).at("user_id"));
  send_numbered(*connection, 11, {{"user_ids", std::move(ids)}}, now);
  for (std::uint64_t i = 0; i < strangers && i < kStrangers; ++i) {
    send_numbered(*connection, 13, stranger(i), now);
  }
}

void VoiceGatewayServer::send_large(Snowflake user, std::uint64_t bytes) {
  Connection* const connection = in_session(user);
  if (connection == nullptr) return;
  struct Shape {
    std::string_view head;
    std::string_view element;
    std::string_view tail;
  };
  const std::string text = '"' + std::string(bytes - 100, 'x') + '"';
  const Shape shapes[] = {{R"({"op":99,"d":[)", "{}", "]}"},
                          {R"({"op":99,"d":[)", text, "]}"},
                          {R"({"op":11,"d":{"user_ids":[)", "\"700000000000000000\"", "]}}"}};
  const auto& [head, element, tail] = shapes[large_++ % std::size(shapes)];
  connection->socket->send_text(large_message(head, element, tail, bytes));
}

}  // namespace vcplay::rehearsal
