// Something that is asked over the network while the main thread waits for it, for a signal
// and for nothing else.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "cli/signals.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"

namespace vcplay::cli {

/// Wakes the main thread from another one.
class Wakeup {
 public:
  Wakeup();  // throws Error{unexpected} when there is no eventfd
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void raise() noexcept;  // any thread; stays raised
  /// Main thread. False: the deadline passed, or a signal came, which is then in `signal`.
  [[nodiscard]] bool wait(Signals& signals, TimePoint deadline, std::optional<int>& signal) const;

 private:
  int fd_ = -1;
};

/// Asks something and keeps what it hears. Its owner reads that when run() has returned.
class Errand {
 public:
  virtual ~Errand() = default;

  /// Runs on a network thread of its own until it is done. The signal that cut it short, if one did. Throws
  /// what start() or an answer throws.
  [[nodiscard]] std::optional<int> run(const std::string& ca_file, Signals& signals);

  // What run() does on its network thread; whoever has a loop of his own may do it there.

  /// `done` must be called, within the errand's own deadline.
  virtual void start(net::EventLoop& loop, const net::TlsTrust& trust, std::function<void()> done) = 0;
  /// Drops every connection and timer. On the network thread, or when there is none any more.
  virtual void stop() = 0;
};

}  // namespace vcplay::cli
