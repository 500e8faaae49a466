// A sound that shows when each part of it was made, and the listener who measures that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/opus_frame.hpp"
#include "base/thread_annotations.hpp"

namespace vcplay::soak {

inline constexpr std::uint64_t kPulseSamples = kSampleRate;  // from one pulse to the next

/// Samples `from` to `from + count` of a murmur with a loud pulse in front of each second, as stereo s16le.
[[nodiscard]] std::string pulses(std::uint64_t from, std::size_t count);

/// Notes the pulses that a listener hears. Any thread.
class PulseEar {
 public:
  /// 20 ms of interleaved stereo that are heard from `now` on.
  void hear(const float* interleaved, std::size_t samples, TimePoint now);

  struct Pulse {
    std::uint64_t position = 0;  // samples since the first one that was heard
    TimePoint when{};
  };
  [[nodiscard]] std::vector<Pulse> pulses() const;

 private:
  mutable Mutex mutex_;
  std::uint64_t position_ GUARDED_BY(mutex_) = 0;
  std::vector<Pulse> pulses_ GUARDED_BY(mutex_);
};

}  // namespace vcplay::soak
