// Lines on their way to somebody who may not be reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"

namespace vcplay {

/// Writes lines to a file descriptor on a thread of its own: whoever has something to say never waits for
/// whoever reads it. What finds no room is dropped and counted, and a line in its place says how much it was.
class LineWriter {
 public:
  struct Room {
    std::size_t lines;
    std::size_t bytes;
  };
  /// The line that stands in the place of so many others, with its '\n'.
  using Notice = std::function<std::string(std::uint64_t dropped)>;
  /// For last words a quarter more room is kept.
  enum class Urgency : std::uint8_t { ordinary, last_words };

  /// `fd` stays the caller's, and open for as long as the program runs. Throws std::system_error when there
  /// is no thread to be had.
  LineWriter(int fd, Room room, Notice notice);
  /// Waits for nobody: what flush() did not get rid of is lost.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// Any thread but the sender; holds a lock for no longer than a push takes. `line` ends in '\n'.
  void push(std::string line, Urgency urgency = Urgency::ordinary) noexcept;
  /// For a terminal: what stands below all lines from now on; empty: nothing.
  void show_below(std::string text) noexcept;

  /// Waits until everything is written. False: the reader has taken nothing for so long.
  bool flush(Duration patience);
  /// The system's error number of the first write that failed, and was given up; 0: none did.
  [[nodiscard]] int error() const noexcept;
  /// How many lines were dropped so far.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with the thread, which may hang in a write for ever
};

}  // namespace vcplay
