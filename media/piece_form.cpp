#include "media/piece_form.hpp"

#include <algorithm>

namespace vcplay::media {
namespace {

using std::string_view_literals::operator""sv;

// The identifiers of the objects in ASF and of the chunks in Wave64 that hold the sound.
constexpr std::string_view kAsfData = "\x36\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C"sv;
constexpr std::string_view kWave64Data = "data\xF3\xAC\xD3\x11\x8C\xD1\x00\xC0\x4F\x8E\xDB\x8A"sv;

}  // namespace

const Form* form_of(FileKind kind) noexcept {
  static constexpr Form kRiff{12, 4, 4, false, false, "data"};
  static constexpr Form kRifx{12, 4, 4, true, false, "data"};
  static constexpr Form kAiff{12, 4, 4, true, false, "SSND"};
  static constexpr Form kCaf{8, 4, 8, true, false, "data"};
  static constexpr Form kAsf{0, 16, 8, false, true, kAsfData};
  static constexpr Form kWave64{40, 16, 8, false, true, kWave64Data};
  static constexpr Form kWavpack{0, 4, 4, false, false, {}};
  switch (kind) {
    case FileKind::riff:
    case FileKind::rf64:
      return &kRiff;
    case FileKind::rifx:
      return &kRifx;
    case FileKind::iff:
      return &kAiff;
    case FileKind::caf:
      return &kCaf;
    case FileKind::asf:
      return &kAsf;
    case FileKind::wave64:
      return &kWave64;
    case FileKind::wavpack:
      return &kWavpack;
    default:
      return nullptr;
  }
}

std::uint64_t number(ByteView bytes, std::size_t at, std::size_t count, bool is_big_endian) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = is_big_endian ? i : count - 1 - i;
    value = value << 8U | bytes[at + place];
  }
  return value;
}

bool begins(ByteView bytes, std::string_view with) noexcept {
  return bytes.size() >= with.size() &&
         std::equal(with.begin(), with.end(), bytes.begin(),
                    [](char a, auto b) { return static_cast<std::uint8_t>(a) == b; });
}

bool is_name(ByteView bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::uint8_t letter) { return letter >= 0x20 && letter < 0x7F; });
}

bool is_wave64_id(ByteView bytes) noexcept {
  constexpr std::size_t kName = 4;
  return bytes.size() >= kWave64Data.size() && begins(bytes.subspan(kName), kWave64Data.substr(kName));
}

}  // namespace vcplay::media
