#include "host/state_folder.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace vcplay::host {
namespace {

constexpr mode_t kOwnerOnly = 0700;
constexpr mode_t kOthers = 0077;
constexpr std::size_t kMostPasswordBytes = 1U << 20;

[[noreturn]] void refuse(const std::string& path, std::string_view reason) {
  throw Error(Cause::unexpected, fmt::format("{}: {}.", display_safe(path), reason));
}

/// The home that the password database knows, whatever the environment says.
std::string home_of(uid_t user) {
  std::vector<char> buffer(1024);
  passwd entry{};
  passwd* found = nullptr;
  while (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == ERANGE) {
    if (buffer.size() >= kMostPasswordBytes) return {};
    buffer.resize(buffer.size() * 2);
  }
  if (found == nullptr || found->pw_dir == nullptr || found->pw_dir[0] != '/') return {};
  return found->pw_dir;
}

/// The folder `path`, whose last part is looked up in `parent`; made when it is missing.
Descriptor make_folder(const Descriptor& parent, const std::string& path, int flags) {
  const std::string name = path.substr(path.rfind('/') + 1);
  if (::mkdirat(parent.get(), name.c_str(), kOwnerOnly) != 0 && errno != EEXIST)
    refuse(path, ::strerror(errno));
  Descriptor folder(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags));
  if (!folder.is_open()) refuse(path, ::strerror(errno));
  return folder;
}

Descriptor open_parent(const std::string& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) refuse(path, ::strerror(errno));
  return folder;
}

}  // namespace

StatePlaces state_places() {
  // Not HOME, nor XDG_STATE_HOME, nor systemd's STATE_DIRECTORY: those differ between runs that have to meet,
  // and nobody who sets them thinks of vcplay.
  const char* const named = ::secure_getenv("VCPLAY_HOME");
  if (named != nullptr && named[0] != '\0') {
    if (named[0] != '/') {
      throw Error(Cause::usage, fmt::format("VCPLAY_HOME: '{}' is no absolute path.", display_safe(named)));
    }
    return {named, {}};
  }
  const uid_t user = ::geteuid();
  return {home_of(user), fmt::format("/var/tmp/vcplay-{}", user)};
}

StateFolder StateFolder::open_own(const Descriptor& parent, const std::string& path) {
  // Of all the folders on the way this one alone is ours, so nobody may lead us elsewhere from here.
  Descriptor folder = make_folder(parent, path, O_NOFOLLOW);
  struct stat info {};
  if (::fstat(folder.get(), &info) != 0) refuse(path, ::strerror(errno));
  if (info.st_uid != ::geteuid()) refuse(path, "it belongs to another user");
  if ((info.st_mode & kOthers) != 0 && ::fchmod(folder.get(), kOwnerOnly) != 0) {
    refuse(path, "it is open to other users");
  }
  if (::faccessat(folder.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) refuse(path, ::strerror(errno));
  return {std::move(folder), path};
}

StateFolder StateFolder::open_in_home(const std::string& home) {
  if (home.empty()) throw Error(Cause::unexpected, "This user has no home folder.");
  Descriptor parent = open_parent(home);
  std::string path = home;
  for (const char* name : {"/.local", "/state"}) {
    path += name;
    parent = make_folder(parent, path, 0);
  }
  return open_own(parent, path + "/vcplay");
}

std::optional<StateFolder> StateFolder::open(const StatePlaces& places) {
  std::string reason;
  try {
    return open_in_home(places.home);
  } catch (const Error& error) {
    reason = error.what();
  }
  if (places.fallback.empty()) throw Error(Cause::usage, fmt::format("VCPLAY_HOME: {}", reason));
  try {
    StateFolder folder =
        open_own(open_parent(places.fallback.substr(0, places.fallback.rfind('/'))), places.fallback);
    log::info("{} The player's lock and the count of identifies are in {} instead.", reason, folder.path());
    return folder;
  } catch (const Error& error) {
    log::warning(
        "{} {} Nothing keeps a second vcplay out of this guild, and the bot's identifies are counted for "
        "this "
        "run only.",
        reason, error.what());
    return std::nullopt;
  }
}

}  // namespace vcplay::host
