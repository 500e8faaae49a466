// How sound is followed that is made while it is heard.
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace vcplay::media {

struct LiveOptions {
  enum class Which : std::uint8_t {
    find_out,  // a pipe whose producer does not wait for us
    every,     // every pipe and every address
    none,      // for encode and --fast, which go by no clock
  };
  static constexpr Duration kShortestLatency = std::chrono::milliseconds(40);
  static constexpr Duration kLongestLatency = std::chrono::milliseconds(1'000);

  Which which = Which::find_out;
  Duration latency = std::chrono::milliseconds(300);  // from the producer to the sender
};

/// How a live input is being followed.
struct LiveFigures {
  bool live = false;         // the present track is
  Duration latency{};        // at present, smoothed
  double drift = 0;          // its clock runs fast by this part
  std::uint64_t stalls = 0;  // it fell silent so often, in the whole run
  Duration left_out{};       // of the run's sound, because it came too late, or faster than it can be heard
};

}  // namespace vcplay::media
