#include "voice/messages.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/milliseconds.hpp"
#include "voice/ip_discovery.hpp"
#include "voice/opcodes.hpp"
#include "voice/session.hpp"

namespace vcplay::voice {
namespace {

std::string message(Opcode opcode, nlohmann::json data) {
  return json::dump({{"op", static_cast<std::int64_t>(opcode)}, {"d", std::move(data)}});
}

}  // namespace

std::optional<Ready> read_ready(const nlohmann::json& data) {
  const auto ssrc = json::integer_in(data, "ssrc", 0, UINT32_MAX);
  auto address = json::text(data, "ip");
  const auto port = json::integer_in(data, "port", 1, UINT16_MAX);
  if (!ssrc || !port || !address || !is_numeric_address(*address)) return std::nullopt;
  Ready ready{static_cast<std::uint32_t>(*ssrc), std::move(*address), static_cast<std::uint16_t>(*port), {}};
  for (const nlohmann::json& mode : json::list(data, "modes")) {
    if (const auto* const name = mode.get_ptr<const std::string*>()) ready.modes.push_back(*name);
  }
  return ready;
}

std::optional<rtp::TransportKey> read_secret_key(const nlohmann::json& description) {
  const nlohmann::json& numbers = json::list(description, "secret_key");
  if (numbers.size() != rtp::kTransportKeyBytes) return std::nullopt;
  rtp::TransportKey key;
  std::size_t at = 0;
  for (const nlohmann::json& number : numbers) {
    const auto byte = json::as_integer(number);
    if (!byte || *byte < 0 || *byte > 255) return std::nullopt;
    key.span()[at++] = static_cast<std::uint8_t>(*byte);
  }
  return key;
}

std::string identify_message(const Config& config) {
  return message(Opcode::identify, {{"server_id", config.server.str()},
                                    {"user_id", config.user.str()},
                                    {"session_id", config.session_id},
                                    {"token", std::string(config.token.reveal())},
                                    {"max_dave_protocol_version", dave::kMaxVersion}});
}

std::string resume_message(const Config& config, int sequence) {
  return message(Opcode::resume, {{"server_id", config.server.str()},
                                  {"session_id", config.session_id},
                                  {"token", std::string(config.token.reveal())},
                                  {"seq_ack", sequence}});
}

std::string heartbeat_message(TimePoint now, int sequence) {
  return message(Opcode::heartbeat,
                 {{"t", whole_milliseconds(now.time_since_epoch())}, {"seq_ack", sequence}});
}

std::string select_protocol_message(const std::string& address, std::uint16_t port, rtp::TransportMode mode) {
  return message(
      Opcode::select_protocol,
      {{"protocol", "udp"}, {"data", {{"address", address}, {"port", port}, {"mode", rtp::name(mode)}}}});
}

std::string speaking_message(std::uint8_t flags, std::uint32_t ssrc) {
  return message(Opcode::speaking, {{"speaking", flags}, {"delay", 0}, {"ssrc", ssrc}});
}

}  // namespace vcplay::voice
