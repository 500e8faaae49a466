#include <time.h>

#include <algorithm>

#include "rehearsal/discord.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr std::uint64_t kMaxOnTheWay = 32;
constexpr Duration kPatience = 1s;
constexpr Duration kNap = 50us;     // short against the media server's work on 32 packets
constexpr Duration kIdleNap = 1ms;  // while nothing is sent: neither spin nor delay the start

void nap(Duration duration) noexcept {
  timespec time{};
  time.tv_nsec = static_cast<long>(duration.count());
  nanosleep(&time, nullptr);
}

}  // namespace

TimePoint UnthrottledPacer::now() noexcept { return now_; }

/// The discovery of whoever has begun counts, for it is processed too.
std::uint64_t UnthrottledPacer::sent() const noexcept {
  std::uint64_t all = 0;
  for (const auto* const one : sent_) {
    const std::uint64_t sent = one->load(std::memory_order_relaxed);
    all += sent > 0 ? sent + 1 : 0;
  }
  return all;
}

std::uint64_t UnthrottledPacer::on_the_way() const noexcept {
  const std::uint64_t all = sent();
  const std::uint64_t done = processed_.load(std::memory_order_acquire) + given_up_;
  return all > done ? all - done : 0;  // keepalives are processed too, but are no packets sent
}

void UnthrottledPacer::hold_until(TimePoint deadline) noexcept { now_ = std::max(now_, deadline); }

void UnthrottledPacer::sleep_until(TimePoint deadline) noexcept {
  now_ = std::max(now_, deadline);
  const std::uint64_t all = sent();
  if (all == sent_before_) {
    if (now_ - quiet_since_ >= kFrameDuration) nap(kIdleNap);
    return;
  }
  sent_before_ = all;
  quiet_since_ = now_;
  if (on_the_way() <= kMaxOnTheWay) return;
  const TimePoint give_up = Clock::now() + kPatience;
  while (on_the_way() > kMaxOnTheWay) {
    if (Clock::now() >= give_up) {
      given_up_ += on_the_way();
      return;
    }
    nap(kNap);
  }
}

}  // namespace vcplay::rehearsal
