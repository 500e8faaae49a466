#include "stream/frame_cursor.hpp"

#include <algorithm>

namespace vcplay::stream {

void FrameCursor::take_up(TimePoint slot) noexcept {
  if (log_.keeps_whole()) return;
  if (is_taking_) return go_to(log_.clock().keep_up(slot, position_, log_.taken()));
  is_taking_ = true;
  go_to(log_.clock().enter(slot, log_.taken()));
}

void FrameCursor::rest() noexcept {
  if (!is_taking_) return;
  is_taking_ = false;
  if (source_ == Source::ring) source_ = Source::none;  // it may be replaced meanwhile
  log_.clock().leave();
}

std::uint64_t FrameCursor::next() const noexcept {
  return is_taking_ || log_.keeps_whole() ? position_ : std::max<std::uint64_t>(position_, log_.taken());
}

void FrameCursor::go_to(std::uint64_t number) noexcept {
  if (number == position_) return;
  if (has_begun_ && number > position_) {
    skipped_.store(skipped_.load(std::memory_order_relaxed) + number - position_, std::memory_order_relaxed);
  }
  position_ = number;
  source_ = Source::none;
}

const OpusFrame* FrameCursor::front() noexcept {
  if (source_ == Source::none) source_ = read();
  return source_ == Source::none ? nullptr : &front_;
}

FrameCursor::Source FrameCursor::read() noexcept {
  const std::uint64_t end = log_.end_.load(std::memory_order_acquire);
  const FrameLog::Ending& ending = log_.ending_;
  if (end != FrameLog::kNever && position_ + ending.size() >= end) {
    if (position_ >= end) return Source::none;
    front_ = ending[ending.size() - (end - position_)];
    return Source::ending;
  }
  if (position_ >= log_.published_.load(std::memory_order_acquire)) return Source::none;
  if (log_.is_kept(position_)) {
    read_kept();
    return Source::kept;
  }
  if (log_.read(position_, front_)) return Source::ring;
  go_to(log_.taken());  // it fell out of the window; the writer does not get past this one
  const bool is_there = position_ < log_.published_.load(std::memory_order_acquire);
  return is_there && log_.read(position_, front_) ? Source::ring : Source::none;
}

void FrameCursor::read_kept() noexcept {
  log_.kept_.read(place_, front_);
  for (; place_number_ < position_; ++place_number_) {  // over what was popped unseen
    KeptFrames::advance(place_);
    log_.kept_.read(place_, front_);
  }
}

void FrameCursor::pop() noexcept {
  if (source_ == Source::kept) {
    KeptFrames::advance(place_);
    ++place_number_;
  }
  source_ = Source::none;
  has_begun_ = true;
  log_.reach(++position_);
}

bool FrameCursor::drained() const noexcept {
  return log_.finished() && source_ == Source::none && size() == 0;
}

}  // namespace vcplay::stream
