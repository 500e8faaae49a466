#include "host/prune.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "host/bot_key.hpp"
#include "host/locked_file.hpp"

namespace vcplay::host {
namespace {

constexpr auto kKept = std::chrono::hours(48);
constexpr auto kLoopbackKept = std::chrono::hours(1);

bool is_ours(std::string_view name) {
  return name.find('_') != std::string_view::npos &&
         (name.ends_with(".player") || name.ends_with(".identifies"));
}

bool is_stale(std::string_view name, WallTime written, WallTime now) {
  return now - written > (is_loopback(name) ? kLoopbackKept : kKept);
}

std::vector<std::string> stale_names(const StateFolder& folder, WallTime now) {
  Descriptor copy(::openat(folder.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy.is_open()) return {};
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(copy.get()), ::closedir);
  if (!entries) return {};
  static_cast<void>(copy.release());  // closedir() closes it
  std::vector<std::string> names;
  while (const dirent* const entry = ::readdir(entries.get())) {
    struct stat info {};
    if (!is_ours(entry->d_name) || ::fstatat(folder.fd(), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    const WallTime written(std::chrono::seconds(info.st_mtim.tv_sec));
    if (S_ISREG(info.st_mode) && is_stale(entry->d_name, written, now)) names.emplace_back(entry->d_name);
  }
  return names;
}

}  // namespace

void prune(const StateFolder& folder, WallTime now) noexcept {
  try {
    for (const std::string& name : stale_names(folder, now)) {
      const auto opened = LockedFile::open(folder, name);
      const auto* const file = std::get_if<LockedFile>(&opened);
      // Somebody may have written it since.
      if (file != nullptr && is_stale(name, file->last_written(), now)) file->remove();
    }
  } catch (const std::exception& error) {
    log::debug("{}", error.what());  // a file too many does no harm
  }
}

}  // namespace vcplay::host
