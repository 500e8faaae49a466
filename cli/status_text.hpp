// What the status line says, as a pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace vcplay::cli {

/// End-to-end encryption at a glance.
enum class Padlock : std::uint8_t { none, open, closed };

/// One moment of a run, as a person wants to see it.
struct StatusSnapshot {
  std::string phase;             // "joining", "leaving", …; empty while it plays
  std::string wait;              // what for, while nothing is heard yet; empty: for nothing
  Padlock lock = Padlock::none;  // not while joining
  std::string note;              // why nobody hears it, or that it is not encrypted; empty: all is well
  std::uint32_t track = 1;       // 1 for the first one
  std::uint32_t tracks = 1;      // 0: nobody knows
  std::string title;             // as it came; made harmless here
  Duration position{};
  std::optional<Duration> duration;  // nothing: not known
  int bitrate = 0;                   // bit/s
  Duration buffered{};               // encoded and waiting; of a live input: how far behind it
  bool live = false;
  double drift = 0;           // of a live input's clock: runs fast by this part
  std::size_t channels = 1;   // to play in
  std::size_t joined = 0;     // of them; shown when there are several
  std::uint64_t packets = 0;  // sent
  Duration worst_late{};      // the worst deadline-to-send error so far
};

/// What the terminal can show.
struct Style {
  bool utf8 = true;
  bool color = true;
};

/// One line of at most `columns` columns, without a line end. What a narrow terminal has no room for is left
/// out, the title is cut last.
[[nodiscard]] std::string render(const StatusSnapshot& status, std::size_t columns, Style style);

/// "1:23", "59:59", "10:00:00".
[[nodiscard]] std::string format_time(Duration time);

}  // namespace vcplay::cli
