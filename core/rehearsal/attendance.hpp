// Who of the members in this process comes and goes when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/world.hpp"

namespace vcplay::rehearsal {

/// Reads the members' scripts and draws who churns; whoever asks carries it out. The same options and times
/// give the same moves. Lives on the rehearsal's thread.
///
/// With an unthrottled sender its clock is what was played, from the first audio packet on.
class Attendance {
 public:
  struct Move {
    Snowflake user;
    bool joins = false;
  };

  explicit Attendance(const World& world);

  /// What scripts wait for; each counts when it comes first.
  void give(Cue cue, TimePoint now);
  void on_audio(Snowflake speaker, TimePoint now);
  /// The next move that is due by `now`.
  [[nodiscard]] std::optional<Move> next(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

 private:
  [[nodiscard]] MemberScript script_of(std::size_t listener) const;
  [[nodiscard]] TimePoint clock(TimePoint now) const noexcept;
  [[nodiscard]] bool counts_packets() const noexcept;
  void go_on(std::size_t listener, bool joined, TimePoint when);
  [[nodiscard]] std::optional<Move> draw();

  struct Plan {
    std::size_t listener;
    bool joins;
  };

  const World& world_;
  std::vector<Cue> given_;
  std::multimap<TimePoint, Plan> plans_;
  std::map<std::size_t, TimePoint> leaves_for_good_;
  std::mt19937 random_;
  std::optional<TimePoint> churn_due_;
  bool somebody_left_last_ = false;
  std::optional<Snowflake> speaker_;  // the one whose audio is the clock
  TimePoint first_audio_{};
  TimePoint last_audio_{};
  std::uint64_t audio_packets_ = 0;
};

}  // namespace vcplay::rehearsal
