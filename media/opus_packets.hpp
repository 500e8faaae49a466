// Opus packets as RFC 6716 s3 lays them out, and how those of any length become packets of 20 ms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

struct OpusRepacketizer;  // libopus's own

namespace vcplay::media {

inline constexpr std::size_t kLongestOpus = 5760;  // samples per channel, RFC 6716 s3.2.5: 120 ms

/// How many samples per channel a packet holds at 48 kHz; nothing when it is no Opus packet.
[[nodiscard]] std::optional<std::size_t> opus_samples(ByteView packet) noexcept;

/// The same of a packet of several streams (RFC 6716 appendix B), by its first byte or two alone.
[[nodiscard]] std::optional<std::size_t> opus_time(ByteView packet) noexcept;

/// A part of an Opus stream that is a packet by itself.
struct OpusPiece {
  std::vector<std::uint8_t> bytes;
  std::size_t samples = 0;
  std::string trouble;  // why it cannot be sent as one packet of 20 ms; empty: it can
};

/// Makes packets of 20 ms out of packets of any length, without touching what is encoded in them. One that is
/// right as it is stays as it is, to the byte. Lives on the media thread.
class OpusRegrouper {
 public:
  OpusRegrouper();

  /// What has become complete with `packet`, in order.
  [[nodiscard]] std::vector<OpusPiece> take(ByteView packet);
  /// True while something waits for more of its 20 ms.
  [[nodiscard]] bool waits() const noexcept { return !frames_.empty(); }
  /// What waits for more of its 20 ms, if anything; gives it away.
  [[nodiscard]] std::optional<OpusPiece> take_rest(const std::string& trouble);

 private:
  void split(ByteView packet, std::vector<OpusPiece>& out);
  void take_frame(std::vector<std::uint8_t> frame, std::vector<OpusPiece>& out);
  [[nodiscard]] std::vector<std::uint8_t> joined();

  struct Free {
    void operator()(::OpusRepacketizer* repacketizer) const noexcept;
  };
  std::unique_ptr<::OpusRepacketizer, Free> repacketizer_;
  std::vector<std::vector<std::uint8_t>> frames_;  // packets of one frame, less than 20 ms together
  std::size_t samples_ = 0;                        // in them
};

}  // namespace vcplay::media
