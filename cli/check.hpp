// `vcplay check`: would a play succeed?
#pragma once

#include "cli/options.hpp"
#include "cli/run_result.hpp"

namespace vcplay::cli {

/// Looks at everything that a play depends on, without identifying and without playing, and prints one line
/// per check. The error is that of the first check that failed. Throws Error.
[[nodiscard]] RunResult check(const Options& options);

}  // namespace vcplay::cli
