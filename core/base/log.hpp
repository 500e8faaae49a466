// The one door to standard error for diagnostics. Never call it on the sender thread.
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <functional>
#include <string_view>
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

/// From now on `secret` is replaced by "[hidden]" wherever it turns up in a line, whoever wrote it: the first
/// one for ever, the others until so many came after them.
void hide(std::string_view secret);
inline constexpr std::size_t kMostHidden = 64;

/// Any thread but the sender. The line passes display_safe() and the list of hidden secrets.
void write(Level level, std::string_view line);

/// While one of these lives its thread's lines go nowhere: for work that is done a second time, whose
/// complaints are known.
class Muted {
 public:
  Muted() noexcept;
  ~Muted();
  Muted(const Muted&) = delete;
  Muted& operator=(const Muted&) = delete;
};

template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warning)) write(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace vcplay::log
