// MLS_128_DHKEMP256_AES128GCM_SHA256_P256, cipher suite 2: every labelled operation of RFC 9420 s5 and s8.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "crypto/aes_gcm.hpp"
#include "crypto/hash.hpp"
#include "crypto/hpke.hpp"
#include "crypto/p256.hpp"

namespace vcplay::mls {

inline constexpr std::uint16_t kMls10 = 1;                          // ProtocolVersion mls10
inline constexpr std::uint16_t kCipherSuite = 2;                    // the only one we speak
inline constexpr std::size_t kHashBytes = crypto::kSha256Bytes;     // KDF.Nh
inline constexpr std::size_t kKeyBytes = crypto::kAes128KeyBytes;   // AEAD.Nk
inline constexpr std::size_t kNonceBytes = crypto::kGcmNonceBytes;  // AEAD.Nn

// s5.1.1: opaque on the wire, points on P-256 when they are used.
using HpkePublicKey = Bytes;
using SignaturePublicKey = Bytes;
using PrivateKey = crypto::P256PrivateKey;

[[nodiscard]] inline Bytes public_key_of(const PrivateKey& key) {
  return {key.public_key().begin(), key.public_key().end()};
}
/// The key as a point on the curve; refused when it is none.
[[nodiscard]] crypto::P256PublicKey point_of(const Bytes& public_key);

// s5.2: hash-based identifiers.
[[nodiscard]] Bytes ref_hash(std::string_view label, ByteView value);
[[nodiscard]] Bytes make_key_package_ref(ByteView key_package);
[[nodiscard]] Bytes make_proposal_ref(ByteView authenticated_content);

// s5.1.2: signatures.
[[nodiscard]] Bytes sign_with_label(const PrivateKey& key, std::string_view label, ByteView content);
[[nodiscard]] bool verify_with_label(const SignaturePublicKey& key, std::string_view label, ByteView content,
                                     ByteView signature);

/// s5.1.3: one plaintext for one holder of a private key.
struct HpkeCiphertext {
  Bytes kem_output;
  Bytes ciphertext;

  void write(class Writer& out) const;
  [[nodiscard]] static HpkeCiphertext read(class Reader& in);
};

/// s5.1.3: EncryptContext, made once for all recipients of one message.
[[nodiscard]] crypto::hpke::Info encrypt_context(std::string_view label, ByteView context);
[[nodiscard]] HpkeCiphertext encrypt_with_label(const HpkePublicKey& key, const crypto::hpke::Info& context,
                                                ByteView plaintext);
/// Refused as invalid when it was not encrypted to `key` in this context.
[[nodiscard]] SecretBytes decrypt_with_label(const PrivateKey& key, const crypto::hpke::Info& context,
                                             const HpkeCiphertext& ciphertext);

// s8: the key schedule's functions.
[[nodiscard]] SecretBytes expand_with_label(ByteView secret, std::string_view label, ByteView context,
                                            std::size_t length);
[[nodiscard]] SecretBytes derive_secret(ByteView secret, std::string_view label);
/// s9.1, which DAVE uses without the rest of section 9.
[[nodiscard]] SecretBytes derive_tree_secret(ByteView secret, std::string_view label,
                                             std::uint32_t generation, std::size_t length);
/// KDF.Nh zeros: what stands for "no PSK" and "no path".
[[nodiscard]] inline SecretBytes zero_secret() { return SecretBytes(kHashBytes); }

/// MAC(key, data), s6.1 and s6.2.
[[nodiscard]] Bytes mac(ByteView key, ByteView data);

}  // namespace vcplay::mls
