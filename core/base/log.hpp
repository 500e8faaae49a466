// The one door to standard error for diagnostics. Never call it on the sender thread.
#pragma once

#include <fmt/core.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace vcplay::log {

enum class Level { error, warning, info, debug };

/// What is shown: everything up to and including `level`. The default is warning.
void set_level(Level level) noexcept;
[[nodiscard]] bool enabled(Level level) noexcept;

/// Where finished lines go. The status line hooks in here; nullptr brings write_to_stderr() back.
/// The sink is called by one thread at a time.
using Sink = std::function<void(Level, std::string_view line)>;
void set_sink(Sink sink);

/// The default sink: "vcplay: warning: …\n" on standard error, in one write.
void write_to_stderr(Level level, std::string_view line);
/// What stands below all lines on standard error, which is a terminal then; empty: nothing.
void show_below(std::string text);

/// While it lives nobody who logs waits for whoever reads standard error: a thread of its own writes, and
/// drops and counts what it finds no room for. When one place in the program warns again and again, the
/// warnings after the third are counted, and one a minute is shown. Without a Background each thread writes
/// its lines itself, and every line is shown.
class Background {
 public:
  Background();
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  /// Tells what was counted and waits for the reader, until he has taken nothing for a
  /// second. Lines may follow.
  void finish() noexcept;
};

/// From now on `secret` is replaced by "[hidden]" wherever it turns up in a line, whoever wrote it: the first
/// one for ever, the others until so many came after them.
void hide(std::string_view secret);
inline constexpr std::size_t kMostHidden = 64;

/// A line has at most so many bytes; a longer one has "…" in its midst.
inline constexpr std::size_t kMostLineBytes = 4096;

/// Any thread but the sender. The line passes display_safe() and the list of hidden secrets.
void write(Level level, std::string_view line) noexcept;

/// While one of these lives its thread's lines go nowhere: for work that is done a second time, whose
/// complaints are known.
class Muted {
 public:
  Muted() noexcept;
  ~Muted();
  Muted(const Muted&) = delete;
  Muted& operator=(const Muted&) = delete;
};

/// A place in the program that logs: what comes from one place is of one kind.
struct Place {
  const char* file;
  int line;
};

/// A format and the place where it stands.
template <typename... Args>
class Format {
 public:
  template <typename S>
  requires std::convertible_to<const S&, std::string_view>
  consteval Format(const S& format, const char* file = __builtin_FILE(), int line = __builtin_LINE())
      : format_(format), place_{file, line} {}
  [[nodiscard]] fmt::string_view text() const noexcept { return format_; }
  [[nodiscard]] Place place() const noexcept { return place_; }

 private:
  fmt::format_string<Args...> format_;
  Place place_;
};

/// What the functions below come to. A line that there is no memory for is lost.
void write(Level level, Place place, fmt::string_view format, fmt::format_args args) noexcept;

template <typename... Args>
void error(Format<std::type_identity_t<Args>...> format, Args&&... args) noexcept {
  write(Level::error, format.place(), format.text(), fmt::make_format_args(args...));
}
template <typename... Args>
void warning(Format<std::type_identity_t<Args>...> format, Args&&... args) noexcept {
  write(Level::warning, format.place(), format.text(), fmt::make_format_args(args...));
}
template <typename... Args>
void info(Format<std::type_identity_t<Args>...> format, Args&&... args) noexcept {
  write(Level::info, format.place(), format.text(), fmt::make_format_args(args...));
}
template <typename... Args>
void debug(Format<std::type_identity_t<Args>...> format, Args&&... args) noexcept {
  write(Level::debug, format.place(), format.text(), fmt::make_format_args(args...));
}

}  // namespace vcplay::log
