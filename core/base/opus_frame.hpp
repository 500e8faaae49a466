// One encoded 20 ms of audio, as it waits in a FrameLog.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace vcplay {

inline constexpr int kSampleRate = 48'000;            // Hz
inline constexpr int kChannels = 2;                   // interleaved stereo
inline constexpr std::size_t kSamplesPerFrame = 960;  // per channel, 20 ms at 48 kHz
inline constexpr std::size_t kMaxOpusBytes = 1276;    // RFC 6716 s3.4: a code 0 packet, TOC and 1275 bytes

/// 960 × 2 interleaved float samples in [-1, 1]: 20 ms of stereo at 48 kHz.
using PcmFrame = std::array<float, kSamplesPerFrame * kChannels>;

/// The Opus packet that says "20 ms of silence"; also the only one that may go out under DAVE in the clear.
inline constexpr std::array<std::uint8_t, 3> kOpusSilence = {0xF8, 0xFF, 0xFE};

/// 20 ms of silence, too (at most one step of 16 bits). It leaves a decoder as good as new for the CELT that
/// follows: it is narrowband SILK, and a change of mode resets the state of CELT (RFC 6716 s4.5.2).
/// kOpusSilence resets nothing: its energies of nearly zero stay in the decoder, the next packets are
/// predicted from them, and come out up to 20 dB too soft.
inline constexpr std::array<std::uint8_t, 3> kOpusReset = {0x08, 0x4C, 0x65};

/// True for both of them.
[[nodiscard]] inline bool is_opus_silence(ByteView packet) noexcept {
  return std::equal(packet.begin(), packet.end(), kOpusSilence.begin(), kOpusSilence.end()) ||
         std::equal(packet.begin(), packet.end(), kOpusReset.begin(), kOpusReset.end());
}

/// One Opus packet of 20 ms and where it comes from.
struct OpusFrame {
  std::array<std::uint8_t, kMaxOpusBytes> bytes;
  std::uint16_t size = 0;         // bytes used
  std::uint32_t track = 0;        // index of the MEDIA argument that it was decoded from
  std::uint64_t track_frame = 0;  // its number within that track, in steps of 20 ms

  [[nodiscard]] ByteView view() const noexcept { return {bytes.data(), size}; }
};

}  // namespace vcplay
