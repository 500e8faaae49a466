// How the channels of an Opus stream lie in its packets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace vcplay::media {

/// The channel mapping of an OpusHead (RFC 7845 s5.1.1).
struct OpusLayout {
  static constexpr std::size_t kMostChannels = 8;

  int channels = 2;
  int streams = 1;  // in each packet
  int coupled = 1;  // of them, those of two channels: the first ones
  std::array<std::uint8_t, kMostChannels> mapping{0, 1};
  bool has_speakers = true;  // family 0 or 1: each channel has its place

  /// One stream of one or two channels, left before right: what every decoder makes of a
  /// packet without being told.
  [[nodiscard]] bool is_plain() const noexcept;
};

/// Nothing where `head` (an OpusHead) has another mapping family, more than eight
/// channels, or contradicts itself.
[[nodiscard]] std::optional<OpusLayout> opus_layout(ByteView head);

/// How loud each channel of `layout` is in the left and in the right one of two (RFC 7845 s5.1.1.5): pairs,
/// left first. Channels without a place are in both alike.
[[nodiscard]] std::vector<std::array<float, 2>> downmix(const OpusLayout& layout);

}  // namespace vcplay::media
