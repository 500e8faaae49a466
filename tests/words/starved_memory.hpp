// Threads for which no memory is left.
#pragma once

namespace vcplay::testing {

/// From now on `operator new` has nothing for the calling thread.
void starve_this_thread() noexcept;

/// The same for as long as this lives.
class NoMemory {
 public:
  NoMemory() noexcept { starve_this_thread(); }
  ~NoMemory();
  NoMemory(const NoMemory&) = delete;
  NoMemory& operator=(const NoMemory&) = delete;
};

}  // namespace vcplay::testing
