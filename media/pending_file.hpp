// A file that is there whole or not at all.
#pragma once

#include <string>

#include "media/file_place.hpp"

namespace vcplay::media {

/// Is written beside the file that it is to become, and takes its place only when it is kept. A link
/// of somebody else's in that place is replaced as a file is, and what it leads to stays as it was.
/// Lives on one thread.
class PendingFile {
 public:
  /// Throws Error{output} when it cannot be made, or when `path` is there and no regular file.
  explicit PendingFile(const std::string& path);
  /// Removes what was not kept.
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  /// Open for writing, until it is kept.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Closes it and gives it its name; a file that had this name is gone then. Throws Error{output}.
  void keep();

  /// Throws Error{output} that names the file and says why: an errno.
  [[noreturn]] void fail(int error) const;

 private:
  static constexpr std::size_t kMostShown = 300;  // columns

  const std::string shown_;
  const FilePlace place_;
  std::string temporary_;  // empty: it has its own
  int fd_ = -1;
};

}  // namespace vcplay::media
