// `vcplay encode`: what a play would send, kept in a file.
#pragma once

#include "cli/options.hpp"
#include "cli/run_result.hpp"

namespace vcplay::cli {

/// Writes all media as one Ogg Opus file that later passes through without an encoder. Throws Error.
[[nodiscard]] RunResult encode(const Options& options);

}  // namespace vcplay::cli
