// How Matroska and WebM write identifiers and sizes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace vcplay::media {

/// An element's identifier and size, of one to eight bytes each (RFC 8794 s4 and s5).
struct EbmlElement {
  std::uint64_t id = 0;               // with its length marker, as it is written in specifications
  std::optional<std::uint64_t> size;  // bytes behind the head; nothing where it is unknown
  std::size_t head = 0;               // bytes that id and size take
};

/// A number of one to eight bytes whose leading zero bits tell its length, taken off the front; nothing where
/// it is not all there, or is none.
[[nodiscard]] inline std::optional<std::uint64_t> take_ebml_number(ByteView& bytes, bool keeps_marker) {
  if (bytes.empty() || bytes[0] == 0) return std::nullopt;
  const auto length = static_cast<std::size_t>(std::countl_zero(bytes[0])) + 1;
  if (bytes.size() < length) return std::nullopt;
  std::uint64_t value = keeps_marker ? bytes[0] : bytes[0] & (0xFFU >> length);
  for (std::size_t i = 1; i < length; ++i) value = value << 8U | bytes[i];
  bytes = bytes.subspan(length);
  return value;
}

/// The head of the element that begins `bytes`; nothing where it is not all there, or is none.
[[nodiscard]] inline std::optional<EbmlElement> read_ebml_element(ByteView bytes) {
  const std::size_t all = bytes.size();
  const auto id = take_ebml_number(bytes, true);
  if (!id) return std::nullopt;
  const std::size_t length = bytes.empty() ? 0 : static_cast<std::size_t>(std::countl_zero(bytes[0])) + 1;
  const auto size = take_ebml_number(bytes, false);
  if (!size) return std::nullopt;
  const std::uint64_t unknown = (1ULL << (7 * length)) - 1;
  return EbmlElement{*id, *size == unknown ? std::nullopt : size, all - bytes.size()};
}

inline constexpr std::uint64_t kEbmlHeader = 0x1A45DFA3;   // RFC 8794 s11.2.1
inline constexpr std::uint64_t kEbmlSegment = 0x18538067;  // RFC 9559 s5.1
inline constexpr std::size_t kMostEbmlHead = 16;           // bytes of an identifier and a size

}  // namespace vcplay::media
