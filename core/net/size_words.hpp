// Sizes as a person reads them.
#pragma once

#include <cstddef>
#include <string>

namespace vcplay::net {

/// "16 MiB", "64 KiB", "100 bytes": the largest unit that leaves a whole number.
[[nodiscard]] inline std::string size_in_words(std::size_t bytes) {
  constexpr std::size_t kKibi = 1024;
  if (bytes % (kKibi * kKibi) == 0) return std::to_string(bytes / (kKibi * kKibi)) + " MiB";
  if (bytes % kKibi == 0) return std::to_string(bytes / kKibi) + " KiB";
  return std::to_string(bytes) + " bytes";
}

}  // namespace vcplay::net
