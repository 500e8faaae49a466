// `vcplay channels`: where could the bot play?
#pragma once

#include "cli/options.hpp"
#include "cli/run_result.hpp"

namespace vcplay::cli {

/// Prints the guilds and voice channels that the bot sees, with their ids. Throws Error.
[[nodiscard]] RunResult channels(const Options& options);

}  // namespace vcplay::cli
