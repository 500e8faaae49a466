#include "crypto/p256.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "crypto/openssl.hpp"

namespace vcplay::crypto {
namespace {

using GroupPtr = std::unique_ptr<EC_GROUP, Freer<EC_GROUP_free>>;
using PointPtr = std::unique_ptr<EC_POINT, Freer<EC_POINT_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freer<BN_clear_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;

const EC_GROUP* curve() {
  static const GroupPtr group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  must(group != nullptr, "provide P-256");
  return group.get();
}

// Only its parameters matter: copying them is four times faster than looking the curve up by name.
EVP_PKEY* any_key() {
  static const PkeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  must(key != nullptr, "generate a P-256 key");
  return key.get();
}

P256Point point_of(EVP_PKEY* key) {
  P256Point point;
  std::size_t written = 0;
  must(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &written) ==
               1 &&
           written == point.size(),
       "tell a public key");
  return point;
}

std::optional<P256Point> multiply_base(const BIGNUM* scalar) {
  const PointPtr point(EC_POINT_new(curve()));
  must(point != nullptr, "make a point");
  if (EC_POINT_mul(curve(), point.get(), scalar, nullptr, nullptr, nullptr) != 1) return std::nullopt;
  P256Point bytes;
  if (EC_POINT_point2oct(curve(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes.data(), bytes.size(),
                         nullptr) != bytes.size()) {
    return std::nullopt;
  }
  return bytes;
}

PkeyPtr key_pair(const P256Point& point, const BIGNUM* scalar) {
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  must(builder != nullptr &&
           OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
           OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                            point.size()) == 1 &&
           OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1,
       "describe a P-256 key");
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  must(params != nullptr && context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1 &&
           EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) == 1,
       "import a P-256 key");
  return PkeyPtr(key);
}

}  // namespace

void PkeyFree::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

std::optional<P256PublicKey> P256PublicKey::parse(ByteView bytes) {
  constexpr std::uint8_t kUncompressed = 0x04;
  if (bytes.size() != kP256PointBytes || bytes[0] != kUncompressed) return std::nullopt;
  const ErrorQueueGuard guard;
  PkeyPtr key(EVP_PKEY_new());
  must(key != nullptr && EVP_PKEY_copy_parameters(key.get(), any_key()) == 1, "make a P-256 key");
  if (EVP_PKEY_set1_encoded_public_key(key.get(), bytes.data(), bytes.size()) != 1) return std::nullopt;
  P256Point point;
  std::copy(bytes.begin(), bytes.end(), point.begin());
  return P256PublicKey(point, std::move(key));
}

bool P256PublicKey::verify(ByteView message, ByteView signature) const {
  const ErrorQueueGuard guard;
  const MdCtxPtr context(EVP_MD_CTX_new());
  must(context != nullptr && EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr,
                                                     key_.get(), nullptr) == 1,
       "start verifying");
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

P256PrivateKey P256PrivateKey::generate() {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, any_key(), nullptr));
  EVP_PKEY* key = nullptr;
  must(context != nullptr && EVP_PKEY_keygen_init(context.get()) == 1 &&
           EVP_PKEY_keygen(context.get(), &key) == 1,
       "generate a P-256 key");
  PkeyPtr owned(key);
  const P256Point point = point_of(key);
  return {point, std::move(owned)};
}

std::optional<P256PrivateKey> P256PrivateKey::from_scalar(ByteView scalar) {
  if (scalar.size() != kP256ScalarBytes) return std::nullopt;
  const NumberPtr number(BN_secure_new());
  must(
      number != nullptr && BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), number.get()) != nullptr,
      "read a number");
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(curve())) >= 0)
    return std::nullopt;
  const std::optional<P256Point> point = multiply_base(number.get());
  must(point.has_value(), "compute a public key");
  return P256PrivateKey(*point, key_pair(*point, number.get()));
}

SecretArray<kP256ScalarBytes> P256PrivateKey::ecdh(const P256PublicKey& peer) const {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  // The peer's point was validated when it was made, so no second time (the last argument).
  must(context != nullptr && EVP_PKEY_derive_init(context.get()) == 1 &&
           EVP_PKEY_derive_set_peer_ex(context.get(), peer.key_.get(), 0) == 1,
       "start a key agreement");
  SecretArray<kP256ScalarBytes> shared;
  std::size_t size = shared.span().size();
  must(EVP_PKEY_derive(context.get(), shared.span().data(), &size) == 1 && size == kP256ScalarBytes,
       "agree on a key");
  return shared;
}

Bytes P256PrivateKey::sign(ByteView message) const {
  const MdCtxPtr context(EVP_MD_CTX_new());
  std::size_t size = 0;
  must(context != nullptr &&
           EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) ==
               1 &&
           EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1,
       "start signing");
  Bytes signature(size);
  must(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1, "sign");
  signature.resize(size);
  return signature;
}

P256PrivateKey P256PrivateKey::duplicate() const {
  must(EVP_PKEY_up_ref(key_.get()) == 1, "share a key");
  return {public_key_, PkeyPtr(key_.get())};
}

}  // namespace vcplay::crypto
