#include "media/event.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace vcplay::media {

Event::Event() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Event::~Event() { ::close(fd_); }

void Event::raise() noexcept {
  raised_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then every waiter is awake already.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

bool Event::wait_for(Duration patience) const noexcept {
  const TimePoint deadline = Clock::now() + patience;
  while (!raised()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left <= 0ms) return false;
    pollfd wake{fd_, POLLIN, 0};
    ::poll(&wake, 1, static_cast<int>(left.count()));
  }
  return true;
}

bool Event::wait_for(const Event& other) const noexcept {
  while (!raised() && !other.raised()) static_cast<void>(wait_until_readable(other.fd_, std::nullopt));
  return !raised();
}

Event::Wake Event::wait_until_readable(int fd, std::optional<Duration> patience) const noexcept {
  // Without a deadline raise() ends it.
  const int timeout =
      patience ? static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*patience).count()) : -1;
  while (!raised()) {
    std::array<pollfd, 2> watched{{{fd, POLLIN, 0}, {fd_, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), timeout);
    if (ready < 0 && errno != EINTR) return Wake::readable;  // the read that follows names the reason
    if (ready > 0 && watched[0].revents != 0) break;
    if (ready == 0) return Wake::late;
  }
  return raised() ? Wake::raised : Wake::readable;
}

}  // namespace vcplay::media
