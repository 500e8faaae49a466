// Hours of sound that take no room on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "words/temporary_folder.hpp"

namespace vcplay::testing {

/// A WAV file of so many seconds: its head, and a hole in the file where the samples (8 kHz, 8 bit) would be.
inline std::string long_wav(const TemporaryFolder& folder, const std::string& name, std::uint32_t seconds) {
  constexpr std::uint32_t kRate = 8'000;
  const auto number = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFFU);
    return text;
  };
  const std::uint32_t size = seconds * kRate;
  const std::string head = "RIFF" + number(36 + size, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) +
                           number(1, 2) + number(kRate, 4) + number(kRate, 4) + number(1, 2) + number(8, 2) +
                           "data" + number(size, 4);
  std::string path = folder.write(name, head);
  std::filesystem::resize_file(path, head.size() + size);
  return path;
}

}  // namespace vcplay::testing
