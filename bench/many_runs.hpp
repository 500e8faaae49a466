// The two ways to send to many channels that are compared: vcplay's sender threads, and the least that could
// send at all.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "counting_peer.hpp"

namespace vcplay::bench {

/// From a packet's deadline to its send() call, in whole µs; the last one everything above.
using Lateness = std::array<std::uint64_t, 4096>;
/// `share` of the packets were at most so late, in µs.
[[nodiscard]] double percentile(const Lateness& late, double share);

/// What was measured while all channels played.
struct ManyRun {
  std::uint64_t packets = 0;  // that the sockets took
  std::uint64_t lost = 0;     // that they did not
  std::uint64_t stalls = 0;   // lateness of more than three packets: the Senders' rebases
  std::uint64_t skipped = 0;  // frames that a channel did not send because it was behind the others
  std::size_t threads = 0;
  Duration processor_time{};  // of the threads that send
  Duration time{};
  double kib_per_channel = 0;  // anonymous memory: Sender, ciphers, keys, sockets' buffers of this process
  Lateness late{};
};

/// One stream, end-to-end encrypted for each of `channels`, by SendThreads.
[[nodiscard]] ManyRun run_senders(std::size_t channels, Duration time, const CountingPeer& peer);
/// As many sockets, keys and packets at the same moments: a loop that waits, encrypts, seals and sends.
[[nodiscard]] ManyRun run_bare(std::size_t channels, Duration time, const CountingPeer& peer);

}  // namespace vcplay::bench
