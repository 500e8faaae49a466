#include "rehearsal/gateway_connection.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "rehearsal/objects.hpp"

namespace vcplay::rehearsal {

void GatewayConnection::send(const nlohmann::json& message) const {
  if (is_open()) socket->send_text(wire_text(message));
}

void GatewayConnection::send_kept(const SentMessage& message) const {
  if (!is_open()) return;
  if (const auto* const text = std::get_if<std::string>(&message)) {
    socket->send_text(*text);
  } else {
    socket->send_binary(std::get<Bytes>(message));
  }
}

void GatewayConnection::send_kept(std::int64_t number, const SentMessage& message, TimePoint now) {
  sent.sent(number, now);
  send_kept(message);
}

void GatewayConnection::close(std::uint16_t code, std::string_view reason) {
  closing = true;
  socket->close(code, reason);
}

void GatewayConnection::drop() {
  closing = true;
  socket->drop();
}

bool has_argument(std::string_view query, std::string_view argument) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    if (query.substr(0, end) == argument) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

}  // namespace vcplay::rehearsal
