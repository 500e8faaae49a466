#include "stream/frame_log.hpp"

#include <algorithm>
#include <bit>

namespace vcplay::stream {

FrameLog::FrameLog(std::size_t frames, Retention retention)
    : capacity_(std::bit_ceil(std::max<std::size_t>(frames, 1))),
      ring_(capacity_ + kBehind),
      keeps_whole_(retention == Retention::whole) {}

OpusFrame* FrameLog::claim() noexcept { return published() - taken() < capacity_ ? &draft_ : nullptr; }

void FrameLog::publish() noexcept {
  const std::uint64_t number = published();
  ring_.write(number, draft_);
  if (is_kept(number) && !kept_.append(draft_)) kept_end_.store(number, std::memory_order_release);
  published_.store(number + 1, std::memory_order_release);
}

OpusFrame FrameLog::peek(std::size_t number) const noexcept {
  OpusFrame frame;
  static_cast<void>(ring_.read(number, frame));
  return frame;
}

void FrameLog::end_with(std::size_t from, const Ending& ending) noexcept {
  ending_ = ending;
  end_.store(from + ending.size(), std::memory_order_release);
  finish();
}

std::size_t FrameLog::waiting_from(std::uint64_t next) const noexcept {
  const std::uint64_t there =
      std::min(published_.load(std::memory_order_acquire), end_.load(std::memory_order_acquire));
  return there - std::min(there, next);
}

void FrameLog::reach(std::uint64_t number) noexcept {
  std::uint64_t taken = taken_.load(std::memory_order_relaxed);
  while (taken < number &&
         !taken_.compare_exchange_weak(taken, number, std::memory_order_acq_rel, std::memory_order_relaxed)) {
  }
}

void FrameLog::note_underrun(std::uint64_t number) noexcept {
  std::uint64_t dry = dry_.load(std::memory_order_relaxed);
  while (dry <= number) {
    if (!dry_.compare_exchange_weak(dry, number + 1, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      continue;
    }
    underruns_.fetch_add(1, std::memory_order_release);
    return;
  }
}

}  // namespace vcplay::stream
