// Where the runs of one user find each other, whoever started them.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "host/descriptor.hpp"

namespace vcplay::host {

/// Where a user's state folder may be, best first. The user id decides: cron, a service and a login shell of
/// the same user see different HOME and XDG variables, and have to meet all the same. Only VCPLAY_HOME, which
/// nothing sets by itself, names another home, for runs that are not to meet the others.
struct StatePlaces {
  std::string home;      // of VCPLAY_HOME, or as the password database has it; empty: none
  std::string fallback;  // "/var/tmp/vcplay-1000": outlives a reboot, unlike /tmp; empty beside VCPLAY_HOME
};
/// Throws Error{usage} when VCPLAY_HOME is no absolute path.
[[nodiscard]] StatePlaces state_places();

/// One user's folder for what outlives a run, open and checked:
/// a true folder, that user's own, closed to everybody else.
class StateFolder {
 public:
  /// Opens HOME/.local/state/vcplay, created where it is missing, or else the fallback. Nothing, and a
  /// warning, when neither can be trusted and written to. Throws Error{usage} instead when there is no
  /// fallback: whoever names a folder does not want another.
  [[nodiscard]] static std::optional<StateFolder> open(const StatePlaces& places = state_places());

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }  // for messages

 private:
  StateFolder(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  [[nodiscard]] static StateFolder open_in_home(const std::string& home);
  [[nodiscard]] static StateFolder open_own(const Descriptor& parent, const std::string& path);

  Descriptor fd_;
  std::string path_;
};

}  // namespace vcplay::host
