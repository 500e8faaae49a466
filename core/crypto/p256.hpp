// Keys on the curve P-256: ECDH as HPKE uses it, ECDSA with SHA-256 as MLS uses it.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/secret.hpp"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace vcplay::crypto {

inline constexpr std::size_t kP256PointBytes = 65;
inline constexpr std::size_t kP256ScalarBytes = 32;

/// An uncompressed point, 04 ‖ X ‖ Y (SEC 1 s2.3.3).
using P256Point = std::array<std::uint8_t, kP256PointBytes>;

struct PkeyFree {
  void operator()(evp_pkey_st* key) const noexcept;
};
using PkeyPtr = std::unique_ptr<evp_pkey_st, PkeyFree>;

/// A point on the curve other than infinity; it was checked when this was made.
class P256PublicKey {
 public:
  /// Nothing when `bytes` are no uncompressed point on the curve. With cofactor 1 this is the whole of the
  /// public key validation that RFC 9180 s7.1.4 asks for.
  [[nodiscard]] static std::optional<P256PublicKey> parse(ByteView bytes);

  [[nodiscard]] const P256Point& bytes() const noexcept { return bytes_; }
  /// ECDSA with SHA-256 over `message`; the signature is strict DER.
  [[nodiscard]] bool verify(ByteView message, ByteView signature) const;

 private:
  friend class P256PrivateKey;
  P256PublicKey(const P256Point& bytes, PkeyPtr key) noexcept : bytes_(bytes), key_(std::move(key)) {}

  P256Point bytes_;
  PkeyPtr key_;
};

/// A private key together with its point; OpenSSL wipes the scalar when the last owner goes.
class P256PrivateKey {
 public:
  [[nodiscard]] static P256PrivateKey generate();
  /// Nothing unless `scalar` is a 32-byte big-endian number between 1 and the group's order - 1.
  [[nodiscard]] static std::optional<P256PrivateKey> from_scalar(ByteView scalar);

  [[nodiscard]] const P256Point& public_key() const noexcept { return public_key_; }
  /// The shared point's X coordinate.
  [[nodiscard]] SecretArray<kP256ScalarBytes> ecdh(const P256PublicKey& peer) const;
  /// ECDSA with SHA-256 over `message`, in DER.
  [[nodiscard]] Bytes sign(ByteView message) const;
  /// The one deliberate way to a second owner of the same key.
  [[nodiscard]] P256PrivateKey duplicate() const;

 private:
  P256PrivateKey(const P256Point& public_key, PkeyPtr key) noexcept
      : public_key_(public_key), key_(std::move(key)) {}

  P256Point public_key_;
  PkeyPtr key_;
};

}  // namespace vcplay::crypto
