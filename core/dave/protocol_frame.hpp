// How an encrypted frame looks (DAVE, "Payload Format"):
//   ciphertext | tag 8 | nonce ULEB128 | unencrypted ranges (none in Opus) | size 1 | FA FA
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/packet.hpp"

namespace vcplay::dave {

inline constexpr std::size_t kTagBytes = 8;  // the first ones of AES-GCM's 16
inline constexpr std::array<std::uint8_t, 2> kMagicMarker = {0xFA, 0xFA};
inline constexpr std::size_t kMaxUleb128Bytes = 5;  // of 32 bits
/// Tag, a nonce of one byte, the size itself, the marker.
inline constexpr std::size_t kMinSupplementBytes = kTagBytes + 1 + 1 + kMagicMarker.size();
static_assert(kTagBytes + kMaxUleb128Bytes + 1 + kMagicMarker.size() == kMaxDaveOverhead);

/// The frame nonce's top byte counts generations of the key, the rest counts frames.
inline constexpr unsigned kGenerationShift = 24;

/// Writes `value` as ULEB128 and returns how many bytes that took. `out` has room for kMaxUleb128Bytes.
std::size_t write_uleb128(std::uint32_t value, ByteSpan out) noexcept;

struct Uleb128 {
  std::uint32_t value;
  std::size_t size;
};
/// The number that `bytes` begin with; nothing when it does not end, exceeds 32 bits or
/// is longer than needed.
[[nodiscard]] std::optional<Uleb128> read_uleb128(ByteView bytes) noexcept;

/// AES-GCM's nonce for a frame nonce: eight zeros, then the number in little-endian order.
[[nodiscard]] std::array<std::uint8_t, 12> full_nonce(std::uint32_t frame_nonce) noexcept;

/// The parts of an encrypted frame, each a view into it.
struct ProtocolFrame {
  ByteView ciphertext;
  ByteView tag;
  std::uint32_t nonce;
  ByteView unencrypted_ranges;  // not looked into: Opus has none
};
/// The protocol frame check, by which encrypted frames are told from others; nothing for others.
[[nodiscard]] std::optional<ProtocolFrame> parse_protocol_frame(ByteView frame) noexcept;

}  // namespace vcplay::dave
