#include "rehearsal/stream_inspector.hpp"

#include <fmt/format.h>

#include <chrono>

#include "base/milliseconds.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr std::uint64_t kTrailingSilence = 5;  // Discord, "Voice Connections", "Voice Data Interpolation"
constexpr Duration kBurstWindow = 20ms;        // five packets within it are a burst
constexpr std::uint32_t kLargestLoss = 1000;   // a longer jump of the sequence is a restart, not a loss

// A timestamp may run on with real time over a pause. The sender rounds to whole packets and we see it late.
constexpr Duration kShortestPause = 30ms;  // one slot without a packet, and half of the next for jitter
constexpr Duration kPauseTolerance = 40ms;
// A pause without silence packets: longer than any stall that a busy machine excuses.
constexpr Duration kUnspokenPause = 300ms;
// Beyond this the 20 ms grid starts anew.
constexpr Duration kGridGap = 100ms;

Duration media_duration(std::uint64_t samples) {
  return Duration(samples * 1'000'000 / 48);  // 48 kHz in ns
}

}  // namespace

bool StreamInspector::accept(const InspectedPacket& packet) {
  const bool fresh = packet.spent.insert(packet.nonce);
  const auto step = last_ ? static_cast<std::int16_t>(packet.header.fields.sequence - last_->sequence) : 1;
  if (!fresh) {
    ledger_.breach(Rule::repeated_nonce, fmt::format("the nonce {} came twice under one key", packet.nonce));
    if (step <= 0) return false;  // the same packet once more
  }
  ledger_.facts.bytes_received += packet.bytes;
  ++ledger_.facts.packets_received;
  ledger_.first_arrival("first-packet", packet.arrival);
  check_pause(packet);
  check_order(packet);
  check_burst(packet.arrival);
  count(packet);
  return fresh;
}

void StreamInspector::take(std::uint16_t sequence, TimePoint arrival) {
  taken_.add(sequence, arrival);
  ++taken_since_audio_;
}

/// What was taken may have been silence: nobody opened it.
bool StreamInspector::may_have_fallen_silent() const noexcept {
  return trailing_silence_ + taken_since_audio_ >= kTrailingSilence;
}

void StreamInspector::check_order(const InspectedPacket& packet) {
  const rtp::Header& header = packet.header.fields;
  if (!last_) {
    measure_arrival(packet, false);
    last_ = Last{header.sequence, header.timestamp, packet.arrival};
    return;
  }
  const auto step = static_cast<std::int16_t>(header.sequence - last_->sequence);
  if (step <= 0) {
    ledger_.breach(Rule::wrong_sequence,
                   fmt::format("sequence {} came after {}", header.sequence, last_->sequence));
    return;
  }
  const auto packets = static_cast<std::uint32_t>(step);
  const std::uint32_t gap = packets - 1 - taken_.between(last_->sequence, header.sequence, packet.arrival);
  if (gap > 0 && gap <= kLargestLoss) ledger_.facts.packets_lost += gap;
  if (gap > excused_gap_) {
    ledger_.breach(Rule::wrong_sequence, fmt::format("sequence {} came after {}: {} are missing",
                                                     header.sequence, last_->sequence, gap));
  }
  excused_gap_ -= gap < excused_gap_ ? gap : excused_gap_;
  check_timestamp(packet, packets);
  last_ = Last{header.sequence, header.timestamp, packet.arrival};
}

void StreamInspector::check_timestamp(const InspectedPacket& packet, std::uint32_t packets) {
  const std::uint32_t advance = packet.header.fields.timestamp - last_->timestamp;
  const std::uint32_t expected = packets * rtp::kTimestampStep;
  const Duration elapsed = packet.arrival - last_->arrival;
  if (advance == expected) {
    media_time_ += advance;
    measure_arrival(packet, unthrottled_ || elapsed - media_duration(advance) < kGridGap);
    return;
  }
  measure_arrival(packet, false);
  const bool whole_packets = advance > expected && advance % rtp::kTimestampStep == 0;
  const Duration off = media_duration(advance) - elapsed;
  const bool runs_with_time =
      unthrottled_ || (elapsed > kShortestPause && off <= kPauseTolerance && off >= -kPauseTolerance);
  if (whole_packets && runs_with_time) return;
  ledger_.breach(
      Rule::wrong_timestamp,
      fmt::format("the timestamp went from {} to {} over {} packet(s) and {:.1f} ms, {} would be right",
                  last_->timestamp, packet.header.fields.timestamp, packets, milliseconds(elapsed),
                  last_->timestamp + expected));
}

void StreamInspector::measure_arrival(const InspectedPacket& packet, bool goes_on) {
  if (!goes_on) {
    anchor_ = packet.arrival;
    media_time_ = 0;
  } else if (!unthrottled_) {
    ledger_.arrival.add(packet.arrival - (anchor_ + media_duration(media_time_)));
  }
}

void StreamInspector::check_burst(TimePoint arrival) {
  if (unthrottled_) return;
  TimePoint& four_ago = recent_[arrivals_ % recent_.size()];
  const bool is_burst = arrivals_ >= recent_.size() && arrival - four_ago < kBurstWindow;
  if (is_burst) {
    ledger_.breach(Rule::burst,
                   fmt::format("five packets arrived within {:.1f} ms", milliseconds(arrival - four_ago)));
    arrivals_ = 0;
    return;
  }
  four_ago = arrival;
  ++arrivals_;
}

void StreamInspector::check_pause(const InspectedPacket& packet) {
  if (unthrottled_ || !last_ || !audio_since_speaking_ || speaking_ == 0) return;
  const Duration elapsed = packet.arrival - last_->arrival;
  if (elapsed <= kUnspokenPause || may_have_fallen_silent()) return;
  ledger_.breach(Rule::missing_silence,
                 fmt::format("a pause of {:.0f} ms came after {} silence packets instead of 5",
                             milliseconds(elapsed), trailing_silence_));
}

void StreamInspector::count(const InspectedPacket& packet) {
  if (packet.is_silence) {
    ++ledger_.facts.silence_packets;
    ++trailing_silence_;
    fell_silent_ = fell_silent_ || trailing_silence_ >= kTrailingSilence;
    return;
  }
  ++ledger_.facts.audio_packets;
  trailing_silence_ = 0;
  taken_since_audio_ = 0;
  audio_since_speaking_ = true;
  ledger_.facts.speaking_ended = false;
  ledger_.first_arrival("first-audio", packet.arrival);
  ledger_.latest_arrival("last-audio", packet.arrival);
}

void StreamInspector::on_speaking(std::uint8_t flags, TimePoint now) {
  if (flags != 0) {
    ledger_.first("speaking", now);
  } else {
    ledger_.latest("speaking-off", now);
    ledger_.facts.speaking_ended = true;
    // Without a clock the next audio may overtake the word on the silence before it.
    const bool silence_came_before = unthrottled_ && fell_silent_;
    if (audio_since_speaking_ && !may_have_fallen_silent() && !silence_came_before) {
      ledger_.breach(Rule::missing_silence,
                     fmt::format("SPEAKING 0 came after {} silence packets instead of 5", trailing_silence_));
    }
    audio_since_speaking_ = false;
    fell_silent_ = false;
  }
  speaking_ = flags;
}

void StreamInspector::on_end() {
  if (end_excused_) return;
  if (audio_since_speaking_ && !may_have_fallen_silent()) {
    ledger_.breach(Rule::missing_silence,
                   fmt::format("the stream ended after {} silence packets instead of 5", trailing_silence_));
  }
  if (speaking_ != 0) {
    ledger_.breach(Rule::speaking_not_ended, "the voice session ended without SPEAKING 0");
  }
}

}  // namespace vcplay::rehearsal
