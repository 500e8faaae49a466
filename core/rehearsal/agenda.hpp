// What is due next of many things that have a deadline each.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::rehearsal {

/// Keeps one deadline, or none, for each number.
class Agenda {
 public:
  void plan(std::size_t number, std::optional<TimePoint> due) {
    if (number >= planned_.size()) planned_.resize(number + 1);
    std::optional<TimePoint>& before = planned_[number];
    if (before == due) return;
    if (before) order_.erase({*before, number});
    if (due) order_.emplace(*due, number);
    before = due;
  }
  [[nodiscard]] std::optional<TimePoint> deadline() const {
    return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
  }
  /// All that are due by `now`, the earliest first.
  [[nodiscard]] std::vector<std::size_t> due_by(TimePoint now) const {
    std::vector<std::size_t> due;
    for (auto next = order_.begin(); next != order_.end() && next->first <= now; ++next)
      due.push_back(next->second);
    return due;
  }

 private:
  std::vector<std::optional<TimePoint>> planned_;
  std::set<std::pair<TimePoint, std::size_t>> order_;
};

}  // namespace vcplay::rehearsal
