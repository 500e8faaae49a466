#include "base/libraries.hpp"

#include <fmt/core.h>
#include <spdlog/version.h>

#include <nlohmann/json.hpp>

namespace vcplay {

std::vector<std::string> library_versions() {
  return {fmt::format("fmt {}.{}.{}", FMT_VERSION / 10'000, FMT_VERSION / 100 % 100, FMT_VERSION % 100),
          fmt::format("spdlog {}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH),
          fmt::format("nlohmann-json {}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                      NLOHMANN_JSON_VERSION_PATCH)};
}

}  // namespace vcplay
