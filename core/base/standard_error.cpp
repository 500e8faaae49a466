#include "base/standard_error.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace vcplay {
namespace {

// A minute of everything that -vv tells, and little enough for a small machine.
constexpr LineWriter::Room kRoom{.lines = 2'000, .bytes = 512 * 1024};

std::string notice(std::uint64_t dropped) {
  return fmt::format("vcplay: warning: {} line{} dropped here: nobody read standard error in time.\n",
                     dropped, dropped == 1 ? " was" : "s were");
}

}  // namespace

StandardError::StandardError() : painter_(STDERR_FILENO) {}

StandardError& StandardError::instance() {
  static StandardError* const the = new StandardError;
  return *the;
}

void StandardError::line(std::string whole, LineWriter::Urgency urgency) {
  const Lock hold(mutex_);
  if (writer_) return writer_->push(std::move(whole), urgency);
  put(whole);
}

void StandardError::show_below(std::string text) {
  const Lock hold(mutex_);
  below_ = std::move(text);
  if (writer_) return writer_->show_below(below_);
  put({});
}

/// In the foreground: at once, and for as long as that takes.
void StandardError::put(std::string_view lines) {
  const std::string frame = painter_.frame(lines, below_);
  if (frame.empty()) return;
  // A closed standard error is nobody's to complain to.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, frame.data(), frame.size());
}

void StandardError::go_to_background() {
  const Lock hold(mutex_);
  try {
    if (!writer_) writer_ = std::make_shared<LineWriter>(STDERR_FILENO, kRoom, notice);
  } catch (const std::system_error&) {
    return;
  }
}

bool StandardError::flush(Duration patience) {
  std::shared_ptr<LineWriter> writer;
  {
    const Lock hold(mutex_);
    writer = writer_;
  }
  return !writer || writer->flush(patience);
}

void StandardError::come_back() {
  const Lock hold(mutex_);
  writer_.reset();
}

}  // namespace vcplay
