// A file of the state folder that one process at a time works with.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "host/descriptor.hpp"
#include "host/state_folder.hpp"
#include "host/wall_time.hpp"

namespace vcplay::host {

/// Another process has the file.
struct Held {
  std::optional<pid_t> by;  // nothing: one that cannot be seen from here, such as in another container
};

/// A file of the state folder, exclusively ours until this goes or the process ends, however it ends.
///
/// The lock is a POSIX record lock. Of the three kinds that the kernel gives back after a crash it is the one
/// that names its holder (F_GETLK), so no process id has to be written down that could be stale or not yet
/// there; and a child never inherits it, so that none can keep it alive. Its price: closing any descriptor of
/// the file gives it up. So a process opens each of these files only here and one at a time; and two locks
/// within one process do not see each other.
class LockedFile {
 public:
  /// Never blocks. Throws Error{unexpected} when the file cannot be opened, locked or trusted.
  [[nodiscard]] static std::variant<LockedFile, Held> open(const StateFolder& folder,
                                                           const std::string& name);

  /// The first `most` bytes. This and the following throw Error{unexpected}.
  [[nodiscard]] std::string read(std::size_t most) const;
  void write(std::size_t offset, std::string_view text) const;
  [[nodiscard]] WallTime last_written() const;
  /// Takes the name away; the lock stays. Whoever waits for the nameless file notices and begins anew.
  void remove() const noexcept;

 private:
  LockedFile(const StateFolder& folder, std::string name, Descriptor file)
      : folder_(&folder), name_(std::move(name)), file_(std::move(file)) {}
  [[noreturn]] void fail(std::string_view verb) const;

  const StateFolder* folder_;
  std::string name_;
  Descriptor file_;
};

}  // namespace vcplay::host
