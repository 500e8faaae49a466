// Which libraries this room runs with, for --version.
#pragma once

#include <string>
#include <vector>

namespace vcplay::rehearsal {

/// "libebur128 1.2.6".
[[nodiscard]] std::vector<std::string> library_versions();

}  // namespace vcplay::rehearsal
