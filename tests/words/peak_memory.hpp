// How much memory a test took at its worst moment.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace vcplay::testing {

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

/// Measures from its beginning on how far the resident memory of the process has grown at most.
class PeakMemory {
 public:
  PeakMemory() {
    std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): the peak begins anew
    before_ = kilobytes("VmRSS:");
  }
  /// False: this kernel keeps no such account, or a sanitizer keeps what was freed.
  [[nodiscard]] bool is_known() const { return kMemoryTells && before_ > 0 && kilobytes("VmHWM:") > 0; }
  [[nodiscard]] std::int64_t megabytes() const { return (kilobytes("VmHWM:") - before_) / 1024; }

 private:
  static std::int64_t kilobytes(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      std::int64_t value = 0;
      if (word == name && status >> value) return value;
    }
    return 0;
  }
  std::int64_t before_ = 0;
};

}  // namespace vcplay::testing
