// How a run ended, for main() to tell the shell.
#pragma once

#include <optional>

#include "base/error.hpp"

namespace vcplay::cli {

struct RunResult {
  std::optional<Error> error;  // nothing: all went well
  std::optional<int> signal;   // that asked it to end, to be raised again
};

}  // namespace vcplay::cli
