// Where a file is to be, found without being led astray.
#pragma once

#include <sys/stat.h>

#include <string>

namespace vcplay::media {

/// The open folder in which a name is to stand, and the name. Links on the way are followed where
/// root or this user made them, for anybody may put a link into a folder that all share; a last
/// link of somebody else's is not followed but stands for itself. What is done in the folder cannot
/// be led elsewhere afterwards.
class FilePlace {
 public:
  /// Throws std::system_error when there is no such folder, or a link of somebody else's leads to it.
  explicit FilePlace(const std::string& path);
  ~FilePlace();
  FilePlace(const FilePlace&) = delete;
  FilePlace& operator=(const FilePlace&) = delete;

  [[nodiscard]] int folder() const noexcept { return folder_; }  // O_PATH, for openat() and its like
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// What stands there, itself and not what it leads to; false: nothing.
  [[nodiscard]] bool look(struct stat& about) const noexcept;

 private:
  void walk(std::string path);
  void enter(const std::string& part);
  [[nodiscard]] std::string link_target(const std::string& part) const;

  int folder_ = -1;
  std::string name_;
};

}  // namespace vcplay::media
