#include "cli/figures.hpp"

#include <algorithm>

namespace vcplay::cli {
namespace {

template <class Value>
Value look(const std::atomic<Value>& value) noexcept {
  return value.load(std::memory_order_relaxed);
}

void take_earlier(std::optional<TimePoint>& first, std::optional<TimePoint> other) {
  if (other) first = first ? std::min(*first, *other) : *other;
}

/// Nothing for 0: it has not happened.
std::optional<TimePoint> moment(std::int64_t nanoseconds) {
  return nanoseconds == 0 ? std::nullopt : std::optional(TimePoint(Duration(nanoseconds)));
}

}  // namespace

void Figures::add(const send::SenderStats& stats) {
  packets += look(stats.packets);
  audio_packets += look(stats.audio_packets);
  unheard += look(stats.unheard);
  dropped += look(stats.dropped);
  failed += look(stats.failed);
  underruns += look(stats.underruns);
  rebases += look(stats.rebases);
  worst_late = std::max(worst_late, Duration(look(stats.worst_late_ns)));
  take_earlier(first_packet, moment(look(stats.first_packet_ns)));
  take_earlier(first_audio, moment(look(stats.first_audio_ns)));
  speaking = speaking || look(stats.speaking);
}

void Figures::add(const Figures& other) {
  packets += other.packets;
  audio_packets += other.audio_packets;
  unheard += other.unheard;
  dropped += other.dropped;
  failed += other.failed;
  underruns += other.underruns;
  rebases += other.rebases;
  worst_late = std::max(worst_late, other.worst_late);
  take_earlier(first_packet, other.first_packet);
  take_earlier(first_audio, other.first_audio);
  speaking = speaking || other.speaking;
}

void Lateness::add(const send::SenderStats& stats) {
  late_us.resize(stats.late_us.size());
  for (std::size_t i = 0; i < late_us.size(); ++i) late_us[i] += look(stats.late_us[i]);
}

StreamPosition position_of(const send::SenderStats& stats) noexcept {
  return {look(stats.track), look(stats.track_frame)};
}

}  // namespace vcplay::cli
