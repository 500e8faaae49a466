// Counts what a real-time thread must not do, by standing in front of the C library.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VCPLAY_INTERPOSED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define VCPLAY_INTERPOSED 0
#else
#define VCPLAY_INTERPOSED 1
#endif
#else
#define VCPLAY_INTERPOSED 1
#endif

namespace vcplay::interposed {

/// False under sanitizers: they stand in front of the same functions.
inline constexpr bool kAvailable = VCPLAY_INTERPOSED != 0;

struct Counts {
  std::size_t heap = 0;   // malloc, free and their kin
  std::size_t locks = 0;  // mutexes, read-write locks, spin locks, condition variables, semaphores
};

/// Counts what the constructing thread does, libraries included, until it goes out of scope. One at
/// a time per thread.
class Watch {
 public:
  Watch() noexcept;
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  [[nodiscard]] Counts counts() const noexcept;
};

}  // namespace vcplay::interposed
