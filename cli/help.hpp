// What vcplay says about itself.
#pragma once

#include <string>

#include "cli/options.hpp"

namespace vcplay::cli {

[[nodiscard]] std::string overview();             // vcplay --help
[[nodiscard]] std::string short_help(Verb verb);  // fits a terminal of 24 × 80
[[nodiscard]] std::string full_help(Verb verb);   // every option of the table

}  // namespace vcplay::cli
