#include "cli/errand.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <utility>

#include "base/error.hpp"

namespace vcplay::cli {
namespace {

// Errands have deadlines of their own; this one only says that none waits for ever.
constexpr Duration kNoErrandIsLonger = std::chrono::hours(1);

/// Runs a loop until somebody stops it, at the latest when this goes.
class LoopThread {
 public:
  /// `on_exception` is called on the thread, inside a handler of the exception.
  LoopThread(net::EventLoop& loop, std::function<void()> on_exception)
      : loop_(loop), thread_([&loop, failed = std::move(on_exception)]() noexcept {
          pthread_setname_np(pthread_self(), "network");
          try {
            loop.run();
          } catch (...) {
            failed();
          }
        }) {}
  ~LoopThread() {
    loop_.stop();
    wait();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  /// Until the loop has been stopped.
  void wait() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  net::EventLoop& loop_;
  std::thread thread_;
};

}  // namespace

Wakeup::Wakeup() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw Error(Cause::unexpected, "No file descriptor is left to wake the main thread with.");
}

Wakeup::~Wakeup() { close(fd_); }

void Wakeup::raise() noexcept {
  constexpr std::uint64_t one = 1;
  static_cast<void>(!write(fd_, &one, sizeof one));
}

bool Wakeup::wait(Signals& signals, TimePoint deadline, std::optional<int>& signal) const {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    std::array<pollfd, 2> fds = {pollfd{.fd = fd_, .events = POLLIN, .revents = 0},
                                 pollfd{.fd = signals.fd(), .events = POLLIN, .revents = 0}};
    poll(fds.data(), fds.size(), static_cast<int>(std::max<long>(left, 0)));
    signal = signals.take();
    if (signal) return false;
    if (fds[0].revents != 0) return true;
    if (left <= 0) return false;
  }
}

std::optional<int> Errand::run(const std::string& ca_file, Signals& signals) {
  net::TlsTrust trust;
  if (!ca_file.empty()) trust.add_anchors_from_file(ca_file);
  net::EventLoop loop;
  Wakeup done;
  std::exception_ptr failure;
  loop.post([&] { start(loop, trust, [&done] { done.raise(); }); });
  std::optional<int> signal;
  {
    LoopThread thread(loop, [&] {
      failure = std::current_exception();
      done.raise();
    });
    static_cast<void>(done.wait(signals, Clock::now() + kNoErrandIsLonger, signal));
    loop.post([this, &loop] {
      stop();
      loop.stop();
    });
    thread.wait();
  }
  stop();  // for a loop that had ended before it could
  if (failure) std::rethrow_exception(failure);
  return signal;
}

}  // namespace vcplay::cli
