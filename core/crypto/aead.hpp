// Authenticated encryption with associated data: AES-GCM by OpenSSL, XChaCha20-Poly1305 by libsodium.
//
// Keys are set once, here things throw. After that each packet brings only its nonce: neither sealing nor
// opening allocates, locks or throws. Everything works in place and keeps the tag apart (detached), so that
// each protocol may put it where it likes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "base/secret.hpp"

struct evp_cipher_ctx_st;  // OpenSSL's EVP_CIPHER_CTX

namespace vcplay::crypto {

inline constexpr std::size_t kAeadTagBytes = 16;

inline constexpr std::size_t kAesGcmNonceBytes = 12;
using AesGcmNonce = std::span<const std::uint8_t, kAesGcmNonceBytes>;

/// Frees OpenSSL's context, the key in it wiped.
struct CipherContextFree {
  void operator()(evp_cipher_ctx_st* context) const noexcept;
};
using CipherContext = std::unique_ptr<evp_cipher_ctx_st, CipherContextFree>;

/// Seals under one AES-GCM key (NIST SP 800-38D).
class AesGcmSealer {
 public:
  /// `key` has 16 bytes (AES-128) or 32 (AES-256). Throws Error{unexpected}.
  explicit AesGcmSealer(ByteView key);

  /// Encrypts `text` in place and writes the first `tag.size()` bytes of the
  /// tag (at most 16; s5.2.1.2 truncates so). False when the library failed;
  /// what is in `text` is then nobody's business and must not be sent.
  [[nodiscard]] bool seal(AesGcmNonce nonce, ByteView associated, ByteSpan text, ByteSpan tag) noexcept;

 private:
  CipherContext context_;
};

/// Opens what was sealed under one AES-GCM key.
class AesGcmOpener {
 public:
  /// As AesGcmSealer. Tags of every opened text have `tag_bytes` bytes, 4 to 16.
  explicit AesGcmOpener(ByteView key, std::size_t tag_bytes = kAeadTagBytes);

  /// Decrypts `text` in place. False when the tag is wrong (or not `tag_bytes` long); `text` is then wiped.
  [[nodiscard]] bool open(AesGcmNonce nonce, ByteView associated, ByteSpan text, ByteView tag) noexcept;

 private:
  CipherContext context_;
  std::size_t tag_bytes_;
};

inline constexpr std::size_t kXChaCha20KeyBytes = 32;
inline constexpr std::size_t kXChaCha20NonceBytes = 24;
using XChaCha20Nonce = std::span<const std::uint8_t, kXChaCha20NonceBytes>;

/// Seals and opens under one XChaCha20-Poly1305 key (draft-irtf-cfrg-xchacha, the IETF construction).
class XChaCha20Poly1305 {
 public:
  explicit XChaCha20Poly1305(
      std::span<const std::uint8_t, kXChaCha20KeyBytes> key);  // throws Error{unexpected}

  /// Encrypts `text` in place and writes the tag.
  void seal(XChaCha20Nonce nonce, ByteView associated, ByteSpan text,
            std::span<std::uint8_t, kAeadTagBytes> tag) const noexcept;

  /// Decrypts `text` in place. False, with `text` untouched, when the tag is wrong.
  [[nodiscard]] bool open(XChaCha20Nonce nonce, ByteView associated, ByteSpan text,
                          std::span<const std::uint8_t, kAeadTagBytes> tag) const noexcept;

 private:
  SecretArray<kXChaCha20KeyBytes> key_;
};

}  // namespace vcplay::crypto
