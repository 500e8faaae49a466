#include "stream/stream_clock.hpp"

#include <algorithm>

namespace vcplay::stream {
namespace {

constexpr unsigned kTakerBits = 14;
constexpr std::uint64_t kTakers = (std::uint64_t{1} << kTakerBits) - 1;
constexpr std::int64_t kSlot = kFrameDuration / std::chrono::microseconds(1);
static_assert(StreamClock::kMostTakers <= kTakers);

std::int64_t in_microseconds(TimePoint time) noexcept {
  return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::int64_t origin_of(std::uint64_t state) noexcept {
  return static_cast<std::int64_t>(state) >> kTakerBits;
}

std::uint64_t with_origin(std::uint64_t takers, TimePoint slot, std::uint64_t number) noexcept {
  const std::int64_t origin = in_microseconds(slot) - static_cast<std::int64_t>(number) * kSlot;
  return static_cast<std::uint64_t>(origin) << kTakerBits | takers;
}

/// The frame that belongs there; less than 0 before the beginning.
std::int64_t frame_at(TimePoint slot, std::uint64_t state) noexcept {
  const std::int64_t since = in_microseconds(slot) - origin_of(state);
  return since >= 0 ? since / kSlot : -((-since + kSlot - 1) / kSlot);
}

}  // namespace

std::optional<Duration> StreamClock::phase() const noexcept {
  const std::int64_t begin = begins_.load(std::memory_order_acquire);
  if (begin == kLongAgo || begin == kNever) return std::nullopt;
  return Duration(begin) % kFrameDuration;
}

bool StreamClock::has_takers() const noexcept {
  return (state_.load(std::memory_order_acquire) & kTakers) != 0;
}

std::uint64_t StreamClock::enter(TimePoint slot, std::uint64_t foremost) noexcept {
  std::uint64_t state = state_.load(std::memory_order_acquire);
  while (true) {
    const std::uint64_t takers = state & kTakers;
    std::uint64_t number = foremost;
    std::uint64_t next = state + 1;
    if (takers == 0) {
      next = with_origin(1, slot, foremost);
    } else {
      const std::int64_t present = std::max<std::int64_t>(frame_at(slot, state), 0);
      number = std::min(static_cast<std::uint64_t>(present), foremost);
    }
    if (state_.compare_exchange_weak(state, next, std::memory_order_acq_rel, std::memory_order_acquire)) {
      return number;
    }
  }
}

std::uint64_t StreamClock::keep_up(TimePoint slot, std::uint64_t number, std::uint64_t foremost) noexcept {
  std::uint64_t state = state_.load(std::memory_order_acquire);
  while (true) {
    const std::int64_t present = frame_at(slot, state);
    const auto own = static_cast<std::int64_t>(number);
    if (present == own) return number;
    // A cursor that is only one frame ahead had its slot a moment earlier: this one is not left behind.
    const bool left_behind = present > own && foremost > number + 1;
    if (left_behind) return std::min(static_cast<std::uint64_t>(present), foremost);
    const std::uint64_t next = with_origin(state & kTakers, slot, number);
    if (state_.compare_exchange_weak(state, next, std::memory_order_acq_rel, std::memory_order_acquire)) {
      return number;
    }
  }
}

void StreamClock::leave() noexcept { state_.fetch_sub(1, std::memory_order_acq_rel); }

}  // namespace vcplay::stream
