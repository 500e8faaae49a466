#include "rehearsal/datagram_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/error.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr int kBatch = 64;  // more than an unthrottled sender has on the way
constexpr std::size_t kDatagramBytes = 2048;
constexpr int kReceiveBuffer = 4 << 20;  // a stalled loop must not lose packets

Duration since_epoch(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Duration realtime_now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return since_epoch(time);
}

/// The kernel stamps in real time, which may be set; we keep monotonic time. The two are compared
/// anew for each batch.
TimePoint monotonic(std::optional<Duration> stamp, Duration realtime, TimePoint now) {
  if (!stamp) return now;
  const Duration age = realtime - *stamp;
  const bool plausible = age >= Duration::zero() && age < 20s;  // longer than any stall that can be ordered
  return plausible ? now - age : now;
}

sockaddr_in socket_address(std::uint32_t ipv4, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(ipv4);
  address.sin_port = htons(port);
  return address;
}

template <typename Address>
sockaddr* generic(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

/// What the kernel says about one datagram.
struct Annotations {
  std::optional<Duration> stamp;          // real time
  std::optional<std::uint32_t> overruns;  // datagrams dropped so far
};

Annotations annotations_of(msghdr& message) {
  Annotations notes;
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr; item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level != SOL_SOCKET) continue;
    if (item->cmsg_type == SCM_TIMESTAMPNS) {
      timespec time{};
      std::memcpy(&time, CMSG_DATA(item), sizeof time);
      notes.stamp = since_epoch(time);
    } else if (item->cmsg_type == SO_RXQ_OVFL) {
      std::uint32_t count = 0;
      std::memcpy(&count, CMSG_DATA(item), sizeof count);
      notes.overruns = count;
    }
  }
  return notes;
}

void turn_on(int fd, int option, int value) { setsockopt(fd, SOL_SOCKET, option, &value, sizeof value); }

}  // namespace

std::string PeerAddress::host() const {
  return std::to_string(ipv4 >> 24) + "." + std::to_string((ipv4 >> 16) & 255) + "." +
         std::to_string((ipv4 >> 8) & 255) + "." + std::to_string(ipv4 & 255);
}

std::string PeerAddress::str() const { return host() + ":" + std::to_string(port); }

/// Room for one recvmmsg().
struct DatagramPort::Batch {
  std::array<std::array<std::uint8_t, kDatagramBytes>, kBatch> bytes;
  std::array<sockaddr_in, kBatch> sources;
  struct alignas(cmsghdr) Control {
    std::array<std::uint8_t, 128> bytes;
  };
  std::array<Control, kBatch> controls;
  std::array<iovec, kBatch> vectors;
  std::array<mmsghdr, kBatch> messages;

  void reset() noexcept {
    for (std::size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {bytes[i].data(), kDatagramBytes};
      msghdr& header = messages[i].msg_hdr;
      header = {};
      header.msg_name = &sources[i];
      header.msg_namelen = sizeof sources[i];
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      header.msg_control = controls[i].bytes.data();
      header.msg_controllen = controls[i].bytes.size();
    }
  }
};

DatagramPort::DatagramPort(const std::string& ipv4) : batch_(std::make_unique<Batch>()) {
  fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = socket_address(INADDR_ANY, 0);
  socklen_t size = sizeof address;
  if (fd_ < 0 || inet_pton(AF_INET, ipv4.c_str(), &address.sin_addr) != 1 ||
      bind(fd_, generic(address), size) != 0 || getsockname(fd_, generic(address), &size) != 0) {
    const std::string reason = std::strerror(errno);
    if (fd_ >= 0) close(fd_);
    throw Error(Cause::unexpected, "the rehearsal's media server got no UDP port on " + ipv4 + ": " + reason);
  }
  port_ = ntohs(address.sin_port);
  // Without any of these it works too, only less exactly.
  turn_on(fd_, SO_RCVBUF, kReceiveBuffer);
  turn_on(fd_, SO_RCVBUFFORCE, kReceiveBuffer);
  turn_on(fd_, SO_TIMESTAMPNS, 1);
  turn_on(fd_, SO_RXQ_OVFL, 1);
}

DatagramPort::~DatagramPort() { close(fd_); }

int DatagramPort::receive_batch() noexcept {
  batch_->reset();
  int received = -1;
  do {
    received = recvmmsg(fd_, batch_->messages.data(), kBatch, 0, nullptr);
  } while (received < 0 && errno == EINTR);
  return received;
}

/// A batch that is not full was all: whoever sends without end must not keep the loop from its other sockets.
void DatagramPort::drain(const Receiver& receiver) {
  for (int received = kBatch; received == kBatch;) {
    received = receive_batch();
    const Duration realtime = realtime_now();
    const TimePoint now = Clock::now();
    for (int at = 0; at < received; ++at) {
      const auto i = static_cast<std::size_t>(at);
      mmsghdr& message = batch_->messages[i];
      const Annotations notes = annotations_of(message.msg_hdr);
      if (notes.overruns) overruns_ = *notes.overruns;
      const PeerAddress source{ntohl(batch_->sources[i].sin_addr.s_addr), ntohs(batch_->sources[i].sin_port)};
      receiver(ByteSpan(batch_->bytes[i]).first(message.msg_len), source,
               monotonic(notes.stamp, realtime, now));
    }
  }
}

std::uint32_t DatagramPort::take_overruns() noexcept {
  const std::uint32_t fresh = overruns_ - overruns_taken_;
  overruns_taken_ = overruns_;
  return fresh;
}

void DatagramPort::send(PeerAddress to, ByteView datagram) noexcept {
  sockaddr_in address = socket_address(to.ipv4, to.port);
  // A receiver that cannot take it loses it, as everywhere on UDP.
  [[maybe_unused]] const ssize_t sent =
      sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT, generic(address), sizeof address);
}

}  // namespace vcplay::rehearsal
