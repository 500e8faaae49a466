#include "media/file_beginning.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace vcplay::media {
namespace {

using std::string_view_literals::operator""sv;

/// Finer than a pattern: what further fields say.
using Check = bool (*)(ByteView bytes) noexcept;

std::uint32_t big_endian_32(ByteView bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24U | std::uint32_t{bytes[at + 1]} << 16U |
         std::uint32_t{bytes[at + 2]} << 8U | bytes[at + 3];
}

bool is_au(ByteView bytes) noexcept {
  const std::uint32_t offset = big_endian_32(bytes, 4);
  const std::uint32_t encoding = big_endian_32(bytes, 12);
  const std::uint32_t rate = big_endian_32(bytes, 16);
  const std::uint32_t channels = big_endian_32(bytes, 20);
  return offset >= 24 && offset < (1U << 16U) && encoding >= 1 && encoding <= 27 && rate >= 1 &&
         rate <= 1'536'000 && channels >= 1 && channels <= 64;
}

/// The first block of a file: it begins with sample 0.
bool is_first_wavpack(ByteView bytes) noexcept {
  constexpr std::uint8_t kInitialBlock = 0x08;  // of the flags' second byte
  const bool begins =
      std::all_of(bytes.begin() + 16, bytes.begin() + 20, [](auto byte) { return byte == 0; });
  return begins && bytes[7] == 0 && bytes[9] == 4 && (bytes[25] & kInitialBlock) != 0;
}

/// An EBML header, whose first element has an identifier of RFC 8794 s11.2.
bool is_matroska(ByteView bytes) noexcept {
  constexpr std::array<std::uint8_t, 7> kSecondBytes{0x86, 0xF7, 0xF2, 0xF3, 0x82, 0x87, 0x85};
  const std::uint8_t size = bytes[4];
  const bool is_long = size == 1 && bytes[5] == 0 && bytes[10] == 0;
  const std::size_t first = is_long ? 12 : 5;
  const bool is_short = size >= 0x80 + 4 && size < 0xFF;
  return (is_long || is_short) && bytes[first] == 0x42 &&
         std::find(kSecondBytes.begin(), kSecondBytes.end(), bytes[first + 1]) != kSecondBytes.end();
}

bool is_mp4(ByteView bytes) noexcept {
  const bool is_short = bytes[0] == 0 && bytes[1] == 0 && bytes[2] < 16;
  return is_short && std::all_of(bytes.begin() + 8, bytes.begin() + 12,
                                 [](std::uint8_t letter) { return letter >= 0x20 && letter < 0x7F; });
}

bool is_frame_id(ByteView id) {
  return std::all_of(id.begin(), id.end(), [](std::uint8_t letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
  });
}

/// id3.org, ID3v2.2 to 2.4: a header, and a frame right behind it.
bool is_id3(ByteView bytes) noexcept {
  const std::uint8_t version = bytes[3];
  const bool is_header =
      version >= 2 && version <= 4 && bytes[4] == 0 && (bytes[5] & 0x4F) == 0 &&
      std::all_of(bytes.begin() + 6, bytes.begin() + 10, [](auto byte) { return byte < 0x80; });
  return is_header && is_frame_id(bytes.subspan(10, version == 2 ? 3 : 4));
}

bool is_version_1(ByteView frame) { return (frame[1] & 0x18) == 0x18; }

/// Where the encoder's tag stands in a frame of Layer III, by the version and the channels.
std::size_t place_of_xing(ByteView frame) {
  const bool is_mono = (frame[3] & 0xC0) == 0xC0;
  return 4 + (is_version_1(frame) ? (is_mono ? 17 : 32) : (is_mono ? 9 : 17));
}

bool is_tagged_mp3(ByteView bytes) noexcept {
  const bool is_layer_3 = (bytes[1] & 0xE6) == 0xE2;
  const std::string_view tag(reinterpret_cast<const char*>(bytes.data()) + place_of_xing(bytes), 4);
  return is_layer_3 && (tag == "Xing" || tag == "Info");
}

/// Bytes that have to be as they are, and '?' for those that may be any; in none of them does a
/// '?' stand for itself.
struct Pattern {
  std::string_view bytes;
  FileKind kind;
  std::size_t needs = 0;  // bytes for the check
  Check check = nullptr;
};

constexpr std::array kPatterns{
    Pattern{"RIFF????WAVE"sv, FileKind::riff},
    Pattern{"RIFX????WAVE"sv, FileKind::rifx},
    Pattern{"RF64????WAVE"sv, FileKind::rf64},
    Pattern{"BW64????WAVE"sv, FileKind::rf64},
    Pattern{"FORM????AIFF"sv, FileKind::iff},
    Pattern{"FORM????AIFC"sv, FileKind::iff},
    Pattern{"FORM????8SVX"sv, FileKind::iff},
    Pattern{"caff\0\1\0\0"sv, FileKind::caf},
    Pattern{".snd"sv, FileKind::au, 24, is_au},
    Pattern{"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C"sv, FileKind::asf},
    Pattern{"riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\x00\x00"sv, FileKind::wave64},
    Pattern{"wvpk"sv, FileKind::wavpack, 32, is_first_wavpack},
    Pattern{"\x1A\x45\xDF\xA3"sv, FileKind::matroska, 14, is_matroska},
    Pattern{"????ftyp"sv, FileKind::mp4, 12, is_mp4},
    Pattern{"OggS\0\2\0\0\0\0\0\0\0\0"sv, FileKind::ogg},
    Pattern{"fLaC\0\0\0\x22"sv, FileKind::flac},
    Pattern{"fLaC\x80\0\0\x22"sv, FileKind::flac},
    Pattern{"ID3"sv, FileKind::mpeg, 14, is_id3},
    Pattern{"\xFF"sv, FileKind::mpeg, kMostBeginning, is_tagged_mp3},
};

/// By the first bytes alone, since every byte of some streams is asked about.
constexpr std::array<bool, 256> kFirstBytes = [] {
  std::array<bool, 256> first{};
  for (const Pattern& pattern : kPatterns) first[static_cast<std::uint8_t>(pattern.bytes[0])] = true;
  first['?'] = false;
  first[0] = true;  // of MP4's first size, which is small
  return first;
}();

bool agrees(const Pattern& pattern, ByteView bytes) {
  const std::size_t count = std::min(pattern.bytes.size(), bytes.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (pattern.bytes[i] != '?' && static_cast<std::uint8_t>(pattern.bytes[i]) != bytes[i]) return false;
  }
  return true;
}

}  // namespace

// ISO/IEC 11172-3 s2.4.2.3, ISO/IEC 13818-3, ISO/IEC 13818-7 s6.2
bool is_mpeg_frame(ByteView bytes) noexcept {
  if (bytes.size() < 4 || bytes[0] != 0xFF || (bytes[1] & 0xE0) != 0xE0) return false;
  const unsigned layer = (bytes[1] >> 1U) & 3U;
  if (layer == 0) return (bytes[1] & 0xF0) == 0xF0 && ((bytes[2] >> 2U) & 15U) < 13;  // ADTS: a sampling rate
  const unsigned version = (bytes[1] >> 3U) & 3U;
  const unsigned bitrate = bytes[2] >> 4U;
  return version != 1 && bitrate != 0 && bitrate != 15 && ((bytes[2] >> 2U) & 3U) != 3;
}

std::optional<std::uint64_t> samples_by_xing(ByteView frame) noexcept {
  constexpr std::uint8_t kHasFrames = 1;  // of the flags' last byte
  if (frame.size() < kMostBeginning || frame[0] != 0xFF || !is_tagged_mp3(frame)) return std::nullopt;
  const std::size_t flags = place_of_xing(frame) + 4;
  if ((frame[flags + 3] & kHasFrames) == 0) return std::nullopt;
  return std::uint64_t{big_endian_32(frame, flags + 4)} * (is_version_1(frame) ? 1152 : 576);
}

FileBeginning file_beginning(ByteView bytes) noexcept {
  FileBeginning found;
  if (bytes.empty()) return {FileKind::none, true};
  if (!kFirstBytes[bytes[0]]) return found;
  if (bytes[0] == 0 && bytes.size() > 4 && bytes[4] != 'f') return found;  // silence is full of these
  for (const Pattern& pattern : kPatterns) {
    if (!agrees(pattern, bytes)) continue;
    if (bytes.size() < std::max(pattern.bytes.size(), pattern.needs)) {
      found.may_be = true;
    } else if (pattern.check == nullptr || pattern.check(bytes)) {
      return {pattern.kind, false};
    }
  }
  return found;
}

}  // namespace vcplay::media
