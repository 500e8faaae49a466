// What could be done about an error, in the words of the command line.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace vcplay::cli {

/// `sentence` and behind it what the hint stands for: the only place that knows both causes and options.
[[nodiscard]] std::string with_hint(std::string_view sentence, Hint hint, Error::Numbers numbers = {});
[[nodiscard]] std::string with_hint(const Error& error);

}  // namespace vcplay::cli
