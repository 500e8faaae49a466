// How much a piece of work reads.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace vcplay::testing {

/// What all threads of this process have read so far, in bytes, from whatever descriptor; 0 where the kernel
/// keeps no account of it.
[[nodiscard]] inline std::uint64_t bytes_read() {
  std::ifstream account("/proc/self/io");
  std::string name;
  std::uint64_t bytes = 0;
  return account >> name >> bytes && name == "rchar:" ? bytes : 0;
}

}  // namespace vcplay::testing
