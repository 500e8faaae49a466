// What was sent in all channels of a run, in numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "send/sender.hpp"

namespace vcplay::cli {

/// The sums over some senders.
struct Figures {
  std::uint64_t packets = 0;
  std::uint64_t audio_packets = 0;
  std::uint64_t unheard = 0;
  std::uint64_t dropped = 0;
  std::uint64_t failed = 0;
  std::uint64_t underruns = 0;
  std::uint64_t rebases = 0;
  Duration worst_late{};
  std::optional<TimePoint> first_packet;  // of all
  std::optional<TimePoint> first_audio;
  bool speaking = false;  // one of them is

  void add(const send::SenderStats& stats);
  void add(const Figures& other);
  [[nodiscard]] bool something_was_played() const noexcept { return audio_packets > 0 || unheard > 0; }
};

/// How late the packets of some senders were.
struct Lateness {
  std::vector<std::uint64_t> late_us;  // as SenderStats has it; empty: of no sender yet

  void add(const send::SenderStats& stats);
};

/// How far a stream has come: the track and the frame of the packet that was sent last.
struct StreamPosition {
  std::uint32_t track = 0;
  std::uint64_t frame = 0;
  friend auto operator<=>(const StreamPosition&, const StreamPosition&) = default;
};
[[nodiscard]] StreamPosition position_of(const send::SenderStats& stats) noexcept;

}  // namespace vcplay::cli
