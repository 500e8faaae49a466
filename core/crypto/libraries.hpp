// Which libraries this room runs with, for --version.
#pragma once

#include <string>
#include <vector>

namespace vcplay::crypto {

/// "OpenSSL 3.0.15 …", "libsodium 1.0.18".
[[nodiscard]] std::vector<std::string> library_versions();

}  // namespace vcplay::crypto
