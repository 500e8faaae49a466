// How much memory this process has come to use since something began.
#pragma once

#include <cstdint>

namespace vcplay::media {

/// Measures how far the resident memory of the process has grown since it began. What other threads take
/// meanwhile counts too: a limit on it has to leave them room.
class MemoryGauge {
 public:
  MemoryGauge();
  ~MemoryGauge();
  MemoryGauge(const MemoryGauge&) = delete;
  MemoryGauge& operator=(const MemoryGauge&) = delete;

  /// So many bytes of what it has grown do not count, nor what it has not grown yet.
  void forgive(std::int64_t bytes) noexcept;
  /// What the process has now, in bytes (proc(5), "statm"). Both are 0 without /proc. Under a sanitizer,
  /// which keeps what was freed, `grown` is a guess and `data` 0.
  struct Reading {
    std::int64_t grown;  // resident, beyond what it had and was forgiven
    std::int64_t data;   // its own, used or not
  };
  [[nodiscard]] Reading read() const noexcept;

 private:
  struct Pages {
    std::int64_t resident = 0;
    std::int64_t data = 0;
  };
  [[nodiscard]] Pages pages() const noexcept;

  int fd_;
  std::int64_t page_;
  std::int64_t before_;
};

}  // namespace vcplay::media
