// Lines that scroll by, and one below them that changes.
#pragma once

#include <string>
#include <string_view>

namespace vcplay {

/// Knows what stands in the last line of a terminal, and so what to write for it to stay the last one.
class TerminalPainter {
 public:
  explicit TerminalPainter(int fd) noexcept : fd_(fd) {}

  /// The bytes that put `lines` (each with its '\n'; there may be none) above the line `below` (empty: there
  /// is no such line). While the terminal is stopped (Ctrl-S) or belongs to another job, nothing is drawn:
  /// the result is then `lines` alone.
  [[nodiscard]] std::string frame(std::string_view lines, std::string_view below);

 private:
  [[nodiscard]] bool may_draw() const noexcept;

  int fd_;
  std::string shown_;  // what stands in the last line now
};

}  // namespace vcplay
