#include "net/udp_socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "net/resolver.hpp"

namespace vcplay::net {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

struct Name {
  std::array<char, 64> host{};
  std::uint16_t port = 0;
};

Name local_name(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  Name name;
  std::array<char, 8> port{};
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(fd, generic, &size) != 0 ||
      ::getnameinfo(generic, size, name.host.data(), name.host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV | NI_DGRAM) != 0) {
    throw Error(Cause::network,
                std::string("A UDP socket has no address of its own: ") + std::strerror(errno) + ".");
  }
  name.port = static_cast<std::uint16_t>(std::stoul(port.data()));
  return name;
}

/// One thread alone writes; an atomic addition would lock the bus for nothing.
void add_one(std::atomic<std::uint64_t>& counter) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

bool is_congestion(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS; }

}  // namespace

UdpSocket UdpSocket::connect_to(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string where = address + " port " + std::to_string(port);
  if (!is_numeric_address(address) ||
      ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &list) != 0) {
    throw Error(Cause::network, "\"" + address + "\" is no IP address to send voice to.");
  }
  const std::unique_ptr<addrinfo, FreeAddresses> peer(list);
  UdpSocket socket(::socket(peer->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.fd_ < 0 || ::connect(socket.fd_, peer->ai_addr, peer->ai_addrlen) != 0) {
    throw Error(Cause::network, "No UDP socket to " + where + ": " + std::strerror(errno) + ".");
  }
  return socket;
}

UdpSocket::~UdpSocket() {
  if (fd_ >= 0) ::close(fd_);
}

UdpSocket::UdpSocket(UdpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) { take_over(other); }

UdpSocket& UdpSocket::operator=(UdpSocket&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
    take_over(other);
  }
  return *this;
}

void UdpSocket::take_over(const UdpSocket& other) noexcept {
  last_error_ = other.last_error();
  receive_errors_ = other.receive_errors();
  sent_ = other.sent_.load();
  refused_ = other.refused_.load();
  unreachable_ = other.unreachable_.load();
  congested_ = other.congested_.load();
  other_ = other.other_.load();
}

UdpCounts UdpSocket::counts() const noexcept {
  return {.sent = sent_.load(std::memory_order_relaxed),
          .refused = refused_.load(std::memory_order_relaxed) + receive_errors(),
          .unreachable = unreachable_.load(std::memory_order_relaxed),
          .congested = congested_.load(std::memory_order_relaxed),
          .other = other_.load(std::memory_order_relaxed)};
}

void UdpSocket::note(int error) noexcept {
  last_error_.store(error, std::memory_order_relaxed);
  if (is_congestion(error)) return add_one(congested_);
  switch (error) {
    case EINTR:
      return;
    case ECONNREFUSED:
      return add_one(refused_);
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EINVAL:  // Linux, of a source address that was taken away
      return add_one(unreachable_);
    default:
      return add_one(other_);
  }
}

SendResult UdpSocket::send(ByteView packet) noexcept {
  // When an ICMP error waits, the kernel reports it instead of sending, and removes it. The second try is
  // then the first that this packet gets.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (::send(fd_, packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      add_one(sent_);
      return SendResult::sent;
    }
    const int error = errno;
    note(error);
    if (is_congestion(error)) return SendResult::would_block;
    if (error != ECONNREFUSED && error != EINTR) return SendResult::failed;
  }
  return SendResult::failed;
}

std::optional<std::size_t> UdpSocket::receive(ByteSpan buffer) noexcept {
  // As many errors as a burst of packets to a closed port leaves behind; then the next wake-up goes on.
  for (int attempt = 0; attempt < 64; ++attempt) {
    const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    if (errno == EINTR) continue;
    last_error_.store(errno, std::memory_order_relaxed);
    receive_errors_.fetch_add(1, std::memory_order_relaxed);
  }
  return std::nullopt;
}

std::string UdpSocket::local_address() const { return local_name(fd_).host.data(); }

std::uint16_t UdpSocket::local_port() const { return local_name(fd_).port; }

}  // namespace vcplay::net
