// Which kinds of datagrams come to a media server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "rtp/header.hpp"

namespace vcplay::rehearsal {

// Discord, "Voice Connections", "IP Discovery".
inline constexpr std::size_t kDiscoveryBytes = 74;
inline constexpr std::uint16_t kDiscoveryRequest = 1;
inline constexpr std::uint16_t kDiscoveryResponse = 2;
inline constexpr std::uint16_t kDiscoveryLength = 70;  // what follows type and length

[[nodiscard]] inline bool is_discovery(ByteView datagram) {
  return datagram.size() == kDiscoveryBytes && load_be16(datagram) == kDiscoveryRequest;
}

[[nodiscard]] inline bool is_rtcp(ByteView datagram) {
  return datagram.size() >= 8 && (datagram[0] & 0xC0) == 0x80 && datagram[1] >= 200 && datagram[1] <= 206;
}

/// Of the voice session that a discovery request or an RTP packet is of; nothing for anything else.
[[nodiscard]] inline std::optional<std::uint32_t> named_ssrc(ByteView datagram) {
  if (is_discovery(datagram)) return load_be32(datagram.subspan(4));
  if (is_rtcp(datagram)) return std::nullopt;
  const std::optional<rtp::ParsedHeader> header = rtp::parse_header(datagram);
  return header ? std::optional(header->fields.ssrc) : std::nullopt;
}

}  // namespace vcplay::rehearsal
