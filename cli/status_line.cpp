#include "cli/status_line.hpp"

#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/log.hpp"
#include "base/text.hpp"

namespace vcplay::cli {
namespace {

constexpr std::size_t kUsualColumns = 80;

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
  return std::make_unique<StatusLine>(style_of_environment());
}

StatusLine::StatusLine(Style style) : style_(style) {
  if (style_.utf8) return;
  log::set_sink(
      [](log::Level level, std::string_view line) { log::write_to_stderr(level, ascii_only(line)); });
}

StatusLine::~StatusLine() {
  log::show_below({});
  if (!style_.utf8) log::set_sink(nullptr);
}

void StatusLine::show(const StatusSnapshot& status) {
  log::show_below(render(status, columns_of(STDERR_FILENO), style_));
}

}  // namespace vcplay::cli
