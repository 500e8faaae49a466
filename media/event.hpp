// A flag between threads that can be waited for beside a file descriptor.
#pragma once

#include <atomic>
#include <optional>

#include "base/clock.hpp"

namespace vcplay::media {

/// Is raised once, by any thread, and wakes whoever waits for it.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void raise() noexcept;
  [[nodiscard]] bool raised() const noexcept { return raised_.load(std::memory_order_acquire); }
  /// True when the event was raised before `patience` was over.
  bool wait_for(Duration patience) const noexcept;
  /// Waits until this event is raised, or `other` is: then true.
  bool wait_for(const Event& other) const noexcept;
  enum class Wake { readable, raised, late };
  /// Waits until `fd` can be read, or has ended or failed, or the event is raised, or `patience` is over.
  [[nodiscard]] Wake wait_until_readable(int fd, std::optional<Duration> patience) const noexcept;

 private:
  int fd_;
  std::atomic<bool> raised_{false};
};

}  // namespace vcplay::media
