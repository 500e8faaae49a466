#include "media/connections.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace {

thread_local vcplay::media::ConnectionRule* rule_of_this_thread = nullptr;

/// A TCP connection of IP: neither a local socket, nor one over which names are resolved.
bool is_asked_about(int fd, const sockaddr& address) {
  if (address.sa_family != AF_INET && address.sa_family != AF_INET6) return false;
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type == SOCK_STREAM;
}

}  // namespace

// FFmpeg resolves a name, follows a redirect and connects without asking anybody in between, and has no place
// to put a question. What it calls to connect is this function, since the program's own symbols come before
// those of the C library, which leaves plain names for parameters to others.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" [[gnu::visibility("default")]] int connect(int fd, const sockaddr* address, socklen_t size) {
  auto* const rule = rule_of_this_thread;
  if (rule != nullptr && address != nullptr && is_asked_about(fd, *address) && !rule->may_connect(*address)) {
    errno = EACCES;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_connect, fd, address, size));
}

namespace vcplay::media {

RuledConnections::RuledConnections(ConnectionRule& rule) noexcept
    : outer_(std::exchange(rule_of_this_thread, &rule)) {}

RuledConnections::~RuledConnections() { rule_of_this_thread = outer_; }

}  // namespace vcplay::media
