// Which "last number that I saw" a peer may lawfully name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.hpp"

namespace vcplay::rehearsal {

/// Remembers numbered messages for as long as they may still be on their way.
class AckWindow {
 public:
  AckWindow() = default;
  /// For a peer who has seen all messages up to this number; nothing: none yet.
  AckWindow(std::optional<std::int64_t> seen, TimePoint now) : recent_{{seen, now}} {}

  void sent(std::int64_t number, TimePoint now) {
    forget_until(now);
    recent_.push_back({number, now});
  }
  /// True for the last number sent, or one that was the last within the time that a message may
  /// be on its way.
  [[nodiscard]] bool allows(std::optional<std::int64_t> named, TimePoint now) {
    forget_until(now);
    for (const Entry& entry : recent_) {
      if (entry.number == named) return true;
    }
    return false;
  }
  /// Nothing before the first.
  [[nodiscard]] std::optional<std::int64_t> last() const noexcept { return recent_.back().number; }

 private:
  struct Entry {
    std::optional<std::int64_t> number;
    TimePoint when;
  };
  static constexpr Duration kOnItsWay = std::chrono::seconds(2);
  static constexpr std::size_t kMostRecent = 16'384;  // the largest flood, and more

  void forget_until(TimePoint now) {
    while (recent_.size() > 1 && (recent_[1].when + kOnItsWay <= now || recent_.size() > kMostRecent)) {
      recent_.pop_front();
    }
  }

  std::deque<Entry> recent_{{std::nullopt, TimePoint{}}};
};

}  // namespace vcplay::rehearsal
