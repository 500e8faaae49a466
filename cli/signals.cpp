#include "cli/signals.hpp"

#include <fmt/core.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/signals_blocked.hpp"
#include "base/thread_annotations.hpp"

namespace vcplay::cli {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// In this thread, which is then the one that the kernel gives it to.
void restore_default(int signal) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

/// Holds back signals for as long as it lives.
class HeldBack {
 public:
  explicit HeldBack(const sigset_t& set) noexcept { ::pthread_sigmask(SIG_BLOCK, &set, &before_); }
  ~HeldBack() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldBack(const HeldBack&) = delete;
  HeldBack& operator=(const HeldBack&) = delete;

 private:
  sigset_t before_{};
};

[[noreturn]] void fail(const char* why) {
  throw Error(Cause::unexpected, fmt::format("Cannot watch for signals: {}.", why));
}

/// A descriptor that is closed in the end; one that the kernel did not give is an error.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {
    if (fd_ < 0) fail(std::strerror(errno));
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

sigset_t signals_that_end_us() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) sigaddset(&set, signal);
  }
  return set;
}

std::optional<int> read_signal(int fd) noexcept {
  signalfd_siginfo info{};
  if (::read(fd, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace

/// Who takes the first signal: the main thread, or a thread that does nothing else and keeps it for the main
/// thread. Either way it is in one of two descriptors until it is taken.
class Signals::Watch {
 public:
  Watch() {
    for (const int fd : {signals_.get(), is_kept_.get()}) {
      epoll_event ready{};
      ready.events = EPOLLIN;
      if (::epoll_ctl(either_.get(), EPOLL_CTL_ADD, fd, &ready) != 0) fail(std::strerror(errno));
    }
    try {
      const SignalsBlocked all;
      thread_ = std::thread([this] { keep_first(); });
    } catch (const std::system_error& error) {
      fail(error.what());
    }
  }
  ~Watch() {
    raise(quit_);
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  [[nodiscard]] int fd() const noexcept { return either_.get(); }

  std::optional<int> take() {
    const Lock hold(mutex_);
    if (kept_) {
      lower(is_kept_);
      return std::exchange(kept_, std::nullopt);
    }
    const auto signal = read_signal(signals_.get());
    if (signal && sigismember(&set_, SIGINT) == 1) restore_default(SIGINT);
    return signal;
  }

 private:
  void keep_first() noexcept {
    pthread_setname_np(pthread_self(), "signals");
    std::array<pollfd, 2> fds = {pollfd{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = quit_.get(), .events = POLLIN, .revents = 0}};
    while (true) {
      ::poll(fds.data(), fds.size(), -1);
      if (fds[1].revents != 0) return;
      if (is_first_kept())
        fds[0].fd = -1;  // this thread lives on: it is the one that a second SIGINT reaches
    }
  }

  /// Only when the first signal is out of the way can a second one be told from it.
  bool is_first_kept() noexcept {
    const Lock hold(mutex_);
    raise(is_kept_);  // ahead of the other one's fall: fd() stays readable all the while
    kept_ = read_signal(signals_.get());
    if (!kept_) {
      lower(is_kept_);  // the main thread was here meanwhile
      return false;
    }
    if (sigismember(&set_, SIGINT) == 1) restore_default(SIGINT);
    return true;
  }

  static void raise(const Descriptor& flag) noexcept {
    constexpr std::uint64_t one = 1;
    static_cast<void>(!::write(flag.get(), &one, sizeof one));
  }
  static void lower(const Descriptor& flag) noexcept {
    std::uint64_t count = 0;
    static_cast<void>(!::read(flag.get(), &count, sizeof count));
  }

  const sigset_t set_ = signals_that_end_us();
  const HeldBack held_back_{set_};
  const Descriptor signals_{::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK)};
  const Descriptor is_kept_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  const Descriptor quit_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  const Descriptor either_{::epoll_create1(EPOLL_CLOEXEC)};
  Mutex mutex_;                                 // while a signal goes from one to the other
  std::optional<int> kept_ GUARDED_BY(mutex_);  // by the thread
  std::thread thread_;
};

Signals::Signals() {
  // A reader that went away and a file as large as may be are errors of write(), with a
  // sentence and a status.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  watch_ = std::make_unique<Watch>();
}

Signals::~Signals() = default;

int Signals::fd() const noexcept { return watch_->fd(); }

std::optional<int> Signals::take() { return watch_->take(); }

void raise_again(int signal) {
  restore_default(signal);
  ::raise(signal);
  ::_exit(128 + signal);  // only reached for a signal whose default action is harmless
}

}  // namespace vcplay::cli
