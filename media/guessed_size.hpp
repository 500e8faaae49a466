// Sizes that writers put in because they did not know them.
#pragma once

#include <cstdint>

namespace vcplay::media {

/// True for a number of bytes that nobody counted. Who writes into a pipe cannot go back to the header, and
/// puts in nothing, or what is never reached: 2³¹ and its neighbours (arecord, espeak-ng, mplayer; sox 2³¹ -
/// 2²⁴), 2³² (ffmpeg, lame), or all ones of 64 bits.
[[nodiscard]] constexpr bool is_guessed_size(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kNear = 1U << 16U;
  constexpr std::uint64_t kTwoTo31 = 1ULL << 31U;
  constexpr std::uint64_t kTwoTo32 = 1ULL << 32U;
  constexpr std::uint64_t kNeverReached = 1ULL << 48U;
  const bool is_two_to_31 = bytes >= kTwoTo31 - (1U << 24U) - kNear && bytes <= kTwoTo31 + kNear;
  const bool is_two_to_32 = bytes >= kTwoTo32 - kNear && bytes <= kTwoTo32 + kNear;
  return bytes == 0 || is_two_to_31 || is_two_to_32 || bytes >= kNeverReached;
}

/// True for a number of bytes that is too round to be counted: 2³⁰, 10⁹ or 0xFF000000, with a head or without
/// one. Sound of that very size exists, so it ends there; but nobody misses what is not there.
[[nodiscard]] constexpr bool is_round_size(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kSmallest = 1ULL << 28U;
  constexpr std::uint64_t kHead = 128;
  const auto is_near = [bytes](std::uint64_t unit) { return (bytes + kHead) % unit <= 2 * kHead; };
  return bytes >= kSmallest && (is_near(1ULL << 24U) || is_near(100'000'000));
}

}  // namespace vcplay::media
