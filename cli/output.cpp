#include "cli/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"

namespace vcplay::cli {
namespace {

constexpr std::size_t kPipeChunk = 4096;  // PIPE_BUF: a writable pipe takes as much without blocking

/// One piece of `text`, which gets shorter by that.
void write_piece(std::string_view& text) {
  const ssize_t written = ::write(STDOUT_FILENO, text.data(), std::min(text.size(), kPipeChunk));
  if (written >= 0) return text.remove_prefix(static_cast<std::size_t>(written));
  if (errno == EINTR || errno == EAGAIN) return;
  if (errno == EPIPE) {
    log::info("Nobody reads standard output any more.");
    throw Error(Cause::output, "");  // whoever closed the pipe knows it, as `head -1` does
  }
  throw Error(Cause::output, std::string("Standard output cannot be written: ") + std::strerror(errno) + ".");
}

/// A descriptor of -1 is not looked at.
bool is_writable_before(int signals) {
  std::array<pollfd, 2> fds = {pollfd{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0},
                               pollfd{.fd = signals, .events = POLLIN, .revents = 0}};
  ::poll(fds.data(), fds.size(), -1);
  return fds[0].revents != 0;
}

}  // namespace

std::optional<int> write_output(std::string_view text, Signals& signals) {
  while (!text.empty()) {
    if (is_writable_before(signals.fd())) {
      write_piece(text);
    } else if (const auto signal = signals.take()) {
      return signal;
    }
  }
  return std::nullopt;
}

void write_output(std::string_view text) {
  while (!text.empty()) {
    if (is_writable_before(-1)) write_piece(text);
  }
}

}  // namespace vcplay::cli
