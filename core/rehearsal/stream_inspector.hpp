// One voice session's RTP stream, judged packet by packet.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "rehearsal/ledger.hpp"
#include "rehearsal/nonce_set.hpp"
#include "rehearsal/taken_packets.hpp"
#include "rtp/header.hpp"

namespace vcplay::rehearsal {

/// An authenticated packet.
struct InspectedPacket {
  rtp::ParsedHeader header;
  std::uint32_t nonce = 0;
  NonceSet& spent;        // under the packet's key
  std::size_t bytes = 0;  // of the whole datagram
  bool is_silence = false;
  TimePoint arrival{};
};

/// Checks what a receiver can check of one session's packets: nonces, counters, times, bursts and silence.
class StreamInspector {
 public:
  StreamInspector(Ledger& ledger, bool unthrottled) : ledger_(ledger), unthrottled_(unthrottled) {}

  /// False for a repeated nonce: such a packet reaches nobody.
  bool accept(const InspectedPacket& packet);
  /// So many packets were there but could not be read, or were lost on our side: their numbers are spent.
  void excuse_gap(std::uint64_t packets) noexcept { excused_gap_ += packets; }
  /// A packet that a script of faults took on its way: it is not missing.
  void take(std::uint16_t sequence, TimePoint arrival);
  [[nodiscard]] const TakenPackets& taken() const noexcept { return taken_; }
  /// SPEAKING came. All packets that arrived before it have been accepted.
  void on_speaking(std::uint8_t flags, TimePoint now);
  /// From now on the account is not blamed for how the stream ends.
  void excuse_end() noexcept { end_excused_ = true; }
  /// From now on it is blamed again.
  void expect_end() noexcept { end_excused_ = false; }
  [[nodiscard]] bool is_end_excused() const noexcept { return end_excused_; }
  /// The voice session is over.
  void on_end();

 private:
  struct Last {
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    TimePoint arrival{};
  };

  void check_order(const InspectedPacket& packet);
  void check_timestamp(const InspectedPacket& packet, std::uint32_t packets);
  void check_burst(TimePoint arrival);
  void check_pause(const InspectedPacket& packet);
  [[nodiscard]] bool may_have_fallen_silent() const noexcept;
  void measure_arrival(const InspectedPacket& packet, bool goes_on);
  void count(const InspectedPacket& packet);

  Ledger& ledger_;
  const bool unthrottled_;
  std::optional<Last> last_;
  std::uint64_t excused_gap_ = 0;
  TakenPackets taken_;
  std::uint64_t taken_since_audio_ = 0;
  bool end_excused_ = false;
  std::uint8_t speaking_ = 0;
  bool audio_since_speaking_ = false;
  std::uint64_t trailing_silence_ = 0;
  bool fell_silent_ = false;  // enough of it since SPEAKING 0

  std::array<TimePoint, 4> recent_{};  // arrivals, a ring
  std::uint64_t arrivals_ = 0;         // since the last burst
  TimePoint anchor_{};
  std::uint64_t media_time_ = 0;  // samples since the anchor
};

}  // namespace vcplay::rehearsal
