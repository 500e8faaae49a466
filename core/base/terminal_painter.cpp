#include "base/terminal_painter.hpp"

#include <poll.h>
#include <unistd.h>

namespace vcplay {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

}  // namespace

std::string TerminalPainter::frame(std::string_view lines, std::string_view below) {
  if (lines.empty() && below == shown_) return {};
  std::string bytes;
  const bool draw = (!shown_.empty() || !below.empty()) && may_draw();
  if (draw && (lines.empty() || !shown_.empty())) bytes = kClearLine;
  bytes += lines;
  if (!draw) return bytes;
  bytes += below;
  shown_ = below;
  return bytes;
}

bool TerminalPainter::may_draw() const noexcept {
  const pid_t foreground = ::tcgetpgrp(fd_);
  if (foreground > 0 && foreground != ::getpgrp()) return false;
  pollfd writable{fd_, POLLOUT, 0};
  return ::poll(&writable, 1, 0) > 0 && (writable.revents & POLLOUT) != 0;
}

}  // namespace vcplay
