// Counting what file descriptors are open, and what a loop is known to leave behind.
#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <string>
#include <tuple>

#include "net/libraries.hpp"

namespace vcplay::testing {

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator begin("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

/// How many descriptors each EventLoop leaves open when it goes. None, but for libwebsockets 4.3.4 to 4.3.6
/// and 4.4.0 to 4.4.1, which forget the eventfd that wakes them; a run makes one loop or two, so nobody else
/// has to know.
inline std::size_t left_by_each_loop() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  const std::string name = net::library_versions().front();
  if (std::sscanf(name.c_str(), "libwebsockets %d.%d.%d", &major, &minor, &patch) != 3) return 0;
  const std::tuple version(major, minor, patch);
  const bool forgets = (version >= std::tuple(4, 3, 4) && version <= std::tuple(4, 3, 6)) ||
                       (version >= std::tuple(4, 4, 0) && version <= std::tuple(4, 4, 1));
  return forgets ? 1 : 0;
}

}  // namespace vcplay::testing
