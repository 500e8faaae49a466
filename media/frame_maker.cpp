#include "media/frame_maker.hpp"

#include <algorithm>

namespace vcplay::media {
namespace {

// The sender never wakes us: it may not make system calls for our sake. Ten looks a second are enough at its
// pace; a reader in a hurry (a rehearsal whose clock runs free) is noticed by how much room there is, and met
// more often.
constexpr Duration kLongestNap = 100ms;
constexpr Duration kShortestNap = 1ms;

constexpr std::uint64_t frames_until(std::uint64_t position) {
  return (position + kSamplesPerFrame - 1) / kSamplesPerFrame;
}

}  // namespace

FrameMaker::FrameMaker(const std::atomic<int>& bitrate, double volume, Outlet& outlet, Event& stop,
                       Progress& progress)
    : bitrate_(bitrate),
      amplifies_(volume > 1.0),
      outlet_(outlet),
      stop_(stop),
      progress_(progress),
      limiter_(static_cast<float>(volume)),
      encoder_(bitrate.load(std::memory_order_relaxed)),
      nap_(kShortestNap) {}

void FrameMaker::begin_track(std::uint32_t track) { starts_.push_back({fifo_.end(), track, 0}); }

void FrameMaker::encode_whole_frames(bool may_clip) {
  limits_ = amplifies_ || may_clip || limiter_.holds();
  const std::size_t enough = kSamplesPerFrame + (limits_ ? TruePeakLimiter::kAheadSamples : 0);
  while (fifo_.size() >= enough && wait_for_room()) encode_front();
}

void FrameMaker::flush() {
  if (fifo_.end() == 0 || stop_.raised()) return;
  const std::uint64_t frames = frames_until(fifo_.end() + encoder_.lookahead());
  fifo_.append_silence(frames * kSamplesPerFrame - fifo_.end());
  while (fifo_.size() > 0 && wait_for_room()) encode_front();
}

std::uint64_t FrameMaker::frames_of_track() const noexcept {
  if (starts_.empty()) return 0;
  const Start& current = starts_.back();
  const std::uint64_t made = fifo_.position() / kSamplesPerFrame;
  const std::uint64_t first_waiting = std::max(made, frames_until(current.position));
  return current.frames + (stop_.raised() ? 0 : frames_until(fifo_.end()) - first_waiting);
}

bool FrameMaker::wait_for_room() {
  if (stop_.raised()) return false;
  Outlet::Room room = outlet_.room();
  if (room.free > 0) return true;
  const Progress::Wait wait(progress_);
  while (room.free == 0) {
    if (stop_.wait_for(nap_)) return false;
    room = outlet_.room();
    if (room.free == 0) nap_ = std::min(nap_ * 2, kLongestNap);
  }
  if (room.free > room.capacity / 4) nap_ = std::max(nap_ / 4, kShortestNap);
  return true;
}

void FrameMaker::encode_front() {
  const std::span<float> pcm = fifo_.look(0, kSamplesPerFrame);
  if (limits_) {
    limiter_.limit(pcm, fifo_.look(kSamplesPerFrame, TruePeakLimiter::kAheadSamples));
  } else {
    limiter_.scale(pcm);
  }
  encoder_.set_bitrate(bitrate_.load(std::memory_order_relaxed));
  Start& owner = owner_of(fifo_.position());
  outlet_.put([&](OpusFrame& frame) {
    frame.size = encoder_.encode(pcm, frame.bytes);
    frame.track = owner.track;
    frame.track_frame = owner.frames++;
  });
  fifo_.drop(kSamplesPerFrame);
  progress_.made();
}

FrameMaker::Start& FrameMaker::owner_of(std::uint64_t position) {
  while (starts_.size() > 1 && starts_[1].position <= position) starts_.erase(starts_.begin());
  return starts_.front();
}

}  // namespace vcplay::media
