// How many messages a connection to the main gateway still bears.
#pragma once

#include <cstddef>
#include <deque>

#include "base/clock.hpp"

namespace vcplay::gateway {

/// Discord, Gateway topic, "Rate Limiting": 120 messages in 60 s on one connection; one more closes it.
inline constexpr std::size_t kMostMessages = 120;
inline constexpr Duration kMessageWindow = 60s;

/// Counts what goes out on one connection. It keeps as many places free as heartbeats can fall into a minute,
/// and some for other messages that cannot wait. What can wait, op 4, asks first.
class SendBudget {
 public:
  /// A new connection, whose HELLO asks for a heartbeat at each `interval`.
  void begin(Duration interval);
  /// IDENTIFY, RESUME or a heartbeat that Discord asked for went out.
  void sent(TimePoint now);
  /// Counts one message that can wait; false: it has to.
  [[nodiscard]] bool take(TimePoint now);
  /// When take() will be true; in the past: it is.
  [[nodiscard]] TimePoint free_at() const noexcept;

 private:
  [[nodiscard]] std::size_t share() const noexcept;
  void forget_before(TimePoint now);

  std::size_t beats_ = 0;          // in a window at the most
  std::deque<TimePoint> urgent_;   // of the window: what passed without asking
  std::deque<TimePoint> patient_;  // the same: what asked
};

}  // namespace vcplay::gateway
