// SIGINT, SIGTERM and SIGHUP as something to poll, so that a run can end cleanly.
#pragma once

#include <csignal>
#include <memory>
#include <optional>

namespace vcplay::cli {

/// Holds back the signals that ask the program to end, and hands out the first one.
/// Main thread; constructed before any other thread starts, so that all of them inherit the mask.
/// A signal that is ignored when the program starts (nohup, a shell's background job) stays ignored.
///
/// From the first signal on SIGINT has its default action again: who presses Ctrl-C a second time
/// does not want to wait. A thread of its own sees to that even while the main thread hangs
/// somewhere and takes nothing.
class Signals {
 public:
  Signals();  // throws Error{unexpected} when the kernel has no descriptor or no thread to give
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Readable when take() has something.
  [[nodiscard]] int fd() const noexcept;

  /// The signal that came, if any.
  [[nodiscard]] std::optional<int> take();

 private:
  class Watch;
  std::unique_ptr<Watch> watch_;
};

/// Ends the process by `signal` itself, so that the shell sees 130 or 143 and stops its loop.
[[noreturn]] void raise_again(int signal);

}  // namespace vcplay::cli
