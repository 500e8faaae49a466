// Who is due next.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::send {

/// Values in the order of their times, the earliest first. Allocates when it is made and never again.
template <typename Value>
class DueHeap {
 public:
  explicit DueHeap(std::size_t capacity) : capacity_(capacity) { entries_.reserve(capacity); }

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// The one that is due first. There is one.
  [[nodiscard]] const Value& top() const noexcept { return entries_.front().value; }
  /// False when there is no room.
  [[nodiscard]] bool push(TimePoint due, Value value) noexcept {
    if (entries_.size() == capacity_) return false;
    std::size_t at = entries_.size();
    entries_.push_back({due, std::move(value)});
    for (; at > 0 && entries_[at].due < entries_[parent(at)].due; at = parent(at)) {
      std::swap(entries_[at], entries_[parent(at)]);
    }
    return true;
  }
  /// The first one is due at `due` instead.
  void reset_top(TimePoint due) noexcept {
    entries_.front().due = due;
    sink();
  }
  void pop() noexcept {
    entries_.front() = std::move(entries_.back());
    entries_.pop_back();
    if (!entries_.empty()) sink();
  }
  /// True when `is` is true of any of them. They are asked in no particular order.
  template <typename Is>
  [[nodiscard]] bool has(Is&& is) const {
    for (const Entry& entry : entries_) {
      if (is(entry.value)) return true;
    }
    return false;
  }

 private:
  struct Entry {
    TimePoint due;
    Value value;
  };
  static constexpr std::size_t parent(std::size_t at) noexcept { return (at - 1) / 2; }

  /// Moves the first entry down to its place.
  void sink() noexcept {
    for (std::size_t at = 0;;) {
      std::size_t earliest = 2 * at + 1;
      if (earliest >= entries_.size()) return;
      const std::size_t right = earliest + 1;
      if (right < entries_.size() && entries_[right].due < entries_[earliest].due) earliest = right;
      if (entries_[at].due <= entries_[earliest].due) return;
      std::swap(entries_[at], entries_[earliest]);
      at = earliest;
    }
  }

  const std::size_t capacity_;
  std::vector<Entry> entries_;
};

}  // namespace vcplay::send
