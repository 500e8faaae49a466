// Views of bytes, network byte order and hex: the words every protocol room speaks in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vcplay {

using ByteView = std::span<const std::uint8_t>;
using ByteSpan = std::span<std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;

// Each of these needs `bytes` to hold at least the size of the integer; the caller has checked.
inline void store_be16(ByteSpan bytes, std::uint16_t value) noexcept {
  bytes[0] = static_cast<std::uint8_t>(value >> 8);
  bytes[1] = static_cast<std::uint8_t>(value);
}

inline void store_be32(ByteSpan bytes, std::uint32_t value) noexcept {
  store_be16(bytes, static_cast<std::uint16_t>(value >> 16));
  store_be16(bytes.subspan(2), static_cast<std::uint16_t>(value));
}

inline void store_be64(ByteSpan bytes, std::uint64_t value) noexcept {
  store_be32(bytes, static_cast<std::uint32_t>(value >> 32));
  store_be32(bytes.subspan(4), static_cast<std::uint32_t>(value));
}

[[nodiscard]] inline std::uint16_t load_be16(ByteView bytes) noexcept {
  return static_cast<std::uint16_t>((bytes[0] << 8) | bytes[1]);
}

[[nodiscard]] inline std::uint32_t load_be32(ByteView bytes) noexcept {
  return (static_cast<std::uint32_t>(load_be16(bytes)) << 16) | load_be16(bytes.subspan(2));
}

[[nodiscard]] inline std::uint64_t load_be64(ByteView bytes) noexcept {
  return (static_cast<std::uint64_t>(load_be32(bytes)) << 32) | load_be32(bytes.subspan(4));
}

[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal, two digits per byte.
[[nodiscard]] std::string to_hex(ByteView bytes);

/// The bytes that `hex` spells, or nothing when it has an odd length or another character.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view hex);

}  // namespace vcplay
