// What a stream's frames have to do with time.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace vcplay::stream {

/// Says which frame belongs into a slot, and from when on: for all cursors of one stream, whichever threads
/// they live on. A slot is 20 ms. Where it begins is fixed by the first cursor that takes frames after none
/// did; the others take the same frame within these 20 ms. While no cursor takes any, the stream stands
/// still. No locks; the foremost cursor is always right.
class StreamClock {
 public:
  /// So many cursors may take frames at a time.
  static constexpr std::uint64_t kMostTakers = 16'000;

  // ── any thread: when the stream begins ──
  /// Nobody takes a frame until it is opened. To be called before anybody does.
  void hold() noexcept { begins_.store(kNever, std::memory_order_release); }
  void open() noexcept { begins_.store(kLongAgo, std::memory_order_release); }
  /// The first frame is taken in the slot that begins then.
  void open_at(TimePoint begin) noexcept {
    begins_.store(begin.time_since_epoch().count(), std::memory_order_release);
  }
  [[nodiscard]] bool is_held() const noexcept { return begins_.load(std::memory_order_acquire) == kNever; }
  /// True when no frame belongs into a slot that begins at `slot`, yet.
  [[nodiscard]] bool begins_after(TimePoint slot) const noexcept {
    return slot.time_since_epoch().count() < begins_.load(std::memory_order_acquire);
  }
  /// At which moment of each 20 ms the slots begin, counted from the clock's own beginning, so that one of
  /// them begins at the appointed time. Nothing: no time is appointed.
  [[nodiscard]] std::optional<Duration> phase() const noexcept;

  // ── cursors ──
  [[nodiscard]] bool has_takers() const noexcept;
  // `foremost` is the number of the frame that the foremost of them takes next.
  /// A cursor begins to take frames, in the slot that begins at `slot`: the number of the first one.
  [[nodiscard]] std::uint64_t enter(TimePoint slot, std::uint64_t foremost) noexcept;
  /// A cursor that takes frames is about to take `number`: the number that it ought to take. It is a greater
  /// one when the others went on without it. When all were held up together, nobody skips anything.
  [[nodiscard]] std::uint64_t keep_up(TimePoint slot, std::uint64_t number, std::uint64_t foremost) noexcept;
  /// A cursor takes no more.
  void leave() noexcept;

 private:
  static constexpr std::int64_t kLongAgo = INT64_MIN;
  static constexpr std::int64_t kNever = INT64_MAX;

  std::atomic<std::int64_t> begins_{kLongAgo};  // steady clock, ns
  // When frame 0 would have begun, had there been no interruption, in µs of the steady clock (upper 50 bits,
  // signed), and how many cursors take frames (lower 14 bits).
  std::atomic<std::uint64_t> state_{0};
};

}  // namespace vcplay::stream
