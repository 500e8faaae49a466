// What the shell is told about a run. Numbers and sentences are promises: the man page repeats
// them word for word.
#pragma once

#include <span>
#include <string_view>

#include "base/error.hpp"

namespace vcplay::cli {

enum class ExitStatus {
  all_played = 0,
  unexpected = 1,
  usage = 2,
  no_media = 3,
  some_media = 4,
  token_refused = 5,
  not_permitted = 6,
  network = 7,
  removed = 8,
  encryption = 9,
  busy = 10,
  identify_budget = 11,
  rehearsal_fault = 12,
  output = 13,
  nobody_there = 14,
  some_targets = 15,
};

/// One exit status as a person or a script reads it.
struct ExitStatusRow {
  ExitStatus status;
  std::string_view name;  // for programs, as in the JSON event "error"
  std::string_view sentence;
};

[[nodiscard]] std::span<const ExitStatusRow> exit_status_table() noexcept;  // in the order of the numbers
[[nodiscard]] ExitStatus to_exit_status(Cause cause) noexcept;
[[nodiscard]] constexpr int number(ExitStatus status) noexcept { return static_cast<int>(status); }
[[nodiscard]] std::string_view name(ExitStatus status) noexcept;

}  // namespace vcplay::cli
