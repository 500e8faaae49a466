// What can only be judged when the whole command line is known.
#pragma once

#include <string>
#include <vector>

#include "cli/option_table.hpp"

namespace vcplay::cli {

/// Completes draft.options: which MEDIA, where, how much to say. Throws Error{usage} where options contradict
/// each other or something is missing.
void settle(Draft& draft, const std::vector<std::string>& media);

}  // namespace vcplay::cli
