// What no honest voice server does: keys named again, members hidden, messages in floods.
#include <array>
#include <nlohmann/json.hpp>
#include <string>

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

}  // namespace vcplay::rehearsal
