// A stream that says in the midst of its sound that it is endless.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>

#include "words/index_bomb.hpp"

namespace vcplay::testing {

constexpr std::uint32_t kFragmentBombTracks = 60;
constexpr std::uint32_t kFragmentBombSeconds = 8;  // of sound before it goes off

inline std::string flagged_box(std::string_view type, std::uint32_t flags, const std::string& contents) {
  return box(type, big_endian(flags) + contents);
}

/// A track whose samples all stand in fragments (ISO/IEC 14496-12, 8.8): one channel at 48 kHz, 16 bits.
inline std::string fragmented_track(std::uint32_t id) {
  const std::string pcm = std::string(6, '\0') + std::string("\0\1", 2) + std::string(8, '\0') +
                          std::string("\0\1\0\20", 4) + big_endian(0) + big_endian(48'000U << 16U);
  const std::string table = full_box("stsd", big_endian(1) + box("sowt", pcm)) +
                            full_box("stts", big_endian(0)) + full_box("stsc", big_endian(0)) +
                            full_box("stsz", std::string(8, '\0')) + full_box("stco", big_endian(0));
  const std::string media =
      full_box("mdhd", std::string(8, '\0') + big_endian(48'000) + std::string(8, '\0')) +
      full_box("hdlr", big_endian(0) + "soun" + std::string(13, '\0')) +
      box("minf", full_box("smhd", big_endian(0)) + box("stbl", table));
  return box("trak", full_box("tkhd", std::string(8, '\0') + big_endian(id) + std::string(68, '\0')) +
                         box("mdia", media));
}

/// A second of a tone, of which a fragment says that it is `samples` long in each of the first `tracks`.
inline std::string fragment(std::uint32_t second, std::uint32_t samples, std::uint32_t tracks) {
  const auto head = [&](std::uint32_t offset) {
    std::string all = full_box("mfhd", big_endian(second + 1));
    for (std::uint32_t id = 1; id <= tracks; ++id) {
      all += box("traf", flagged_box("tfhd", 0x020000, big_endian(id)) +
                             full_box("tfdt", big_endian(second * 48'000)) +
                             flagged_box("trun", 1, big_endian(samples) + big_endian(offset)));
    }
    return box("moof", all);
  };
  std::string sound;
  for (int sample = 0; sample < 48'000; ++sample) {
    const auto value = static_cast<std::int16_t>(
        std::lround(9'000 * std::sin(2 * std::numbers::pi * 440 * sample / 48'000)));
    sound += static_cast<char>(static_cast<std::uint16_t>(value) & 0xFFU);
    sound += static_cast<char>(static_cast<std::uint16_t>(value) >> 8U);
  }
  return head(static_cast<std::uint32_t>(head(0).size()) + 8) + box("mdat", sound);
}

/// Eight seconds of a tone, then 5 KB of which FFmpeg makes 600 MB without reading on, then a second more.
/// Whoever can seek reads all of it before the first sound.
inline std::string fragment_bomb() {
  constexpr std::uint32_t kSamples = 300'000;  // an index of 7 MB
  std::string tracks = full_box("mvhd", std::string(8, '\0') + big_endian(48'000) + std::string(84, '\0'));
  std::string defaults;
  for (std::uint32_t id = 1; id <= kFragmentBombTracks; ++id) {
    tracks += fragmented_track(id);
    defaults +=
        full_box("trex", big_endian(id) + big_endian(1) + big_endian(1) + big_endian(2) + big_endian(0));
  }
  std::string all =
      box("ftyp", "iso5" + big_endian(0) + "iso5") + box("moov", tracks + box("mvex", defaults));
  for (std::uint32_t second = 0; second < kFragmentBombSeconds; ++second) all += fragment(second, 48'000, 1);
  all += fragment(kFragmentBombSeconds, kSamples, kFragmentBombTracks);
  return all + fragment(kFragmentBombSeconds + 1, 48'000, 1);
}

}  // namespace vcplay::testing
