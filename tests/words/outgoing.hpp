// Words for tests of the sender: a stream to fill, a network thread to play, a wire to listen on.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "send/sender.hpp"
#include "stream/frame_log.hpp"

namespace vcplay::send {

constexpr std::size_t kFrameBytes = 40;
constexpr std::uint8_t kMusicToc = 0xFC;
constexpr std::uint32_t kSsrc = 0x5EED;

/// One datagram, opened.
struct Heard {
  rtp::Header header;
  std::uint32_t nonce = 0;
  Bytes payload;  // empty: the datagram did not open
  bool marker = false;
};

/// Keeps every datagram and opens it with the key that the sender was given.
struct Wire {
  explicit Wire(rtp::TransportMode transport_mode = rtp::TransportMode::aes256_gcm_rtpsize)
      : mode(transport_mode) {}

  rtp::TransportMode mode;
  SendResult answer = SendResult::sent;
  bool deaf = false;             // keeps nothing
  std::vector<Bytes> datagrams;  // RTP alone
  std::vector<Bytes> keepalives;

  [[nodiscard]] std::vector<Heard> heard() const {
    rtp::TransportOpener opener(mode, rtp::TransportKey());
    std::vector<Heard> all;
    for (Bytes datagram : datagrams) {
      Heard& one = all.emplace_back();
      const auto parsed = rtp::parse_header(datagram);
      if (!parsed) continue;
      one.header = parsed->fields;
      one.marker = parsed->marker;
      if (const auto opened = opener.open(datagram, parsed->clear_bytes)) {
        one.nonce = opened->nonce;
        one.payload.assign(opened->payload.begin(), opened->payload.end());
      }
    }
    return all;
  }

  /// The story in words: "s" for a silence packet, "r" for one that resets decoders, the number for a frame
  /// of media, "?" for anything else.
  [[nodiscard]] std::string story() const {
    std::string words;
    for (const Heard& one : heard()) {
      if (!words.empty()) words += ' ';
      if (std::equal(one.payload.begin(), one.payload.end(), kOpusSilence.begin(), kOpusSilence.end())) {
        words += 's';
      } else if (std::equal(one.payload.begin(), one.payload.end(), kOpusReset.begin(), kOpusReset.end())) {
        words += 'r';
      } else if (one.payload.size() == kFrameBytes && one.payload[0] == kMusicToc) {
        words += std::to_string(load_be32(ByteView(one.payload).subspan(1)));
      } else {
        words += '?';
      }
    }
    return words;
  }
};

class WireSink final : public PacketSink {
 public:
  explicit WireSink(Wire& wire) noexcept : wire_(wire) {}
  [[nodiscard]] SendResult send(ByteView packet) noexcept override {
    if (wire_.deaf) return wire_.answer;
    const bool is_rtp = packet.size() > 8;
    (is_rtp ? wire_.datagrams : wire_.keepalives).emplace_back(packet.begin(), packet.end());
    return wire_.answer;
  }

 private:
  Wire& wire_;
};

/// Numbers frames as they go into the stream, as a media thread would.
inline void queue_frames(stream::FrameLog& log, int count, std::uint32_t& next) {
  for (int i = 0; i < count; ++i, ++next) {
    OpusFrame* const frame = log.claim();
    frame->bytes[0] = kMusicToc;
    store_be32(ByteSpan(frame->bytes).subspan(1), next);
    frame->size = kFrameBytes;
    frame->track = 7;
    frame->track_frame = next;
    log.publish();
  }
}

[[nodiscard]] inline StartStream stream_to(Wire& wire, rtp::Header first) {
  StartStream start;
  start.sink = std::make_unique<WireSink>(wire);
  start.cipher = std::make_unique<rtp::TransportCipher>(wire.mode, rtp::TransportKey());
  start.first = first;
  return start;
}

}  // namespace vcplay::send
