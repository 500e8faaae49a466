// The times of a bot's identifies, as they stand in a file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/wall_time.hpp"

namespace vcplay::host {

/// Lines of 32 bytes, one for each identify, in no order:
///
///     2024-11-21T08:05:00.123Z 5f3a9c↵
///
/// The last word checks the first, so a line that was half written, or is zeros after a power cut, is
/// told from a true one. A line is changed in place and never crosses a page, so a crash can spoil no
/// other than the one being written. Lines that have expired are used again: the file is as long as
/// the bot's busiest day.
class IdentifySlots {
 public:
  static constexpr std::size_t kSlotBytes = 32;
  static constexpr std::size_t kMostSlots = 1024;  // more than Discord grants in a day
  static constexpr std::size_t kMostBytes = kSlotBytes * kMostSlots;

  explicit IdentifySlots(std::string_view file = {});

  /// Lines that could not be read. They count for nothing and are to be written anew.
  [[nodiscard]] std::size_t damaged() const noexcept { return damaged_; }
  /// The identifies after `begin`, the oldest first.
  [[nodiscard]] std::vector<WallTime> after(WallTime begin) const;

  /// Identifies that lie in the future did happen, and nobody knows when: they count as of `now`.
  void count_future_as(WallTime now);
  /// Adds one, in the place of one that was no later than `expired` if there is any.
  void add(WallTime time, WallTime expired);

  struct Change {
    std::size_t offset;
    std::string text;
  };
  /// What is to be written into the file.
  [[nodiscard]] std::vector<Change> changes() const;

 private:
  static constexpr WallTime kFree{};  // the beginning of time
  struct Slot {
    WallTime time = kFree;
    bool changed = false;
  };
  std::vector<Slot> slots_;
  std::size_t damaged_ = 0;
};

}  // namespace vcplay::host
