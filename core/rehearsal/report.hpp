// What a rehearsal found out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/snowflake.hpp"

namespace vcplay::rehearsal {

/// A breach of the protocol or of the listener's expectations.
struct Finding {
  std::string rule;    // stable word of rules.hpp, e.g. "audio-before-speaking"
  std::string detail;  // one sentence about the first time
  std::uint64_t count = 1;
};

/// A moment of the join as the servers saw it. The words, in the order of a good run: gateway-connected,
/// identify, ready-sent, join-request, voice-connected, voice-identify, discovery, select-protocol,
/// session-description, speaking, first-packet, first-audio, last-audio, speaking-off, leave-request,
/// gateway-closed. After a lost connection also voice-resumed, the latest time.
struct Phase {
  std::string name;
  Duration since_start{};  // since the account's first connection arrived
};

/// Errors of a series of deadlines, in microseconds.
struct Pacing {
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
  std::uint64_t samples = 0;
};

/// Of |interval - 20 ms| or lateness values in µs, by nearest rank; sorts its copy.
[[nodiscard]] Pacing pacing_of(std::vector<double> errors_us);

/// What one member of the call, who lives in this process, heard of the account.
struct ListenerReport {
  std::string name;
  Snowflake user;
  std::uint64_t entitled = 0;  // packets that were sent while it could know the key: the sum of the following
  std::uint64_t heard = 0;
  std::uint64_t lost = 0;  // gaps in the sequence
  std::uint64_t undecryptable = 0;
};

/// End-to-end encryption of the account's stream.
struct EncryptionReport {
  int version = 0;           // DAVE's, in force last; 0: none
  std::uint64_t epochs = 0;  // of the group while the account was in it
  // Of the latest of them:
  std::uint64_t epoch = 0;
  std::string privacy_code;  // 30 digits, empty: there was none
  std::size_t members = 0;
  std::size_t confirmations = 0;  // members in this process who computed that code
  /// Of the latest few epochs, the latest last: who has just left may not have heard of that one.
  std::vector<std::string> recent_codes;
  // Packets:
  std::uint64_t decrypted = 0;      // by somebody here
  std::uint64_t undecryptable = 0;  // for somebody who was entitled to hear them
  std::uint64_t plaintext = 0;      // where that is forbidden; not forwarded
  std::uint64_t clear = 0;          // audio where that is allowed: on a stage, say
  std::uint64_t silence = 0;        // in the clear, as everybody may

  /// All audio that was not encrypted, allowed or not.
  [[nodiscard]] std::uint64_t in_plain_text() const noexcept { return plaintext + clear; }
};

/// Something that was ordered to go wrong.
struct InjectedFault {
  std::string fault;       // in the words of a script
  Duration since_audio{};  // the account's first
};

struct Report {
  std::vector<Finding> findings;
  std::vector<Phase> phases;            // in order of time
  std::string mode;                     // transport encryption
  std::uint64_t packets_received = 0;   // by the media server, authenticated
  std::uint64_t packets_forwarded = 0;  // to the listener
  std::uint64_t packets_heard = 0;      // opened and decoded by the listener
  std::uint64_t packets_lost = 0;       // gaps in the sequence
  std::uint64_t silence_packets = 0;
  std::uint64_t audio_packets = 0;
  std::uint64_t bytes_received = 0;             // of whole datagrams, authenticated
  std::uint64_t packets_dropped_by_script = 0;  // taken on their way by order; they are not lost
  std::uint64_t keepalives = 0;                 // datagrams that are neither discovery nor media
  /// The account's own messages in their order, refused ones included, up to kMostWords of them. The words:
  /// gateway-identify, gateway-resume, voice-state (op 4 with a channel), voice-state-null (without),
  /// voice-identify, voice-resume, select-protocol, speaking-on, speaking-off.
  std::vector<std::string> wire;
  static constexpr std::size_t kMostWords = 256;
  std::vector<std::string> channel_statuses;  // that the account set, up to kMostWords; empty: cleared
  std::uint64_t gateway_identifies = 0;       // of `wire`, without a bound
  std::uint64_t voice_identifies = 0;         // likewise
  std::uint64_t gateway_resumes = 0;          // lost connections to the main gateway that were made good
  std::uint64_t voice_resumes = 0;            // … to the voice gateway
  std::vector<InjectedFault> faults;          // in order of time
  Duration longest_gap{};  // without audio for the listener, between the first of it and the last
  Duration heard{};        // audio, silence not counted
  Pacing arrival;          // |arrival - (first + n × 20 ms)|, kernel time stamps, re-anchored after gaps
  std::optional<double> loudness_lufs;  // integrated, EBU R128; nothing for silence
  double true_peak_dbtp = -200;
  std::uint64_t clipped_samples = 0;  // |sample| ≥ 1 after decoding
  bool speaking_ended = false;        // SPEAKING 0 came after the last audio
  bool left_cleanly = false;          // op 4 with channel null came before the sockets closed
  bool was_removed = false;           // from the channel, by whoever may do that, and did not come back
  EncryptionReport encryption;
  std::vector<ListenerReport> listeners;  // those who heard anything, or should have
};

/// "Every member who was entitled to hear heard every packet.", or who missed what.
[[nodiscard]] std::string verdict_on_hearing(const Report& report);

/// One JSON object; every name in it is stable.
[[nodiscard]] std::string to_json(const Report& report);
/// How much of it a person wants to read.
enum class Detail : std::uint8_t {
  findings,    // and nothing else
  one_screen,  // what was found, heard and encrypted
  all,         // and when what happened
};
/// For a person: a few aligned lines, each ending with a newline.
[[nodiscard]] std::string to_text(const Report& report, Detail detail = Detail::all);

}  // namespace vcplay::rehearsal
