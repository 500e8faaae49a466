#include "report.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace vcplay::bench {

Scratch::Scratch()
    : path_(std::filesystem::temp_directory_path() / fmt::format("vcplay-bench-{}", ::getpid())) {
  std::filesystem::create_directories(path_);
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int report(const char* program, const std::string& json_file, const std::function<Json()>& measure) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // what takes minutes is seen as it comes, in a file, too
  try {
    const Json figures = measure();
    if (json_file.empty()) return 0;
    std::ofstream file(json_file);
    file << figures.dump(2) << '\n';
    if (!file.flush()) throw std::runtime_error(json_file + " could not be written");
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", program, error.what());
    return 1;
  }
}

}  // namespace vcplay::bench
