// Which tracks are played how often, and which part of each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace vcplay::media {

/// What the command line says about all tracks together.
struct ProgramOptions {
  std::uint32_t rounds = 1;  // of everything; 0: for ever
  bool shuffle = false;      // anew in every round
  std::uint64_t seed = 0;    // of the shuffle: the same one gives the same order

  bool reopen = false;  // a named pipe whose writer has gone waits for the next one

  // Of every track, or of the part of it that a playlist means:
  std::optional<Duration> start = {};
  std::optional<Duration> end = {};
  std::string start_as_written = {};  // "1h" or "3600", for sentences; empty: as clock_time() writes it
};

}  // namespace vcplay::media
