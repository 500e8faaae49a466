// Which libraries this room was built on, for --version.
#pragma once

#include <string>
#include <vector>

namespace vcplay {

/// "fmt 9.1.0", "spdlog 1.10.0", "nlohmann-json 3.11.2".
[[nodiscard]] std::vector<std::string> library_versions();

}  // namespace vcplay
