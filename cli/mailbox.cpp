#include "cli/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <new>
#include <utility>

#include "base/log.hpp"
#include "cli/hints.hpp"

namespace vcplay::cli {

namespace {

// How the connection ends, that the pipeline fails, and that it ends: each comes once.
constexpr std::size_t kLastWords = 3;

}  // namespace

Mailbox::Mailbox() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw Error(Cause::unexpected, "No file descriptor is left for the main thread's mailbox.");
  messages_.reserve(kLastWords);
}

Mailbox::~Mailbox() { close(fd_); }

void Mailbox::ring() const noexcept {
  constexpr std::uint64_t one = 1;
  static_cast<void>(!write(fd_, &one, sizeof one));
}

void Mailbox::post(Message message) {
  {
    const Lock hold(mutex_);
    if (messages_.capacity() - messages_.size() <= kLastWords) messages_.reserve(2 * messages_.capacity());
    messages_.push_back(std::move(message));
  }
  ring();
}

/// In the room that is kept for it.
void Mailbox::post_last(Message message) noexcept {
  {
    const Lock hold(mutex_);
    messages_.push_back(std::move(message));
  }
  ring();
}

void Mailbox::on_notice(const channel::Notice& notice) {
  std::string line = with_hint(notice.sentence, notice.hint);
  if (!notice.then.empty()) line += ' ' + notice.then;
  log::write(notice.level, notice.place, "{}", fmt::make_format_args(line));
}

void Mailbox::on_end(std::optional<Error> error) noexcept { post_last(ConnectionEnded{std::move(error)}); }

void Mailbox::on_failure(const std::string& sentence) {
  PipelineFailed failed;
  try {
    failed.sentence = sentence;
  } catch (const std::bad_alloc&) {
    const Lock hold(mutex_);
    failed.sentence = std::move(no_memory_);
  }
  post_last(std::move(failed));
}

std::vector<Message> Mailbox::take() {
  std::vector<Message> messages;
  messages.reserve(kLastWords);
  std::uint64_t count = 0;
  static_cast<void>(!read(fd_, &count, sizeof count));
  const Lock hold(mutex_);
  messages.swap(messages_);
  return messages;
}

}  // namespace vcplay::cli
