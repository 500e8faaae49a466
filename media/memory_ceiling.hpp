// How much memory may be allocated at most, for the time being.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vcplay::media {

/// Demuxers allocate gigabytes by a few bytes of an index, and ask nobody between one allocation and the
/// next. While a ceiling lives, FFmpeg gets no more at once than it says, and nobody in this process gets any
/// memory beyond a second, higher bound (setrlimit(2), RLIMIT_DATA). Whoever asked ends in AVERROR(ENOMEM)
/// then, before anything is used. Several may live at a time, each for one medium: the one that was made last
/// counts. Any thread.
class MemoryCeiling {
 public:
  static constexpr std::int64_t kUnbounded = INT64_MAX;
  /// In bytes.
  struct Bounds {
    std::size_t at_once;  // by FFmpeg
    std::int64_t data;    // of the process (MemoryGauge), kUnbounded for no bound
    std::int64_t room;    // what the owner may take
  };

  MemoryCeiling();
  ~MemoryCeiling();
  MemoryCeiling(const MemoryCeiling&) = delete;
  MemoryCeiling& operator=(const MemoryCeiling&) = delete;

  /// The user's own limit counts where it is lower.
  void put(const Bounds& bounds) noexcept;
  /// What the owners of ceilings that were made later may take together.
  [[nodiscard]] std::int64_t room_of_later_ones() const noexcept;
  /// Its owner goes and does not give back so many bytes: they are not held against the owners of ceilings
  /// that were made earlier.
  void leave(std::int64_t bytes) noexcept;
  /// So many bytes did owners of later ceilings leave since the last call.
  [[nodiscard]] std::int64_t take_leavings() noexcept;

 private:
  friend struct House;
  Bounds bounds_;              // of all, under one lock
  std::int64_t leavings_ = 0;  // likewise
};

/// While one lives, FFmpeg may allocate 256 MiB at once, ceiling or not: for what the user asked for.
class FreeAllocation {
 public:
  FreeAllocation();
  ~FreeAllocation();
  FreeAllocation(const FreeAllocation&) = delete;
  FreeAllocation& operator=(const FreeAllocation&) = delete;
};

}  // namespace vcplay::media
