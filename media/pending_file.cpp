#include "media/pending_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace vcplay::media {
namespace {

constexpr int kMostNames = 100;

/// Where a link leads: the file behind it is replaced, as any writer would.
std::string resolved(const std::string& path) {
  char* const real = ::realpath(path.c_str(), nullptr);
  std::string name = real == nullptr ? path : real;
  ::free(real);
  return name;
}

}  // namespace

PendingFile::PendingFile(const std::string& path) : path_(resolved(path)), shown_(display_safe(path)) {
  struct stat before {};
  const bool exists = ::stat(path_.c_str(), &before) == 0;
  if (exists && !S_ISREG(before.st_mode)) {
    throw Error(Cause::output,
                shown_ + " is no regular file; give the name of one, or of none that is there.");
  }
  for (int number = 0; fd_ < 0 && number < kMostNames; ++number) {
    temporary_ = fmt::format("{}.{}-{}.part", path_, ::getpid(), number);
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST) break;
  }
  if (fd_ < 0) fail(errno);
  if (exists) ::fchmod(fd_, before.st_mode & 07777);  // whoever may read it may read it still
}

PendingFile::~PendingFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void PendingFile::keep() {
  if (::close(std::exchange(fd_, -1)) != 0) fail(errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  temporary_.clear();
}

void PendingFile::fail(int error) const {
  throw Error(Cause::output,
              fmt::format("{} can't be written: {}.", shown_, std::generic_category().message(error)));
}

}  // namespace vcplay::media
