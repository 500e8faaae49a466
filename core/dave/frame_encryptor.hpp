// DAVE's place on the sender's line: from OpusFrames to protocol frames, or to nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "base/packet.hpp"
#include "crypto/aead.hpp"
#include "dave/key_ratchet.hpp"

namespace vcplay::dave {

/// How many generations a FrameEncryptor has keys for. Each is 2^24 frames, 93 hours of audio; sixteen are 62
/// days in which nobody comes or goes and no voice server restarts. Deriving more would only cost memory.
inline constexpr std::uint32_t kGenerationsReady = 16;

/// Encrypts our frames for one epoch, every nonce once: 1 for the first one, and so on.
///
/// Made on the network thread, where all its keys are derived, because that allocates; then it belongs
/// to the sender thread.
class FrameEncryptor final : public FrameTransform {
 public:
  /// `frames_before` frames count as sent already: for tests of what takes days.
  explicit FrameEncryptor(KeyRatchet ratchet, std::uint32_t frames_before = 0);

  /// 0 when the keys are used up, or when an Opus packet is longer than the RFC allows.
  [[nodiscard]] std::size_t apply(ByteSpan buffer, std::size_t size) noexcept override;

 private:
  std::vector<crypto::AesGcmSealer> generations_;
  std::uint32_t nonce_;  // of the frame sent last
};

/// Lets the exact silence packet through, which every receiver accepts in the clear, and nothing else: what
/// stands on the line while there is no key.
class SilenceOnly final : public FrameTransform {
 public:
  [[nodiscard]] std::size_t apply(ByteSpan buffer, std::size_t size) noexcept override;
};

}  // namespace vcplay::dave
