// Websocket messages as a server writes them, byte by byte (RFC 6455 s5.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace vcplay::net::test {

/// The head of one unmasked text message of so many bytes.
inline std::string text_head(std::uint64_t size) {
  std::string head = "\x81\x7F";
  for (int shift = 56; shift >= 0; shift -= 8) head += static_cast<char>(size >> shift & 0xFFU);
  return head;
}

/// A whole text message: JSON, made as long as is wanted by spaces.
inline std::string padded(const std::string& json, std::size_t size) {
  return text_head(size) + json + std::string(size - json.size(), ' ');
}

}  // namespace vcplay::net::test
