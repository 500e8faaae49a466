// Discord's transport encryption: the two *_rtpsize modes, sealed in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/secret.hpp"

namespace vcplay::rtp {

/// Discord, "Voice Connections", transport encryption modes.
enum class TransportMode : std::uint8_t { aes256_gcm_rtpsize, xchacha20_poly1305_rtpsize };

[[nodiscard]] std::string_view name(TransportMode mode) noexcept;  // "aead_aes256_gcm_rtpsize", …
[[nodiscard]] std::optional<TransportMode> transport_mode(std::string_view name) noexcept;

inline constexpr std::size_t kTransportKeyBytes = 32;
using TransportKey = SecretArray<kTransportKeyBytes>;

/// One session key and its 32-bit nonce counter, which never repeats under that key.
class TransportCipher {
 public:
  /// Goes on after `sealed` packets that an earlier cipher sealed under the same
  /// key. Throws Error{unexpected}.
  TransportCipher(TransportMode mode, TransportKey key, std::uint64_t sealed = 0);
  /// The counter goes on from `sealed` with the next packet, unless it is beyond that already.
  void continue_after(std::uint64_t sealed) noexcept;
  ~TransportCipher();
  TransportCipher(TransportCipher&&) noexcept;
  TransportCipher& operator=(TransportCipher&&) noexcept;

  /// `buffer` begins with the 12-byte RTP header and `payload` bytes of protocol frame and has room for 20
  /// more. Encrypts in place, authenticating the header, and appends tag (16) and nonce (4, big-endian).
  /// Returns the packet's size, or 0 when the counter is used up (2^32 - 1 packets) or the library failed.
  /// Neither allocates nor locks.
  [[nodiscard]] std::size_t seal(ByteSpan buffer, std::size_t payload) noexcept;

  [[nodiscard]] TransportMode mode() const noexcept;
  /// Packets sealed so far under the key; the next one carries this number + 1 as its nonce.
  [[nodiscard]] std::uint64_t sealed() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The receiving side: opens what a TransportCipher sealed.
/// Keeps no replay window; the nonce is the caller's to judge.
class TransportOpener {
 public:
  TransportOpener(TransportMode mode, TransportKey key);
  ~TransportOpener();
  TransportOpener(TransportOpener&&) noexcept;
  TransportOpener& operator=(TransportOpener&&) noexcept;

  struct Opened {
    ByteSpan payload;         // inside `packet`, decrypted in place
    std::uint32_t nonce = 0;  // the appended counter, read big-endian
  };
  /// `clear_bytes` (of ParsedHeader) is the authenticated part.
  /// Nothing when the packet is short or the tag is wrong.
  [[nodiscard]] std::optional<Opened> open(ByteSpan packet, std::size_t clear_bytes) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// True when AES-GCM runs on the processor's own instructions here.
[[nodiscard]] bool aes_is_accelerated() noexcept;

/// The mode to ask for among those that the server offers: AES-256-GCM when offered and accelerated, else
/// XChaCha20, else AES-256-GCM; nothing when neither is offered.
[[nodiscard]] std::optional<TransportMode> choose_mode(std::span<const std::string> offered,
                                                       bool aes_accelerated = aes_is_accelerated());

}  // namespace vcplay::rtp
