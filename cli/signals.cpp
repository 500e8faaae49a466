#include "cli/signals.hpp"

#include <fmt/core.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace vcplay::cli {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

void restore_default(int signal) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

}  // namespace

Signals::Signals() {
  // A reader that went away and a file as large as may be
  // are errors of write(), with a sentence and a status.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  sigemptyset(&set_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) sigaddset(&set_, signal);
  }
  ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
  fd_ = ::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) {
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    throw Error(Cause::unexpected, fmt::format("Cannot watch for signals: {}.", std::strerror(error)));
  }
}

Signals::~Signals() {
  ::close(fd_);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> Signals::take() {
  signalfd_siginfo info{};
  if (::read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  if (sigismember(&set_, SIGINT) == 1) restore_default(SIGINT);
  return static_cast<int>(info.ssi_signo);
}

void raise_again(int signal) {
  restore_default(signal);
  ::raise(signal);
  ::_exit(128 + signal);  // only reached for a signal whose default action is harmless
}

}  // namespace vcplay::cli
