// Lines that scroll by, and one below them that changes.
#pragma once

#include <string>
#include <string_view>

namespace vcplay {

/// Knows what stands in the last line of a terminal, and so what to write for it to stay the last one.
class TerminalPainter {
 public:
  explicit TerminalPainter(int fd) noexcept : fd_(fd) {}

  /// The bytes that put `lines` (each with its '\n', or none at all) above the line `below`, where an empty
  /// one is none. Nothing is drawn while the terminal is stopped (Ctrl-S) or belongs to another job: then
  /// these are the lines alone, which may be no bytes.
  [[nodiscard]] std::string frame(std::string_view lines, std::string_view below);

 private:
  [[nodiscard]] bool may_draw() const noexcept;

  int fd_;
  std::string shown_;  // what stands in the last line now
};

}  // namespace vcplay
