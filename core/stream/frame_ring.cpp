#include "stream/frame_ring.hpp"

#include <algorithm>
#include <cstring>

// Why a reader never takes torn bytes for whole ones: the writer notes in begun_ that it overwrites a slot
// before it stores the first word there, with release. A reader that loads one of the new words, with
// acquire, therefore finds the note when it looks afterwards.

namespace vcplay::stream {

void FrameRing::write(std::uint64_t number, const OpusFrame& frame) noexcept {
  begun_.store(number + 1, std::memory_order_relaxed);
  Slot& slot = ring_[number % slots_];
  slot.track_and_size.store(std::uint64_t{frame.track} << 32U | frame.size, std::memory_order_release);
  slot.track_frame.store(frame.track_frame, std::memory_order_release);
  for (std::size_t at = 0; at < frame.size; at += kWord) {
    std::uint64_t word = 0;
    std::memcpy(&word, frame.bytes.data() + at, std::min<std::size_t>(kWord, frame.size - at));
    slot.words[at / kWord].store(word, std::memory_order_release);
  }
}

bool FrameRing::read(std::uint64_t number, OpusFrame& frame) const noexcept {
  const Slot& slot = ring_[number % slots_];
  const std::uint64_t track_and_size = slot.track_and_size.load(std::memory_order_acquire);
  frame.size = static_cast<std::uint16_t>(std::min<std::uint64_t>(track_and_size & 0xFFFFU, kMaxOpusBytes));
  frame.track = static_cast<std::uint32_t>(track_and_size >> 32U);
  frame.track_frame = slot.track_frame.load(std::memory_order_acquire);
  for (std::size_t at = 0; at < frame.size; at += kWord) {
    const std::uint64_t word = slot.words[at / kWord].load(std::memory_order_acquire);
    std::memcpy(frame.bytes.data() + at, &word, std::min<std::size_t>(kWord, frame.size - at));
  }
  return begun_.load(std::memory_order_relaxed) <= number + slots_;
}

}  // namespace vcplay::stream
