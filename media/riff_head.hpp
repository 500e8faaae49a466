// Where the samples of a WAV are.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/bytes.hpp"
#include "media/guessed_size.hpp"

namespace vcplay::media {

/// Watches the first bytes of a stream go by and finds the "data" chunk, if it is RIFF WAVE.
class RiffHead {
 public:
  void watch(ByteView bytes) noexcept {
    while (!bytes.empty() && !over_) {
      const std::uint64_t skipped = std::min<std::uint64_t>(next_ - position_, bytes.size());
      position_ += skipped;
      bytes = bytes.subspan(static_cast<std::size_t>(skipped));
      if (bytes.empty()) return;
      head_[got_++] = bytes.front();
      ++position_;
      bytes = bytes.subspan(1);
      next_ = position_;
      if (got_ == wanted_) read_head();
    }
  }

  /// The samples' first byte, counted from the beginning of the stream, once it has been seen.
  [[nodiscard]] std::optional<std::uint64_t> data() const noexcept { return data_; }
  /// How many bytes there are of them by the head; 0 where its writer did not know.
  [[nodiscard]] std::uint64_t size() const noexcept { return is_guessed_size(size_) ? 0 : size_; }

 private:
  static constexpr std::size_t kRiffBytes = 12;  // "RIFF", size, "WAVE"
  static constexpr std::size_t kChunkBytes = 8;  // name, size

  [[nodiscard]] bool says(std::size_t at, const char* name) const noexcept {
    return std::memcmp(head_.data() + at, name, 4) == 0;
  }
  void read_head() noexcept {
    got_ = 0;
    if (wanted_ == kRiffBytes) {
      over_ = !says(0, "RIFF") || !says(8, "WAVE");
      wanted_ = kChunkBytes;
      return;
    }
    const std::uint32_t size = head_[4] | (std::uint32_t{head_[5]} << 8) | (std::uint32_t{head_[6]} << 16) |
                               (std::uint32_t{head_[7]} << 24);
    next_ = position_ + size + (size & 1);  // chunks are padded to even sizes
    if (!says(0, "data")) return;
    data_ = position_;
    size_ = size;
    over_ = true;
  }

  std::array<std::uint8_t, kRiffBytes> head_{};
  std::size_t got_ = 0;
  std::size_t wanted_ = kRiffBytes;
  std::uint64_t position_ = 0;  // of the next byte
  std::uint64_t next_ = 0;      // of the next byte that matters
  std::optional<std::uint64_t> data_;
  std::uint32_t size_ = 0;
  bool over_ = false;
};

}  // namespace vcplay::media
