#include "net/context.hpp"

#include <libwebsockets.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/thread_annotations.hpp"

namespace vcplay::net {
namespace {

/// One context is made or destroyed at a time: what follows_routes() has looked at is still the same socket
/// when it is made silent.
Mutex mutex;

/// True for a socket that is told of changes to links, addresses or routes. In this program libwebsockets
/// alone has such ones: those of the C library ask questions and belong to no group.
bool follows_routes(int fd) noexcept {
  sockaddr_nl name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return false;
  if (name.nl_family != AF_NETLINK || name.nl_groups == 0) return false;
  int protocol = -1;
  size = sizeof protocol;
  return ::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == NETLINK_ROUTE;
}

/// Lets nothing more in, then throws away what is in: the answer to libwebsockets' question for all routes.
void silence(int fd) noexcept {
  sock_filter drop_all{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &drop_all};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) return;
  std::array<char, 1> start{};  // of a message; the rest goes with it
  while (::recv(fd, start.data(), start.size(), MSG_DONTWAIT) >= 0) continue;
}

/// libwebsockets has no switch for it and does not tell which descriptor it is.
void leave_routes_to_the_kernel() {
  std::error_code none;  // without /proc it does what it does
  for (std::filesystem::directory_iterator entry("/proc/self/fd", none), end; !none && entry != end;
       entry.increment(none)) {
    const std::string name = entry->path().filename().string();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (follows_routes(fd)) silence(fd);
  }
}

}  // namespace

lws_context* make_context(const lws_context_creation_info& info) {
  const Lock lock(mutex);
  lws_context* const context = lws_create_context(&info);
  if (context != nullptr) leave_routes_to_the_kernel();
  return context;
}

void destroy_context(lws_context* context) {
  const Lock lock(mutex);
  lws_context_destroy(context);
}

}  // namespace vcplay::net
