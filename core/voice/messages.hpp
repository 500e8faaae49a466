// The bodies of the voice gateway's text messages, read and written; those of end-to-end
// encryption are in dave/messages.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "rtp/transport_cipher.hpp"

namespace vcplay::voice {

struct Config;

/// The most that is taken of one message of the voice gateway. The longest that it sends welcome the bot to a
/// group of end-to-end encryption, with some 300 bytes for each member.
inline constexpr std::size_t kMostMessageBytes = 256 * 1024;

// ── from the server; nothing when a field is missing or out of its range ──

struct Ready {
  std::uint32_t ssrc = 0;
  std::string address;
  std::uint16_t port = 0;
  std::vector<std::string> modes;  // text from outside
};
[[nodiscard]] std::optional<Ready> read_ready(const nlohmann::json& data);
/// SESSION_DESCRIPTION's `secret_key`: 32 numbers of one byte each.
[[nodiscard]] std::optional<rtp::TransportKey> read_secret_key(const nlohmann::json& description);

// ── to the server ──

/// Each holds the voice token: never log it.
[[nodiscard]] std::string identify_message(const Config& config);
[[nodiscard]] std::string resume_message(const Config& config, int sequence);
/// `sequence`: the last one received, -1 before the first.
[[nodiscard]] std::string heartbeat_message(TimePoint now, int sequence);
[[nodiscard]] std::string select_protocol_message(const std::string& address, std::uint16_t port,
                                                  rtp::TransportMode mode);
[[nodiscard]] std::string speaking_message(std::uint8_t flags, std::uint32_t ssrc);

}  // namespace vcplay::voice
