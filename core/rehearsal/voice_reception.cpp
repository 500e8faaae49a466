#include "rehearsal/voice_reception.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rehearsal/fields.hpp"
#include "rehearsal/voice_gateway_server.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr std::int64_t kIdentify = 0;
constexpr std::int64_t kResume = 7;
constexpr std::size_t kMaxMessageBytes = 16'384;

}  // namespace

void VoiceReception::add(Snowflake guild, VoiceGatewayServer& server) {
  guilds_.emplace(guild, servers_.size());
  servers_.push_back(&server);
  if (servers_.size() < 2) return;
  servers_.front()->share_the_door();
  server.share_the_door();
}

void VoiceReception::on_open(net::ServerSocket& socket, std::string_view query, TimePoint now) {
  use(0).on_open(socket, query, now);
}

void VoiceReception::on_text(net::ServerSocket& socket, std::string_view text, TimePoint now) {
  lead_on(socket.id(), text, now);
  use(place_of(socket.id())).on_text(socket, text, now);
}

void VoiceReception::on_binary(net::ServerSocket& socket, ByteView bytes, TimePoint now) {
  use(place_of(socket.id())).on_binary(socket, bytes, now);
}

void VoiceReception::on_closed(net::ServerSocket& socket, std::uint16_t code, TimePoint now) {
  use(place_of(socket.id())).on_closed(socket, code, now);
  places_.erase(socket.id());
}

/// Leads a client to the guild that it names. One that names none, or none that there is, stays
/// with the first guild.
void VoiceReception::lead_on(std::uint64_t socket, std::string_view text, TimePoint now) {
  if (servers_.size() < 2 || places_.count(socket) != 0 || !servers_.front()->is_anonymous(socket)) return;
  const std::optional<std::size_t> number = named_in(text);
  if (!number) return;
  use(*number).take_in(*servers_.front(), socket, now);
  if (*number != 0) places_[socket] = *number;
}

/// A RESUME goes where its session is, so that one that names another guild is found out there.
std::optional<std::size_t> VoiceReception::named_in(std::string_view text) const {
  const json message = text.size() > kMaxMessageBytes ? json() : json::parse(text, nullptr, false);
  const std::int64_t opcode = integer_in(message, "op").value_or(-1);
  const json* const data = field(message, "d");
  if (data == nullptr || (opcode != kIdentify && opcode != kResume)) return std::nullopt;
  const std::optional<std::string> session = text_in(*data, "session_id");
  if (opcode == kResume && session) {
    const auto holder = std::find_if(servers_.begin(), servers_.end(),
                                     [&](const auto* server) { return server->has_session(*session); });
    if (holder != servers_.end()) return static_cast<std::size_t>(holder - servers_.begin());
  }
  const auto guild = guilds_.find(id_in(*data, "server_id").value_or(Snowflake{}));
  return guild == guilds_.end() ? std::nullopt : std::optional(guild->second);
}

std::size_t VoiceReception::place_of(std::uint64_t socket) const {
  const auto found = places_.find(socket);
  return found == places_.end() ? 0 : found->second;
}

VoiceGatewayServer& VoiceReception::use(std::size_t number) {
  on_use(number);
  return *servers_[number];
}

}  // namespace vcplay::rehearsal
