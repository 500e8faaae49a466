// How every benchmark's main() ends.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vcplay::bench {

using Json = nlohmann::ordered_json;

/// A folder for this process's files; removed with all that is in it at the end.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Lets `measure` print its tables and writes the figures that it returns to `json_file`, unless that is
/// empty. The exit status: 1 with one sentence on standard error when something fails.
[[nodiscard]] int report(const char* program, const std::string& json_file,
                         const std::function<Json()>& measure);

}  // namespace vcplay::bench
