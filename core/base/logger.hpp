// A log of one thing's own, where there are many such things.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "base/log.hpp"

namespace vcplay::log {

/// Logs what is about one thing of many, by way of whoever knows what that one is called. Where nobody does,
/// a line is logged as it is.
class Logger {
 public:
  /// What becomes of a line that is shown at its level.
  using Way = std::function<void(Level, Place, const std::string& line)>;
  Logger() = default;
  explicit Logger(Way way) : way_(std::move(way)) {}

  template <typename... Args>
  void warning(Format<std::type_identity_t<Args>...> format, Args&&... args) const noexcept {
    send(Level::warning, format.place(), format.text(), fmt::make_format_args(args...));
  }
  template <typename... Args>
  void info(Format<std::type_identity_t<Args>...> format, Args&&... args) const noexcept {
    send(Level::info, format.place(), format.text(), fmt::make_format_args(args...));
  }
  template <typename... Args>
  void debug(Format<std::type_identity_t<Args>...> format, Args&&... args) const noexcept {
    send(Level::debug, format.place(), format.text(), fmt::make_format_args(args...));
  }

 private:
  void send(Level level, Place place, fmt::string_view format, fmt::format_args args) const noexcept {
    if (!way_) return write(level, place, format, args);
    if (!enabled(level)) return;
    try {
      way_(level, place, fmt::vformat(format, args));
    } catch (...) {
      return;  // no memory for it
    }
  }

  Way way_;
};

}  // namespace vcplay::log
