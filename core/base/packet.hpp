// The packet buffer's shape and the two places where a packet leaves our hands.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/opus_frame.hpp"

namespace vcplay {

// One buffer, filled left to right: [RTP header 12 | protocol frame | tag 16 | nonce 4].
inline constexpr std::size_t kRtpHeaderBytes = 12;
inline constexpr std::size_t kTransportTagBytes = 16;
inline constexpr std::size_t kTransportNonceBytes = 4;
inline constexpr std::size_t kMaxDaveOverhead = 16;  // tag 8, nonce up to 5, size 1, marker 2
inline constexpr std::size_t kMaxProtocolFrameBytes = kMaxOpusBytes + kMaxDaveOverhead;
inline constexpr std::size_t kMaxPacketBytes =
    kRtpHeaderBytes + kMaxProtocolFrameBytes + kTransportTagBytes + kTransportNonceBytes;  // 1324

/// What became of one datagram.
enum class SendResult : std::uint8_t { sent, would_block, failed };

/// Takes finished RTP packets; the sender thread calls it, so it neither allocates, locks nor blocks.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  [[nodiscard]] virtual SendResult send(ByteView packet) noexcept = 0;
};

/// Turns OpusFrames into protocol frames, in place, at the moment of sending: DAVE's place on the line.
class FrameTransform {
 public:
  virtual ~FrameTransform() = default;
  /// `buffer` holds an Opus packet of `size` bytes and has room for kMaxDaveOverhead more.
  /// Returns the protocol frame's size, or 0 when it may not be sent.
  [[nodiscard]] virtual std::size_t apply(ByteSpan buffer, std::size_t size) noexcept = 0;
};

}  // namespace vcplay
