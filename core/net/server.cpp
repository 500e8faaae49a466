#include "net/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "net/event_loop_impl.hpp"
#include "net/server_visitor.hpp"

namespace vcplay::net {
namespace {

/// A listening TCP socket. It is ours and not libwebsockets', which keeps its own open for ever.
class Listener {
 public:
  Listener(const std::string& ipv4, std::uint16_t port)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    const int yes = 1;
    if (fd_ < 0 || ::inet_pton(AF_INET, ipv4.c_str(), &address.sin_addr) != 1 ||
        ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
        ::bind(fd_, generic, size) != 0 || ::listen(fd_, SOMAXCONN) != 0 ||
        ::getsockname(fd_, generic, &size) != 0) {
      const std::string reason = std::strerror(errno);
      if (fd_ >= 0) ::close(fd_);
      throw Error(Cause::network,
                  "No server on " + ipv4 + " port " + std::to_string(port) + ": " + reason + ".");
    }
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The next connection, or -1 when none waits.
  [[nodiscard]] int accept() const noexcept {
    const int connection = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    const int yes = 1;  // else each small answer waits 40 ms for the acknowledgement of the one before
    if (connection >= 0) ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    return connection;
  }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

}  // namespace

struct Server::Impl {
  Impl(EventLoop& loop, const ServerIdentity& identity, ServerHandler& handler, std::uint16_t port,
       const std::string& ipv4)
      : listener(ipv4, port),
        hall(std::make_shared<Hall>(loop, handler, loop.impl().make_server_vhost(identity))),
        watch(loop, listener.fd(), [this] { accept_all(); }) {}
  ~Impl() {
    ::shutdown(listener.fd(),
               SHUT_RDWR);  // the watch's duplicate lives a turn longer: nobody may connect to it
    hall->close();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void accept_all() {
    for (int fd = listener.accept(); fd >= 0; fd = listener.accept()) hall->receive(hall, fd);
  }

  Listener listener;
  std::shared_ptr<Hall> hall;
  FdWatch watch;
};

Server::Server(EventLoop& loop, const ServerIdentity& identity, ServerHandler& handler, std::uint16_t port,
               const std::string& ipv4)
    : impl_(std::make_unique<Impl>(loop, identity, handler, port, ipv4)) {}

Server::~Server() = default;

std::uint16_t Server::port() const noexcept { return impl_->listener.port(); }

}  // namespace vcplay::net
