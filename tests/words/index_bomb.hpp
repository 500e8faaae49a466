// A file that says in a few words that it is endless.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vcplay::testing {

inline std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (unsigned shift = 32; shift > 0; shift -= 8) bytes += static_cast<char>(value >> (shift - 8) & 0xFFU);
  return bytes;
}

inline std::string box(std::string_view type, const std::string& contents) {
  return big_endian(static_cast<std::uint32_t>(contents.size()) + 8).append(type) + contents;
}

inline std::string full_box(std::string_view type, const std::string& contents) {
  return box(type, big_endian(0) + contents);
}

/// A track of two thousand million samples of a byte each, said in a few words (ISO/IEC 14496-12, 8.7.3).
/// FFmpeg makes an index of 48 MB of them.
inline std::string endless_track(std::uint32_t id) {
  constexpr std::uint32_t kSamples = 2'000'000'000;
  const std::string pcm = std::string(6, '\0') + std::string("\0\1", 2) + big_endian(0) + big_endian(0) +
                          std::string("\0\1\0\10", 4) + big_endian(0) + big_endian(48'000U << 16U);
  const std::string table =
      full_box("stsd", big_endian(1) + box("sowt", pcm)) +
      full_box("stts", big_endian(1) + big_endian(kSamples) + big_endian(1)) +
      full_box("stsc", big_endian(1) + big_endian(1) + big_endian(kSamples) + big_endian(1)) +
      full_box("stsz", big_endian(1) + big_endian(kSamples)) +
      full_box("stco", big_endian(1) + big_endian(8));
  const std::string media = full_box("mdhd", big_endian(0) + big_endian(0) + big_endian(48'000) +
                                                 big_endian(48'000) + big_endian(0)) +
                            full_box("hdlr", big_endian(0) + "soun" + std::string(13, '\0')) +
                            box("minf", full_box("smhd", big_endian(0)) + box("stbl", table));
  return box("trak", full_box("tkhd", big_endian(0) + big_endian(0) + big_endian(id) + big_endian(0) +
                                          big_endian(48'000) + std::string(60, '\0')) +
                         box("mdia", media));
}

/// 36 KB of which FFmpeg makes 5 GB, most of it between two reads.
inline std::string index_bomb() {
  std::string tracks = full_box("mvhd", big_endian(0) + big_endian(0) + big_endian(48'000) +
                                            big_endian(48'000) + std::string(80, '\0'));
  for (std::uint32_t id = 1; id <= 100; ++id) tracks += endless_track(id);
  return box("ftyp", "qt  " + big_endian(0) + "qt  ") + box("moov", tracks) +
         box("mdat", std::string(100'000, '\0'));
}

}  // namespace vcplay::testing
