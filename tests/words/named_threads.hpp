// Which threads this process has.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace vcplay::testing {

/// Whether a thread of this process has `name` (proc(5), "comm": at most 15 bytes). The kernel's list ends
/// early where it comes to a thread that is just ending: one look may miss another one that lives.
inline bool thread_lives(std::string_view name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "comm");
    std::string found;
    std::getline(file, found);  // fails, and does not throw, when the thread has ended since it was listed
    if (found == name) return true;
  }
  return false;
}

}  // namespace vcplay::testing
