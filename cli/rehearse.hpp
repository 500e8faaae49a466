// `vcplay rehearse`: the same run against a Discord of our own, and what came of it.
#pragma once

#include "cli/options.hpp"
#include "cli/run_result.hpp"

namespace vcplay::cli {

/// Plays into a loopback Discord and prints the report. Throws Error.
[[nodiscard]] RunResult rehearse(const Options& options);

/// Keeps a loopback Discord running until a signal, or the end of standard input when that is a pipe: prints
/// where it is as one line of JSON, and at the end the report of its first account as another. Throws Error.
[[nodiscard]] RunResult serve(const Options& options);

}  // namespace vcplay::cli
