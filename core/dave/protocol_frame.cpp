#include "dave/protocol_frame.hpp"

#include <algorithm>

namespace vcplay::dave {

std::size_t write_uleb128(std::uint32_t value, ByteSpan out) noexcept {
  std::size_t size = 0;
  while (value >= 0x80) {
    out[size++] = static_cast<std::uint8_t>(0x80 | (value & 0x7F));
    value >>= 7;
  }
  out[size++] = static_cast<std::uint8_t>(value);
  return size;
}

std::optional<Uleb128> read_uleb128(ByteView bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size() && i < kMaxUleb128Bytes; ++i) {
    value |= static_cast<std::uint64_t>(bytes[i] & 0x7F) << (7 * i);
    if ((bytes[i] & 0x80) != 0) continue;
    const bool padded = i > 0 && bytes[i] == 0;
    if (padded || value > UINT32_MAX) return std::nullopt;
    return Uleb128{static_cast<std::uint32_t>(value), i + 1};
  }
  return std::nullopt;
}

std::array<std::uint8_t, 12> full_nonce(std::uint32_t frame_nonce) noexcept {
  std::array<std::uint8_t, 12> nonce{};
  for (unsigned i = 0; i < 4; ++i) nonce[8 + i] = static_cast<std::uint8_t>(frame_nonce >> (8 * i));
  return nonce;
}

std::optional<ProtocolFrame> parse_protocol_frame(ByteView frame) noexcept {
  if (frame.size() < kMinSupplementBytes) return std::nullopt;
  if (!std::equal(kMagicMarker.begin(), kMagicMarker.end(), frame.end() - kMagicMarker.size())) {
    return std::nullopt;
  }
  const std::size_t supplement = frame[frame.size() - kMagicMarker.size() - 1];
  if (supplement < kMinSupplementBytes || supplement > frame.size()) return std::nullopt;
  const std::size_t text = frame.size() - supplement;
  const ByteView numbers = frame.subspan(text + kTagBytes, supplement - kTagBytes - 1 - kMagicMarker.size());
  const std::optional<Uleb128> nonce = read_uleb128(numbers);
  if (!nonce) return std::nullopt;
  return ProtocolFrame{frame.first(text), frame.subspan(text, kTagBytes), nonce->value,
                       numbers.subspan(nonce->size)};
}

}  // namespace vcplay::dave
