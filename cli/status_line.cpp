#include "cli/status_line.hpp"

#include <poll.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"

namespace vcplay::cli {
namespace {

constexpr std::size_t kUsualColumns = 80;
constexpr std::string_view kClearLine = "\r\x1b[K";

std::string_view variable(const char* name) {
  const char* const value = ::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

/// True for "de_DE.UTF-8" and "de_DE.utf8@euro".
bool locale_names(std::string_view locale, std::string_view charset) {
  const std::string_view given =
      locale.substr(std::min(locale.find('.'), locale.size())).substr(0, charset.size());
  return given.size() == charset.size() && ::strncasecmp(given.data(), charset.data(), charset.size()) == 0;
}

/// One that can redraw a line and has colours.
bool is_clever_terminal(int fd) {
  const std::string_view terminal = variable("TERM");
  return ::isatty(fd) != 0 && !terminal.empty() && terminal != "dumb";
}

/// One less than the terminal has: a full line would wrap and could not be cleared.
std::size_t columns_of(int fd) {
  winsize size{};
  const bool known = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return (known ? size.ws_col : kUsualColumns) - 1;
}

}  // namespace

Style style_of_environment() {
  std::string_view locale = variable("LC_ALL");
  if (locale.empty()) locale = variable("LC_CTYPE");
  if (locale.empty()) locale = variable("LANG");
  const bool utf8 = locale_names(locale, ".utf-8") || locale_names(locale, ".utf8");
  return {utf8, variable("NO_COLOR").empty()};
}

Style style_of_output() {
  Style style = style_of_environment();
  style.color = style.color && is_clever_terminal(STDOUT_FILENO);
  return style;
}

std::unique_ptr<StatusLine> StatusLine::open() {
  if (!is_clever_terminal(STDERR_FILENO)) return nullptr;
  return std::make_unique<StatusLine>(STDERR_FILENO, style_of_environment());
}

StatusLine::StatusLine(int fd, Style style) : fd_(fd), style_(style) {
  log::set_sink([this](log::Level level, std::string_view line) { on_log_line(level, line); });
}

StatusLine::~StatusLine() {
  log::set_sink(nullptr);
  const Lock hold(mutex_);
  if (!shown_.empty() && may_draw()) put(kClearLine);
}

void StatusLine::show(const StatusSnapshot& status) {
  std::string line = render(status, columns_of(fd_), style_);
  const Lock hold(mutex_);
  if (line == shown_ || !may_draw()) return;
  std::string frame(kClearLine);
  frame += line;
  put(frame);
  shown_ = std::move(line);
}

void StatusLine::on_log_line(log::Level level, std::string_view line) {
  const Lock hold(mutex_);
  const bool redraw = !shown_.empty() && may_draw();
  if (redraw) put(kClearLine);
  if (style_.utf8) {
    log::write_to_stderr(level, line);
  } else {
    log::write_to_stderr(level, ascii_only(line));
  }
  if (redraw) put(shown_);
}

bool StatusLine::may_draw() const {
  const pid_t foreground = ::tcgetpgrp(fd_);
  if (foreground > 0 && foreground != ::getpgrp()) return false;
  pollfd writable{fd_, POLLOUT, 0};
  return ::poll(&writable, 1, 0) > 0 && (writable.revents & POLLOUT) != 0;
}

void StatusLine::put(std::string_view text) const {
  // A terminal that went away is noticed by what matters, not by its decoration.
  [[maybe_unused]] const ssize_t written = ::write(fd_, text.data(), text.size());
}

}  // namespace vcplay::cli
