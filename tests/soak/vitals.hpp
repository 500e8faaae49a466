// What this process holds, as the kernel counts it.
#pragma once

#include <cstddef>

namespace vcplay::soak {

struct Vitals {
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  std::size_t resident_kib = 0;
};
[[nodiscard]] Vitals take_vitals();

/// Sanitizers keep what was freed, to know it again.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryTells = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kMemoryTells = false;
#else
inline constexpr bool kMemoryTells = true;
#endif
#else
inline constexpr bool kMemoryTells = true;
#endif

}  // namespace vcplay::soak
