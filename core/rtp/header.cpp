#include "rtp/header.hpp"

namespace vcplay::rtp {
namespace {

constexpr std::uint8_t kVersion2 = 0x80;
constexpr std::uint8_t kPaddingBit = 0x20;
constexpr std::uint8_t kExtensionBit = 0x10;
constexpr std::uint8_t kMarkerBit = 0x80;
constexpr std::size_t kCsrcBytes = 4;
constexpr std::size_t kExtensionPreambleBytes = 4;  // profile (16 bits), length in words (16 bits)

}  // namespace

void Header::write(ByteSpan packet) const noexcept {
  packet[0] = kVersion2;
  packet[1] = kOpusPayloadType;
  store_be16(packet.subspan(2), sequence);
  store_be32(packet.subspan(4), timestamp);
  store_be32(packet.subspan(8), ssrc);
}

std::optional<ParsedHeader> parse_header(ByteView packet) noexcept {
  if (packet.size() < kRtpHeaderBytes || (packet[0] & 0xC0) != kVersion2) return std::nullopt;
  // RFC 5761 s4: RTCP's packet types stand where RTP has marker and payload type.
  if (packet[1] >= 200 && packet[1] <= 206) return std::nullopt;

  ParsedHeader parsed;
  parsed.fields = {load_be16(packet.subspan(2)), load_be32(packet.subspan(4)), load_be32(packet.subspan(8))};
  parsed.payload_type = packet[1] & 0x7F;
  parsed.marker = (packet[1] & kMarkerBit) != 0;
  parsed.padding = (packet[0] & kPaddingBit) != 0;
  parsed.clear_bytes = kRtpHeaderBytes + kCsrcBytes * (packet[0] & 0x0FU);
  if ((packet[0] & kExtensionBit) != 0) {
    parsed.clear_bytes += kExtensionPreambleBytes;
    if (packet.size() < parsed.clear_bytes) return std::nullopt;
    parsed.extension_bytes = std::size_t{4} * load_be16(packet.subspan(parsed.clear_bytes - 2));
  }
  if (packet.size() < parsed.clear_bytes + parsed.extension_bytes) return std::nullopt;
  return parsed;
}

}  // namespace vcplay::rtp
