#include "words/stage.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace vcplay::testing {
namespace {

void append_le(std::string& text, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

std::string Stage::pcm(double seconds) {
  std::string samples;
  const auto count = static_cast<int>(seconds * 48'000);
  for (int i = 0; i < count; ++i) {
    const double value = 0.25 * std::sin(2 * std::numbers::pi * 440 * i / 48'000.0);
    const auto sample = static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lround(value * 32767)));
    append_le(samples, sample, 2);
    append_le(samples, sample, 2);
  }
  return samples;
}

std::string Stage::wav(const std::string& s16le) {
  const auto size = static_cast<std::uint32_t>(s16le.size());
  std::string file = "RIFF";
  append_le(file, 36 + size, 4);
  file += "WAVEfmt ";
  append_le(file, 16, 4);
  append_le(file, 1, 2);  // PCM
  append_le(file, 2, 2);  // channels
  append_le(file, 48'000, 4);
  append_le(file, 48'000 * 4, 4);
  append_le(file, 4, 2);
  append_le(file, 16, 2);
  file += "data";
  append_le(file, size, 4);
  return file + s16le;
}

}  // namespace vcplay::testing
