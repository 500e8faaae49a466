// A file that other programs may read while we run.
#pragma once

#include <string>
#include <string_view>

namespace vcplay::cli {

/// Holds `contents` under a new name in $TMPDIR (or /tmp) and removes it at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view contents);  // throws Error{output}
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace vcplay::cli
