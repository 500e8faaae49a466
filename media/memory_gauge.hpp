// How much memory this process has come to use since something began.
#pragma once

#include <cstdint>
#include <optional>

namespace vcplay::media {

/// Measures how far the resident memory of the process has grown since it began, without what it maps of
/// files: how much of its libraries lies in memory is the kernel's affair. What other threads take meanwhile
/// counts too: a limit on it has to leave them room.
class MemoryGauge {
 public:
  MemoryGauge();
  ~MemoryGauge();
  MemoryGauge(const MemoryGauge&) = delete;
  MemoryGauge& operator=(const MemoryGauge&) = delete;

  /// So many bytes of what it has grown do not count, nor what it has not grown yet.
  void forgive(std::int64_t bytes) noexcept;
  /// What the process has now, in bytes (proc(5), "statm"). Both are 0 without /proc. Under a sanitizer
  /// `grown` counts no more than what is allocated, and `data` is 0.
  struct Reading {
    std::int64_t grown;  // resident, of no file, beyond what it had and was forgiven
    std::int64_t data;   // its own, used or not
  };
  [[nodiscard]] Reading read() const noexcept;

 private:
  struct Now {
    std::int64_t resident = 0;              // and of no file
    std::optional<std::int64_t> allocated;  // as a sanitizer counts it
    std::int64_t data = 0;
  };
  [[nodiscard]] Now now() const noexcept;

  int fd_;
  std::int64_t page_;
  Now before_;
};

}  // namespace vcplay::media
