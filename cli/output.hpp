// Standard output, for data only.
#pragma once

#include <string_view>

namespace vcplay::cli {

/// Writes all of `text` to standard output at once. Throws Error{output} with the system's reason (a closed
/// pipe, a full disk).
void write_output(std::string_view text);

}  // namespace vcplay::cli
