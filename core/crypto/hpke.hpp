// HPKE base mode (RFC 9180) for one suite: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "crypto/p256.hpp"

namespace vcplay::crypto::hpke {

/// The `info` of a message, digested once however many recipients the message has.
class Info {
 public:
  explicit Info(ByteView info);
  /// key_schedule_context of RFC 9180 s5.1.
  [[nodiscard]] ByteView key_schedule_context() const noexcept { return context_; }

 private:
  Bytes context_;
};

/// One message sealed to one public key.
struct Sealed {
  Bytes kem_output;
  Bytes ciphertext;
};

/// RFC 9180 s6.1: SealBase with a fresh ephemeral key.
[[nodiscard]] Sealed seal_base(const P256PublicKey& recipient, const Info& info, ByteView aad,
                               ByteView plaintext);

/// SealBase with a given ephemeral key, which must never be used twice. For known-answer tests.
[[nodiscard]] Sealed seal_base_with(const P256PrivateKey& ephemeral, const P256PublicKey& recipient,
                                    const Info& info, ByteView aad, ByteView plaintext);

/// RFC 9180 s6.1: OpenBase. Nothing when `kem_output` is no point or the message was not sealed to this key.
[[nodiscard]] std::optional<SecretBytes> open_base(ByteView kem_output, const P256PrivateKey& recipient,
                                                   const Info& info, ByteView aad, ByteView ciphertext);

/// RFC 9180 s7.1.3: the same key pair for the same input, which holds at least 32 bytes of entropy.
[[nodiscard]] P256PrivateKey derive_key_pair(ByteView input_key_material);

}  // namespace vcplay::crypto::hpke
