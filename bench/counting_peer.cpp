#include "counting_peer.hpp"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <new>
#include <stdexcept>

namespace vcplay::bench {
namespace {

using Count = std::atomic<std::uint64_t>;

[[noreturn]] void count_datagrams(int fd, Count& count) {
  constexpr std::size_t kBatch = 64;
  static std::array<std::array<std::uint8_t, 2048>, kBatch> buffers;
  std::array<iovec, kBatch> parts{};
  std::array<mmsghdr, kBatch> messages{};
  for (std::size_t i = 0; i < kBatch; ++i) {
    parts[i] = {buffers[i].data(), buffers[i].size()};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (;;) {
    const int taken = recvmmsg(fd, messages.data(), kBatch, MSG_WAITFORONE, nullptr);
    if (taken > 0) count.fetch_add(static_cast<std::uint64_t>(taken), std::memory_order_relaxed);
  }
}

}  // namespace

CountingPeer::CountingPeer() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int room = 8 << 20;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  shared_ = mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (fd < 0 || shared_ == MAP_FAILED || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0 ||
      bind(fd, generic, size) != 0 || getsockname(fd, generic, &size) != 0) {
    throw std::runtime_error("no UDP socket on the loopback interface");
  }
  port_ = ntohs(address.sin_port);
  Count* const count = new (shared_) Count(0);
  child_ = fork();
  if (child_ < 0) throw std::runtime_error("no process for the receiving side");
  if (child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    count_datagrams(fd, *count);
  }
  close(fd);
}

CountingPeer::~CountingPeer() {
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  munmap(shared_, sizeof(Count));
}

std::uint64_t CountingPeer::count() const noexcept {
  return static_cast<const Count*>(shared_)->load(std::memory_order_relaxed);
}

}  // namespace vcplay::bench
