// How much a medium may ask of servers.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace vcplay::media {

/// The most that one medium may cost its servers and us.
struct WebLimits {
  // Until its first sound:
  int connections;     // one for each request, each redirect and each try at one of several addresses
  std::int64_t bytes;  // of answers
  Duration patience;   // from its opening on
  // And with each second after it, in which sound came or was waited for:
  int connections_each_second;
  std::int64_t bytes_each_second;
};

/// For what the user chose. FFmpeg opens each variant of an HLS stream twice before the first sound: its list
/// and a segment. Thirty of them, with keys and redirects, stay below two hundred. The bytes are those of a
/// film's index, fonts and pictures. The time is that of an opening and then of as much reading as
/// RemoteStream waits for. Later, a second of a film on a disc is 16 MB, and segments of a second, each with
/// its list, a key and a redirect, are four.
inline constexpr WebLimits kTrustedLimits = {200, 128LL << 20, std::chrono::seconds(45), 4, 16LL << 20};
/// For what strangers chose: ten variants, a song's pictures, and 32 Mbit/s, which no sound needs.
inline constexpr WebLimits kUntrustedLimits = {60, 32LL << 20, std::chrono::seconds(20), 2, 4LL << 20};

/// Adds up what one medium costs. Knows no clock, no socket and no FFmpeg: whoever charges it says what time
/// it is. Lives on one thread.
class WebBudget {
 public:
  WebBudget(const WebLimits& limits, TimePoint now) : limits_(limits), began_(now) {}

  // ── each returns false when the budget is spent, from then on for ever ──
  bool charge_connection(TimePoint now);
  bool charge_bytes(std::int64_t bytes, TimePoint now);
  /// Nothing but time has passed.
  bool look(TimePoint now);

  /// So much sound came.
  void note_sound(Duration sound, TimePoint now);

  /// Why there will be no more, as the end of a sentence; empty: it is not spent.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
  [[nodiscard]] double credit(TimePoint now) const;
  bool spend(std::string fault);

  const WebLimits limits_;
  const TimePoint began_;
  bool sounds_ = false;
  TimePoint first_sound_{};
  Duration sound_{};
  std::int64_t connections_ = 0;
  std::int64_t bytes_ = 0;
  std::string fault_;
};

}  // namespace vcplay::media
