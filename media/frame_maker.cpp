#include "media/frame_maker.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "media/peak.hpp"

namespace vcplay::media {
namespace {

// The sender never wakes us: it may not make system calls for our sake. Ten looks a second are enough at
// its pace; a reader in a hurry (a rehearsal whose clock runs free) is noticed by how much room there is,
// and met more often.
constexpr Duration kLongestNap = 100ms;
constexpr Duration kShortestNap = 1ms;

/// RFC 6716 s3.1, table 2: configurations 16 to 31. `toc` is a packet's first byte.
constexpr bool is_celt(std::uint8_t toc) { return toc >= 16 << 3; }

/// In each frame of such a packet, per channel.
constexpr std::size_t celt_samples(std::uint8_t toc) { return std::size_t{120} << (toc >> 3 & 3); }

constexpr std::size_t kSplice = kSampleRate / 200;  // samples

constexpr std::uint64_t frames_until(std::uint64_t position) {
  return (position + kSamplesPerFrame - 1) / kSamplesPerFrame;
}

}  // namespace

FrameMaker::FrameMaker(const std::atomic<int>& bitrate, double volume, const EncoderOptions& options,
                       Outlet& outlet, Event& stop, Progress& progress)
    : bitrate_(bitrate),
      options_(options),
      amplifies_(volume > 1.0),
      outlet_(outlet),
      stop_(stop),
      progress_(progress),
      limiter_(static_cast<float>(volume)),
      encoder_(bitrate.load(std::memory_order_relaxed), options),
      lead_(encoder_.lookahead()),
      nap_(kShortestNap) {}

void FrameMaker::begin_track(std::uint32_t track) { starts_.push_back({fifo_.end(), track, 0}); }

void FrameMaker::encode_whole_frames(bool may_clip) {
  limits_ = amplifies_ || may_clip || limiter_.holds();
  const std::size_t enough = kSamplesPerFrame + (limits_ ? TruePeakLimiter::kAheadSamples : 0);
  while (fifo_.size() >= enough && (unheard_ > 0 || may_put())) encode_front();
}

void FrameMaker::flush() {
  if (passes_) put_held();
  if (passes_ || fifo_.end() == 0 || stop_.raised()) return;
  const std::uint64_t frames = frames_until(fifo_.end() + encoder_.lookahead());
  tail_ = static_cast<std::size_t>(frames * kSamplesPerFrame - fifo_.end()) - encoder_.lookahead();
  fifo_.append_silence(frames * kSamplesPerFrame - fifo_.end());
  while (fifo_.size() > 0 && wait_for_room()) encode_front();
}

void FrameMaker::finish_samples() {
  flush();
  passes_ = true;
}

bool FrameMaker::put_reset() {
  if (!began_ || !put_held() || !wait_for_room()) return false;
  outlet_.put([&](OpusFrame& frame) {
    std::copy(kOpusReset.begin(), kOpusReset.end(), frame.bytes.begin());
    frame.size = kOpusReset.size();
    frame.track = starts_.back().track;
    frame.track_frame = starts_.back().frames;  // it is none of them itself
  });
  return true;
}

bool FrameMaker::put_packet(ByteView opus) {
  if (!put_held()) return false;
  starts_.erase(starts_.begin(), starts_.end() - 1);
  began_ = true;
  tail_ = 0;
  OpusFrame& frame = held_.emplace();
  std::copy(opus.begin(), opus.end(), frame.bytes.begin());
  frame.size = static_cast<std::uint16_t>(opus.size());
  frame.track = starts_.back().track;
  frame.track_frame = starts_.back().frames++;
  return true;
}

bool FrameMaker::put_held() {
  if (!held_) return !stop_.raised();
  if (!wait_for_room()) return false;
  outlet_.put([&](OpusFrame& frame) { frame = *held_; });
  last_packet_ = held_->bytes[0];
  held_.reset();
  progress_.made();
  return true;
}

// A decoder gives what we encode `lookahead` samples late. Packets that follow others without a shift in time
// are made from samples that lie as much further ahead.
void FrameMaker::preroll(std::span<const float> heard, Bridge bridge) {
  if (held_ && bridge) {
    bridge_ = std::move(bridge);
  } else {
    put_held();
  }
  encoder_.reset();
  const std::span<const float> fresh = heard.subspan(encoder_.lookahead() * kChannels);
  fifo_.append(fresh);
  prerolled_ += fresh.size() / kChannels;
  unheard_ = heard.size() / kChannels / kSamplesPerFrame;
  passes_ = false;
}

float FrameMaker::tail_peak() noexcept { return std::max(last_peak_, peak_of(fifo_.look(0, fifo_.size()))); }

std::uint64_t FrameMaker::frames_of_track() const noexcept {
  if (starts_.empty()) return 0;
  const Start& current = starts_.back();
  const std::uint64_t made = fifo_.position() / kSamplesPerFrame + unheard_;
  const std::uint64_t first_waiting = std::max(made, frames_until(current.position));
  const std::uint64_t begun = std::max(first_waiting, frames_until(fifo_.end()));
  return current.frames + (stop_.raised() ? 0 : begun - first_waiting);
}

void FrameMaker::leave_out(std::size_t samples) {
  const std::span<float> before = fifo_.look(0, kSplice);
  const std::span<float> behind = fifo_.look(samples, kSplice);
  for (std::size_t i = 0; samples > 0 && i < behind.size(); ++i) {
    const std::size_t sample = i / kChannels;
    const float part = static_cast<float>(sample) / kSplice;
    behind[i] = before[i] * (1.0F - part) + behind[i] * part;
  }
  fifo_.drop(samples);
}

bool FrameMaker::may_put() {
  if (bitrate_known_ != nullptr && !bitrate_known_->raised()) {
    // As much as the queue holds is read ahead.
    const bool is_enough = fifo_.size() >= outlet_.room().capacity * kSamplesPerFrame;
    if (feed_ != Feed::patiently || !is_enough) return false;
  }
  if (feed_ == Feed::patiently) return wait_for_room();
  return feed_ == Feed::while_there_is_room && !stop_.raised() && outlet_.room().free > 0;
}

bool FrameMaker::wait_for_bitrate() {
  if (bitrate_known_ == nullptr || bitrate_known_->raised()) return !stop_.raised();
  const Progress::Wait wait(progress_);
  return stop_.wait_for(*bitrate_known_);
}

void FrameMaker::note_bitrate() {
  const int bitrate = bitrate_.load(std::memory_order_relaxed);
  if (bitrate < made_for_) outlet_.fit(bitrate, options_);
  made_for_ = bitrate;
}

bool FrameMaker::wait_for_room() {
  if (!wait_for_bitrate()) return false;
  note_bitrate();
  Outlet::Room room = outlet_.room();
  if (room.free > 0) return true;
  const Progress::Wait wait(progress_);
  while (room.free == 0) {
    if (stop_.wait_for(nap_)) return false;
    note_bitrate();
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
  last_peak_ = peak_of(pcm);
  encoder_.set_bitrate(bitrate_.load(std::memory_order_relaxed));
  if (unheard_ > 0) {
    encode_unheard(pcm);
  } else {
    const bool ran_dry = outlet_.ran_dry();
    if (!std::exchange(began_, true) || ran_dry) encoder_.follow_silence();
    Start& owner = owner_of(fifo_.position());
    outlet_.put([&](OpusFrame& frame) {
      frame.size = encoder_.encode(pcm, frame.bytes);
      frame.track = owner.track;
      frame.track_frame = owner.frames++;
    });
  }
  fifo_.drop(kSamplesPerFrame);
  progress_.made();
}

// In frames as long as those that the listener's decoder got: then it is left in nearly
// the encoder's own state.
void FrameMaker::encode_unheard(std::span<const float> pcm) {
  std::size_t part = kSamplesPerFrame;
  if (bridge_) part = kBridgeSamples;
  if (!bridge_ && is_celt(last_packet_)) part = celt_samples(last_packet_);
  std::array<std::uint8_t, kMaxOpusBytes> nobody_hears_it{};
  const std::size_t end = kSamplesPerFrame - (bridge_ && unheard_ == 1 ? kBridgeSamples : 0);
  for (std::size_t at = 0; at < end; at += part) {
    // A filter that looks back is faded out in the frame before the one that is to do without.
    if (end < kSamplesPerFrame && at + part == end) encoder_.predict(false);
    static_cast<void>(encoder_.encode(pcm.subspan(at * kChannels, part * kChannels), nobody_hears_it));
  }
  if (--unheard_ > 0) return;
  if (bridge_) put_bridge(pcm.subspan(end * kChannels));
  encoder_.follow_other(is_celt(last_packet_) && is_celt(nobody_hears_it[0]));
}

void FrameMaker::put_bridge(std::span<const float> end) {
  const auto frame = encoder_.encode_bridge(end, bridge_form(held_->bytes[0]));
  const auto packet = frame ? bridge_(*frame) : std::nullopt;
  if (packet && packet->size() <= kMaxOpusBytes) {
    std::copy(packet->begin(), packet->end(), held_->bytes.begin());
    held_->size = static_cast<std::uint16_t>(packet->size());
  }
  bridge_ = nullptr;
  put_held();
}

FrameMaker::Start& FrameMaker::owner_of(std::uint64_t position) {
  while (starts_.size() > 1 && starts_[1].position <= position) starts_.erase(starts_.begin());
  return starts_.front();
}

}  // namespace vcplay::media
