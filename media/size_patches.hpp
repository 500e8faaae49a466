// Sizes in a file's heads that FFmpeg is to see as others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vcplay::media {

/// Numbers that stand somewhere in a piece, and what they are read as: FFmpeg refuses some of the sizes that
/// writers put in because they did not know them, and ends the sound at others.
class SizePatches {
 public:
  /// The number of `width` bytes at `position` is read as `value`. A file has few of them; more are ignored.
  void add(std::uint64_t position, std::uint64_t value, std::size_t width, bool is_big_endian) noexcept {
    if (count_ == patches_.size()) return;
    Patch& patch = patches_[count_++];
    patch.position = position;
    patch.width = width;
    for (std::size_t i = 0; i < width; ++i) {
      patch.bytes[is_big_endian ? width - 1 - i : i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }

  /// Writes what falls into the bytes that stand at `position`.
  void apply(std::uint64_t position, std::span<std::uint8_t> bytes) const noexcept {
    for (const Patch& patch : std::span(patches_).first(count_)) {
      for (std::size_t i = 0; i < patch.width; ++i) {
        const std::uint64_t place = patch.position + i;
        if (place >= position && place - position < bytes.size()) bytes[place - position] = patch.bytes[i];
      }
    }
  }

 private:
  struct Patch {
    std::uint64_t position = 0;
    std::size_t width = 0;
    std::array<std::uint8_t, 8> bytes{};
  };
  std::array<Patch, 4> patches_{};
  std::size_t count_ = 0;
};

}  // namespace vcplay::media
