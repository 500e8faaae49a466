// What the listener of a soak hears, held against what it should.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/opus_frame.hpp"
#include "base/thread_annotations.hpp"
#include "soak/storm.hpp"

namespace vcplay::soak {

/// Frame `number` of a tape: an Opus packet whose padding says which one it is.
void write_frame(std::uint64_t number, OpusFrame& frame);
/// The number of such a frame; nothing for silence.
[[nodiscard]] std::optional<std::uint64_t> number_of(ByteView opus);

/// Hears each frame of the tape, in order, once and in time, or knows of an excuse. Any thread.
class Witness {
 public:
  explicit Witness(std::vector<Excuse> excuses) : excuses_(std::move(excuses)) {}

  void hear(ByteView opus, TimePoint now);

  struct Account {
    std::optional<TimePoint> first;  // audio
    std::optional<TimePoint> latest;
    std::uint64_t heard = 0;    // frames
    std::uint64_t missing = 0;  // between the first one heard and the latest
    Duration longest_silence{};
    std::vector<std::string> complaints;
  };
  [[nodiscard]] Account account() const;
  /// Nothing that happens now is the storm's doing.
  [[nodiscard]] bool is_peace(TimePoint now) const;

 private:
  void judge(std::uint64_t missing, TimePoint now) REQUIRES(mutex_);
  [[nodiscard]] bool is_excused(Duration begin, Duration end) const;

  const std::vector<Excuse> excuses_;
  mutable Mutex mutex_;
  Account account_ GUARDED_BY(mutex_);
  std::uint64_t next_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vcplay::soak
