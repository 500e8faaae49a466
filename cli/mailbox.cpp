#include "cli/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace vcplay::cli {

Mailbox::Mailbox() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw Error(Cause::unexpected, "No file descriptor is left for the main thread's mailbox.");
}

Mailbox::~Mailbox() { close(fd_); }

void Mailbox::post(Message message) {
  {
    const Lock hold(mutex_);
    messages_.push_back(std::move(message));
  }
  constexpr std::uint64_t one = 1;
  static_cast<void>(!write(fd_, &one, sizeof one));
}

std::vector<Message> Mailbox::take() {
  std::uint64_t count = 0;
  static_cast<void>(!read(fd_, &count, sizeof count));
  const Lock hold(mutex_);
  return std::exchange(messages_, {});
}

}  // namespace vcplay::cli
