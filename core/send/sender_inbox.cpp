#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "send/sender.hpp"

// Neither of the sender's rings fills up: a command retires at most three objects and brings about at most
// two reports, at most 16 commands wait, and the thread that posts them makes room each time (post()) and
// reads the reports.

namespace vcplay::send {

SenderInbox::SenderInbox() : report_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (report_fd_ < 0) {
    throw Error(Cause::unexpected,
                std::string("the system gives no eventfd for the sender: ") + std::strerror(errno));
  }
}

SenderInbox::~SenderInbox() { close(report_fd_); }

bool SenderInbox::post(SenderCommand&& command) noexcept {
  destroy_retired();
  return commands_.push(std::move(command));
}

std::optional<SenderReport> SenderInbox::take_report() noexcept {
  if (auto report = reports_.take()) return report;
  // Cleared before the last look, so that a report which comes in between makes
  // the descriptor readable again.
  eventfd_t count = 0;
  static_cast<void>(eventfd_read(report_fd_, &count));
  return reports_.take();
}

void SenderInbox::destroy_retired() noexcept {
  while (retired_.take()) {
  }
}

void SenderInbox::report(SenderReport report) noexcept {
  static_cast<void>(reports_.push(SenderReport{report}));
  static_cast<void>(eventfd_write(report_fd_, 1));
}

void SenderInbox::retire(Retired&& object) noexcept { static_cast<void>(retired_.push(std::move(object))); }

}  // namespace vcplay::send
