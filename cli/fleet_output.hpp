// The report of a rehearsal in several channels, for people and for programs.
#pragma once

#include <cstddef>
#include <string>

#include "cli/rehearsal_output.hpp"
#include "cli/status_text.hpp"
#include "rehearsal/report.hpp"

namespace vcplay::cli {

/// One object on one line, with a newline: the sums, the player's side and `targets`.
[[nodiscard]] std::string fleet_json_line(const RehearsalResult& result);
/// Like to_report_text(): the verdict, the worst channels, the sums. One screen for any number of channels,
/// unless all is wanted.
[[nodiscard]] std::string fleet_report_text(const RehearsalResult& result, rehearsal::Detail detail,
                                            Style style, std::size_t columns);

}  // namespace vcplay::cli
