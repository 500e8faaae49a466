// `vcplay play`: media into a voice channel.
#pragma once

#include "cli/options.hpp"
#include "cli/run_result.hpp"

namespace vcplay::cli {

/// Plays all media into the channel. Throws Error.
[[nodiscard]] RunResult play(const Options& options);

}  // namespace vcplay::cli
