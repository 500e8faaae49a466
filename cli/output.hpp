// Standard output, for data only.
#pragma once

#include <optional>
#include <string_view>

#include "cli/signals.hpp"

namespace vcplay::cli {

/// Writes all of `text` to standard output, and waits for its reader for as long as that takes, or until a
/// signal comes, which it returns. Throws Error{output} with the system's reason (a full disk), and without
/// a sentence where a pipe's reader has gone.
[[nodiscard]] std::optional<int> write_output(std::string_view text, Signals& signals);

/// The same where signals still have their own action.
void write_output(std::string_view text);

}  // namespace vcplay::cli
