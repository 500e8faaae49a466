#include "host/locked_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/text.hpp"

namespace vcplay::host {
namespace {

// Each try after the first means that somebody gave the file up, or removed it, at this very moment.
constexpr int kTries = 10;

[[noreturn]] void refuse(const StateFolder& folder, std::string_view name, std::string_view verb,
                         std::string_view reason) {
  throw Error(Cause::unexpected, fmt::format("Cannot {} {}/{}: {}.", verb, display_safe(folder.path()),
                                             display_safe(name), reason));
}

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// False: somebody else has it.
bool take_lock(int file) {
  struct flock lock = whole_file();
  if (::fcntl(file, F_SETLK, &lock) == 0) return true;
  if (errno == EACCES || errno == EAGAIN) return false;
  throw Error(Cause::unexpected, ::strerror(errno));
}

/// Nothing: it has just been given up.
std::optional<Held> holder_of(int file) {
  struct flock lock = whole_file();
  if (::fcntl(file, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid > 0 ? Held{lock.l_pid} : Held{};
}

void check_is_own_file(const StateFolder& folder, const std::string& name, const struct stat& info) {
  if (!S_ISREG(info.st_mode)) refuse(folder, name, "use", "it is no regular file");
  if (info.st_uid != ::geteuid()) refuse(folder, name, "use", "it belongs to another user");
}

bool still_has_its_name(const StateFolder& folder, const std::string& name, const struct stat& file) {
  struct stat named {};
  if (::fstatat(folder.fd(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0) return false;
  return named.st_dev == file.st_dev && named.st_ino == file.st_ino;
}

}  // namespace

std::variant<LockedFile, Held> LockedFile::open(const StateFolder& folder, const std::string& name) {
  for (int i = 0; i < kTries; ++i) {
    Descriptor file(::openat(folder.fd(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.is_open()) refuse(folder, name, "open", ::strerror(errno));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) refuse(folder, name, "open", ::strerror(errno));
    check_is_own_file(folder, name, info);
    try {
      if (!take_lock(file.get())) {
        if (const auto holder = holder_of(file.get())) return *holder;
        continue;
      }
    } catch (const Error& error) {
      refuse(folder, name, "lock", error.what());
    }
    if (still_has_its_name(folder, name, info)) return LockedFile(folder, name, std::move(file));
  }
  return Held{};
}

std::string LockedFile::read(std::size_t most) const {
  std::string text(most, '\0');
  std::size_t size = 0;
  while (size < most) {
    const ssize_t count = ::pread(file_.get(), text.data() + size, most - size, static_cast<off_t>(size));
    if (count == 0) break;
    if (count < 0 && errno != EINTR) fail("read");
    if (count > 0) size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

void LockedFile::write(std::size_t offset, std::string_view text) const {
  while (!text.empty()) {
    const ssize_t count = ::pwrite(file_.get(), text.data(), text.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail("write");
    text.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::size_t>(count);
  }
}

WallTime LockedFile::last_written() const {
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) fail("read");
  return WallTime(std::chrono::seconds(info.st_mtim.tv_sec));
}

void LockedFile::remove() const noexcept {
  if (file_.is_open()) ::unlinkat(folder_->fd(), name_.c_str(), 0);
}

void LockedFile::fail(std::string_view verb) const { refuse(*folder_, name_, verb, ::strerror(errno)); }

}  // namespace vcplay::host
