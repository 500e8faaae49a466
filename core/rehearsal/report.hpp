// What a rehearsal found out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::rehearsal {

/// A breach of the protocol or of the listener's expectations.
struct Finding {
  std::string rule;    // stable word, e.g. "audio-before-speaking"
  std::string detail;  // one sentence
  std::uint64_t count = 1;
};

/// A moment of the join as the servers saw it.
struct Phase {
  std::string name;   // stable word, e.g. "gateway-hello", "identify", "ready", "voice-server", …
  Duration since_start{};  // since the first connection arrived
};

/// Errors of a series of deadlines, in microseconds.
struct Pacing {
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
  std::uint64_t samples = 0;
};

/// Of |interval - 20 ms| or lateness values in µs; sorts its copy.
[[nodiscard]] Pacing pacing_of(std::vector<double> errors_us);

struct Report {
  std::vector<Finding> findings;
  std::vector<Phase> phases;
  std::string mode;                    // transport encryption
  std::uint64_t packets_received = 0;  // by the media server, authenticated
  std::uint64_t packets_forwarded = 0; // to the listener
  std::uint64_t packets_heard = 0;     // opened and decoded by the listener
  std::uint64_t packets_lost = 0;      // gaps in the sequence
  std::uint64_t silence_packets = 0;
  std::uint64_t audio_packets = 0;
  Duration heard{};                    // audio, silence not counted
  Pacing arrival;                      // |arrival - (first + n × 20 ms)|, kernel time stamps, re-anchored after gaps
  std::optional<double> loudness_lufs; // integrated, EBU R128; nothing for silence
  double true_peak_dbtp = -200;
  std::uint64_t clipped_samples = 0;   // |sample| ≥ 1 after decoding
  bool speaking_ended = false;         // SPEAKING 0 came after the last audio
  bool left_cleanly = false;           // op 4 with channel null came before the sockets closed
};

}  // namespace vcplay::rehearsal
