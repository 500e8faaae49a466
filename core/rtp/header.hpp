// The RTP header as Discord's voice servers expect it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/packet.hpp"

namespace vcplay::rtp {

inline constexpr std::uint8_t kOpusPayloadType = 120;  // Discord, "Voice Connections": 0x78
inline constexpr std::uint32_t kTimestampStep = 960;   // 20 ms of the 48 kHz RTP clock (RFC 7587 s4.1)

/// RFC 3550 s5.1: version 2, no padding, extension, CSRC or marker, payload type 120.
struct Header {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;  // 48 kHz samples
  std::uint32_t ssrc = 0;

  /// `packet` holds at least kRtpHeaderBytes.
  void write(ByteSpan packet) const noexcept;
};

/// What a receiver reads from the clear part of a packet.
struct ParsedHeader {
  Header fields;
  std::uint8_t payload_type = 0;
  bool marker = false;
  bool padding = false;
  std::size_t clear_bytes =
      0;  // header, CSRCs and extension preamble: what stays unencrypted and is authenticated
  std::size_t extension_bytes = 0;  // encrypted extension elements at the front of the payload
};

/// Nothing when it is not RTP version 2, is RTCP (RFC 5761: second byte 200 to 206) or is cut short.
[[nodiscard]] std::optional<ParsedHeader> parse_header(ByteView packet) noexcept;

}  // namespace vcplay::rtp
