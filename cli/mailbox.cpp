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

// How the fleet ends, that the pipeline fails, and that it ends: each comes once.
constexpr std::size_t kLastWords = 3;

}  // namespace

Mailbox::Mailbox(std::vector<std::string> names)
    : names_(std::move(names)), fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
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
    const std::size_t last_words = kLastWords + ends_owed_;
    if (messages_.capacity() - messages_.size() <= last_words) {
      messages_.reserve(2 * messages_.capacity() + last_words);
    }
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

void Mailbox::on_begin(std::size_t target, std::shared_ptr<const send::SenderStats> stats) {
  {
    const Lock hold(mutex_);
    const std::size_t needed = messages_.size() + kLastWords + ends_owed_ + 1;
    if (messages_.capacity() < needed) messages_.reserve(2 * needed);
    ++ends_owed_;
  }
  post(OfTarget{target, TargetBegun{std::move(stats)}});
}

void Mailbox::on_end(std::size_t target, std::optional<Error> error) noexcept {
  {
    const Lock hold(mutex_);
    if (ends_owed_ > 0) --ends_owed_;
    messages_.push_back(OfTarget{target, TargetEnded{std::move(error)}});
  }
  ring();
}

void Mailbox::on_fleet_end(std::optional<Error> error) noexcept { post_last(FleetEnded{std::move(error)}); }

void Mailbox::on_notice(std::size_t target, const channel::Notice& notice) {
  std::string line = with_hint(notice.sentence, notice.hint);
  if (!notice.then.empty()) line += ' ' + notice.then;
  if (!names_.empty()) line = fmt::format("In {}: {}", names_[target], line);
  log::write(notice.level, notice.place, "{}", fmt::make_format_args(line));
}

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
  const Lock hold(mutex_);
  messages.reserve(kLastWords + ends_owed_);
  std::uint64_t count = 0;
  static_cast<void>(!read(fd_, &count, sizeof count));
  messages.swap(messages_);
  return messages;
}

}  // namespace vcplay::cli
