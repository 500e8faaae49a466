#include "gateway/send_budget.hpp"

#include <algorithm>

namespace vcplay::gateway {
namespace {

// The network carries one message faster than another: Discord's minute may see a little more than ours.
constexpr Duration kWindow = kMessageWindow + 1s;
// IDENTIFY or RESUME, and the beats that Discord asks for with op 1, which is rare.
constexpr std::size_t kKeptFree = 3;
// Something has to get through, even where the heartbeats alone are more than Discord bears.
constexpr std::size_t kLeastShare = 10;

}  // namespace

void SendBudget::begin(Duration interval) {
  const auto beats = interval > Duration::zero() ? static_cast<std::size_t>(kWindow / interval) + 1 : 1;
  beats_ = std::min(beats, kMostMessages);
  urgent_.clear();
  patient_.clear();
}

void SendBudget::sent(TimePoint now) {
  forget_before(now);
  urgent_.push_back(now);
  if (urgent_.size() > kMostMessages) urgent_.pop_front();
}

bool SendBudget::take(TimePoint now) {
  forget_before(now);
  if (patient_.size() >= share()) return false;
  patient_.push_back(now);
  return true;
}

TimePoint SendBudget::free_at() const noexcept {
  const std::size_t most = share();
  if (patient_.size() < most) return TimePoint::min();
  return patient_[patient_.size() - most] + kWindow;
}

std::size_t SendBudget::share() const noexcept {
  const std::size_t others = beats_ + std::max(kKeptFree, urgent_.size());
  return others + kLeastShare > kMostMessages ? kLeastShare : kMostMessages - others;
}

void SendBudget::forget_before(TimePoint now) {
  for (std::deque<TimePoint>* const times : {&urgent_, &patient_}) {
    while (!times->empty() && now - times->front() >= kWindow) times->pop_front();
  }
}

}  // namespace vcplay::gateway
