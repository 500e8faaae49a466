// How far behind its making a live source is heard.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace vcplay::media {

/// How a producer behaves towards whoever does not take its sound at once.
enum class Pace : std::uint8_t {
  unknown,  // for the first second
  file,     // it waits: nothing is ever left out
  live,     // it does not: what piles up is delay
};

/// Tells a producer that waits from one that does not, and keeps the second at a constant distance: it says
/// when to hold its sound back, what of it is too late, and by how much the rest is to be stretched so that
/// two clocks that differ neither run dry nor fall behind. Of a producer of whom nobody said that it is
/// live, all is played that was made before audio could flow, and what it gives at once after a silence;
/// the distance comes about by stretching. Knows no thread and asks no clock. Sizes count samples per
/// channel at 48 kHz.
class LivePace {
 public:
  static constexpr double kMostStretch = 0.005;  // inaudible: a twelfth of a semitone
  static constexpr Duration kProbation = 1s;
  // What a pipe held when it was opened comes at once, and tells nothing of the pace.
  static constexpr Duration kBacklog = 100ms;
  static constexpr double kFasterThanAnyClock =
      1.2;  // as a live producer's portions make it seem at the most
  static constexpr Duration kMostExcess = 1s;
  static constexpr Duration kTolerance = 40ms;

  /// `latency`: from the producer to the sender. `certain`: somebody said that it is live.
  LivePace(Duration latency, bool certain);

  /// Where the sound is that came and has not been sent.
  struct Level {
    std::uint64_t came = 0;  // in all
    std::size_t queued = 0;  // encoded
    std::size_t held = 0;    // not yet
    bool is_full = false;    // there is no room to encode all of it
    bool is_taken = false;   // the sender has begun to take it
  };
  struct Orders {
    std::size_t leave_out = 0;  // so many of the oldest held samples come too late: whole frames of them
    bool hold = false;          // encode none of them for now
    bool wait = false;          // encode all, as there is room, and let the producer wait
    double stretch = 0;         // of what comes next: 0.001 makes 1,001 samples of 1,000
  };
  /// Whenever sound has come, and while it is held at least as often as its patience is over.
  [[nodiscard]] Orders on_sound(const Level& level, TimePoint now);

  /// No order has been followed: the distance is set anew. What is known of the producer stays, and how far
  /// it has moved away by itself tells its drift.
  void start_over(TimePoint now) noexcept;

  [[nodiscard]] Pace pace() const noexcept;
  /// How long after the call that held sound back on_sound() is wanted again, whether more came or not.
  [[nodiscard]] Duration patience() const noexcept { return latency_; }

  /// True when a live producer's distance has left its bounds: then no order has been followed for a while.
  [[nodiscard]] bool is_off() const noexcept;
  /// True once a producer that was said to be live has given more than any clock makes.
  [[nodiscard]] bool outran_time() const noexcept { return outran_; }

  [[nodiscard]] Duration latency() const noexcept;  // smoothed
  [[nodiscard]] double drift() const noexcept {
    return drift_;
  }  // the producer's clock runs fast by this part
  [[nodiscard]] std::uint64_t stalls() const noexcept { return stalls_; }
  [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }  // samples

 private:
  enum class State : std::uint8_t {
    unknown,
    file,
    starting,   // live from here on: the sender does not take yet, or the distance is still to be set
    following,  // at that distance
    filling,    // it ran dry
  };

  void find_out(const Level& level, TimePoint now);
  [[nodiscard]] bool has_outrun(const Level& level, TimePoint now) const;
  [[nodiscard]] bool is_fast(const Level& level, TimePoint now) const;
  [[nodiscard]] Orders before_the_start(const Level& level, TimePoint now);
  [[nodiscard]] bool fills_up(const Level& level, TimePoint now);
  void begin_at(double waiting, TimePoint now);
  void set_distance(double waiting, TimePoint now);
  [[nodiscard]] Orders leave_out_excess(const Level& level, TimePoint now);
  [[nodiscard]] double stretch(std::size_t waiting, TimePoint now);

  const Duration latency_;
  const double target_;  // samples
  const bool certain_;
  State state_;
  bool starts_over_ = false;  // two clocks differed, and only what they differed by is too much
  bool outran_ = false;
  TimePoint began_{};
  std::uint64_t before_all_ = 0;  // what had come then
  TimePoint first_{};             // when what came behind the backlog began to count
  std::uint64_t before_ = 0;      // what had come until then
  TimePoint taken_{};             // since when the sender is known to take
  TimePoint filling_since_{};
  TimePoint set_at_{};    // when the distance was set,
  double set_level_ = 0;  // and to what
  TimePoint last_{};
  double level_ = 0;  // samples, smoothed
  double ahead_ = 0;  // so many more than the target were there at the beginning, and still are
  double drift_ = 0;
  std::uint64_t stalls_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace vcplay::media
