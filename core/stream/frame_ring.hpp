// The latest frames of a stream, for readers that may be too slow for them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/opus_frame.hpp"

namespace vcplay::stream {

/// Numbered frames, the older ones overwritten by the newer: whoever reads one that is being overwritten
/// learns it, and nobody waits for anybody. All that two threads touch is atomic.
class FrameRing {
 public:
  explicit FrameRing(std::size_t slots) : slots_(slots), ring_(std::make_unique<Slot[]>(slots)) {}

  /// The writer alone: numbers come in order, from 0.
  void write(std::uint64_t number, const OpusFrame& frame) noexcept;
  /// Any thread: a copy of the frame, which has been written. False, with `frame` spoiled, when it is, or is
  /// just being, overwritten.
  [[nodiscard]] bool read(std::uint64_t number, OpusFrame& frame) const noexcept;

 private:
  static constexpr std::size_t kWord = sizeof(std::uint64_t);
  static constexpr std::size_t kWords = (kMaxOpusBytes + kWord - 1) / kWord;
  struct Slot {
    std::atomic<std::uint64_t> track_and_size{0};  // size in the lower half
    std::atomic<std::uint64_t> track_frame{0};
    std::array<std::atomic<std::uint64_t>, kWords> words{};
  };

  const std::size_t slots_;
  const std::unique_ptr<Slot[]> ring_;
  std::atomic<std::uint64_t> begun_{0};  // how many frames were begun to be written
};

}  // namespace vcplay::stream
