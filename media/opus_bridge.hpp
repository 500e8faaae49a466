// From Opus that is SILK to Opus that is CELT, without the gap between them that a decoder has to conceal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace vcplay::media {

inline constexpr std::size_t kBridgeSamples = 240;  // RFC 6716 s4.5.1: 5 ms
inline constexpr std::size_t kLongestBridge = 257;  // s4.5.1.3, bytes

/// 5 ms of CELT whose decoding needs nothing of what came before.
struct CeltFrame {
  std::vector<std::uint8_t> bytes;  // without the packet's first one
  std::uint32_t final_range = 0;    // of the range coder
};

/// What a CeltFrame has to be like to end a packet whose first byte is `toc`.
struct BridgeForm {
  bool is_needed = false;  // the packet is SILK, or SILK and CELT
  bool is_stereo = false;
  bool is_narrow = false;  // up to 4 kHz; else up to 8
};
[[nodiscard]] BridgeForm bridge_form(std::uint8_t toc) noexcept;

/// False for a last packet with so much CELT above SILK that losing it for a bridge would be noticed.
/// `packets`: of 20 ms, those before the last one for a decoder to get on course.
[[nodiscard]] bool leads_on(const std::deque<std::vector<std::uint8_t>>& packets);

/// The last of `packets` again, with `celt` at its end, which tells once more what its last 5 ms sound
/// like: CELT that follows takes up there. What is said before stays the same to the sample, or for a
/// packet that had CELT above SILK, nearly so: it loses that. Nothing where it cannot be done, or would
/// lose more than going without.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> with_bridge(
    const std::deque<std::vector<std::uint8_t>>& packets, const CeltFrame& celt);

}  // namespace vcplay::media
