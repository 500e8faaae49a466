#include "media/pending_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace vcplay::media {
namespace {

constexpr int kMostNames = 100;
constexpr mode_t kAll = 0777;  // of a mode; not the bits that lend a program its owner's rights

[[noreturn]] void cannot_be_written(const std::string& shown, int error) {
  throw Error(Cause::output,
              fmt::format("{} cannot be written: {}.", shown, std::generic_category().message(error)));
}

FilePlace place_of(const std::string& path, const std::string& shown) {
  try {
    return FilePlace(path);
  } catch (const std::system_error& failure) {
    cannot_be_written(shown, failure.code().value());
  }
}

}  // namespace

PendingFile::PendingFile(const std::string& path)
    : shown_(display_safe(path, kMostShown)), place_(place_of(path, shown_)) {
  struct stat before {};
  const bool exists = place_.look(before);
  if (exists && !S_ISREG(before.st_mode) && !S_ISLNK(before.st_mode)) {
    throw Error(Cause::output,
                shown_ + " is no regular file; give the name of one, or of none that is there.");
  }
  for (int number = 0; fd_ < 0 && number < kMostNames; ++number) {
    temporary_ = fmt::format("{}.{}-{}.part", place_.name(), ::getpid(), number);
    fd_ = ::openat(place_.folder(), temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   0666);
    if (fd_ < 0 && errno != EEXIST) break;
  }
  if (fd_ < 0) {
    const int reason = errno;
    temporary_.clear();
    fail(reason);
  }
  // Whoever may read what was there may read it still, if it was ours.
  if (exists && S_ISREG(before.st_mode) && before.st_uid == ::geteuid()) ::fchmod(fd_, before.st_mode & kAll);
}

PendingFile::~PendingFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlinkat(place_.folder(), temporary_.c_str(), 0);
}

void PendingFile::keep() {
  if (::close(std::exchange(fd_, -1)) != 0) fail(errno);
  if (::renameat(place_.folder(), temporary_.c_str(), place_.folder(), place_.name().c_str()) != 0)
    fail(errno);
  temporary_.clear();
}

void PendingFile::fail(int error) const { cannot_be_written(shown_, error); }

}  // namespace vcplay::media
