// The one line on a terminal that tells how the run is going.
#pragma once

#include <memory>

#include "cli/status_text.hpp"

namespace vcplay::cli {

/// Owns the last line of the terminal on standard error: log lines scroll by above it, and it is gone at the
/// end. Lives on the main thread; log lines may come from any thread.
class StatusLine {
 public:
  /// Nothing when standard error is no terminal or one that cannot redraw a line (TERM unset or dumb).
  [[nodiscard]] static std::unique_ptr<StatusLine> open();

  /// For open(), which knows that standard error is a terminal.
  explicit StatusLine(Style style);
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  /// Draws unless the terminal is stopped (Ctrl-S) or belongs to another job at present.
  void show(const StatusSnapshot& status);

 private:
  const Style style_;
};

/// UTF-8 by LC_ALL, LC_CTYPE or LANG, colour unless NO_COLOR is set.
[[nodiscard]] Style style_of_environment();
/// The same for standard output, which has colour only where it is a terminal.
[[nodiscard]] Style style_of_output();

}  // namespace vcplay::cli
