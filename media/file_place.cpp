#include "media/file_place.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <system_error>
#include <utility>

namespace vcplay::media {
namespace {

constexpr int kMostLinks = 40;  // as the kernel has it

[[noreturn]] void fail(int error) { throw std::system_error(error, std::generic_category()); }

/// Takes the first part off the front of `path`, with the slashes behind it.
std::string take_part(std::string& path) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  std::string part = path.substr(0, slash);
  path.erase(0, std::min(path.find_first_not_of('/', slash), path.size()));
  return part;
}

bool is_ours(const struct stat& about) { return about.st_uid == 0 || about.st_uid == ::geteuid(); }

}  // namespace

FilePlace::FilePlace(const std::string& path) {
  try {
    walk(path);
  } catch (...) {
    if (folder_ >= 0) ::close(folder_);
    throw;
  }
}

FilePlace::~FilePlace() { ::close(folder_); }

void FilePlace::walk(std::string path) {
  enter(".");
  for (int links = 0;;) {
    if (path.empty()) fail(ENOENT);
    if (path.front() == '/') {
      enter("/");
      path.erase(0, path.find_first_not_of('/'));
      if (path.empty()) fail(EISDIR);
    }
    std::string part = take_part(path);
    struct stat about {};
    const bool is_there = ::fstatat(folder_, part.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
    if (is_there && S_ISLNK(about.st_mode) && (is_ours(about) || !path.empty())) {
      if (!is_ours(about)) fail(EACCES);  // and it leads to the folder
      if (++links > kMostLinks) fail(ELOOP);
      const std::string target = link_target(part);
      path = path.empty() ? target : target + '/' + path;
      continue;
    }
    if (path.empty()) {
      name_ = std::move(part);
      return;
    }
    enter(part);
  }
}

void FilePlace::enter(const std::string& part) {
  const int next =
      ::openat(folder_ < 0 ? AT_FDCWD : folder_, part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (next < 0) fail(errno);
  if (folder_ >= 0) ::close(folder_);
  folder_ = next;
}

std::string FilePlace::link_target(const std::string& part) const {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(folder_, part.c_str(), target.data(), target.size());
  if (size < 0) fail(errno);
  return {target.data(), static_cast<std::size_t>(size)};
}

bool FilePlace::look(struct stat& about) const noexcept {
  return ::fstatat(folder_, name_.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
}

}  // namespace vcplay::media
