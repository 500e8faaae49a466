#include "dave/frame_encryptor.hpp"

#include <algorithm>

#include "dave/protocol_frame.hpp"

namespace vcplay::dave {

FrameEncryptor::FrameEncryptor(KeyRatchet ratchet, std::uint32_t frames_before) : nonce_(frames_before) {
  generations_.reserve(kGenerationsReady);
  while (generations_.size() < kGenerationsReady) generations_.emplace_back(ratchet.next_key().view());
}

std::size_t FrameEncryptor::apply(ByteSpan buffer, std::size_t size) noexcept {
  if (size > kMaxOpusBytes || buffer.size() < size + kMaxDaveOverhead) return 0;
  const std::uint32_t nonce = nonce_ + 1;
  const std::uint32_t generation = nonce >> kGenerationShift;
  if (generation >= kGenerationsReady) return 0;
  nonce_ = nonce;  // spent, whatever becomes of the frame

  const ByteSpan tag = buffer.subspan(size, kTagBytes);
  if (!generations_[generation].seal(full_nonce(nonce), {}, buffer.first(size), tag)) return 0;
  std::size_t end = size + kTagBytes;
  end += write_uleb128(nonce, buffer.subspan(end));
  const std::size_t supplement = end - size + 1 + kMagicMarker.size();
  buffer[end++] = static_cast<std::uint8_t>(supplement);
  for (const std::uint8_t byte : kMagicMarker) buffer[end++] = byte;
  return end;
}

std::size_t SilenceOnly::apply(ByteSpan buffer, std::size_t size) noexcept {
  const bool is_silence = size == kOpusSilence.size() && buffer.size() >= size &&
                          std::equal(kOpusSilence.begin(), kOpusSilence.end(), buffer.begin());
  return is_silence ? size : 0;
}

}  // namespace vcplay::dave
