// SIGINT, SIGTERM and SIGHUP as something to poll, so that a run can end cleanly.
#pragma once

#include <csignal>
#include <optional>

namespace vcplay::cli {

/// Holds back the signals that ask the program to end, and hands out the first one.
/// Main thread; constructed before any other thread starts, so that all of them inherit the mask.
/// A signal that is ignored when the program starts (nohup, a shell's background job) stays ignored.
class Signals {
 public:
  Signals();  // throws Error{unexpected} when the kernel has no signalfd to give
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Readable when take() has something.
  [[nodiscard]] int fd() const noexcept { return fd_; }

  /// The signal that came, if any. From then on SIGINT has its default action
  /// again: who presses Ctrl-C a second time does not want to wait, and the
  /// kernel sees to it even while this thread is busy ending the run.
  [[nodiscard]] std::optional<int> take();

 private:
  sigset_t set_{};
  sigset_t before_{};
  int fd_ = -1;
};

/// Ends the process by `signal` itself, so that the shell sees 130 or 143 and stops its loop.
[[noreturn]] void raise_again(int signal);

}  // namespace vcplay::cli
