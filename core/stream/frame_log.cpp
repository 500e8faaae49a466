#include "stream/frame_log.hpp"

#include <algorithm>
#include <bit>
#include <new>

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
  static_cast<void>(read(number, frame));
  return frame;
}

bool FrameLog::read(std::uint64_t number, OpusFrame& frame) const noexcept {
  const std::uint64_t end = again_end_.load(std::memory_order_acquire);
  const bool is_replaced = number < end && number >= again_from_.load(std::memory_order_relaxed);
  return (is_replaced ? *again_ : ring_).read(number, frame);
}

bool FrameLog::replace(std::size_t from, std::span<const OpusFrame> frames) noexcept {
  // A cursor that is farther behind has lost its place.
  const bool is_read = again_ && taken() < again_end_.load(std::memory_order_relaxed) + kBehind;
  if (keeps_whole() || is_read) return false;
  if (!again_) again_.reset(new (std::nothrow) FrameRing(capacity_ + kBehind));
  if (!again_) return false;
  again_end_.store(0, std::memory_order_relaxed);
  for (std::size_t i = 0; i < frames.size(); ++i) again_->write(from + i, frames[i]);
  again_from_.store(from, std::memory_order_relaxed);
  again_end_.store(from + frames.size(), std::memory_order_release);
  return true;
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
