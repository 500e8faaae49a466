// Which libraries this room runs with, for --version.
#pragma once

#include <string>
#include <vector>

namespace vcplay::net {

/// "libwebsockets 4.1.6-".
[[nodiscard]] std::vector<std::string> library_versions();

}  // namespace vcplay::net
