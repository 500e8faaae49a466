// AES-128-GCM for single messages (RFC 5116 s5.1): ciphertext and tag are one string, as HPKE
// and MLS want them.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/secret.hpp"

namespace vcplay::crypto {

inline constexpr std::size_t kAes128KeyBytes = 16;
inline constexpr std::size_t kGcmNonceBytes = 12;
inline constexpr std::size_t kGcmTagBytes = 16;

/// `key` and `nonce` have the lengths above. A pair of them seals one message in its life.
[[nodiscard]] Bytes aes128_gcm_seal(ByteView key, ByteView nonce, ByteView aad, ByteView plaintext);

/// Nothing when the tag does not fit.
[[nodiscard]] std::optional<SecretBytes> aes128_gcm_open(ByteView key, ByteView nonce, ByteView aad,
                                                         ByteView ciphertext);

}  // namespace vcplay::crypto
