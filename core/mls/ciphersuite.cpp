#include "mls/ciphersuite.hpp"

#include "mls/refusal.hpp"
#include "mls/tls_codec.hpp"

namespace vcplay::mls {
namespace {

// The shape that SignContent (s5.1.2) and EncryptContext (s5.1.3) share.
Bytes labeled_content(std::string_view label, ByteView content) {
  Writer out;
  out.opaque("MLS 1.0 " + std::string(label));
  out.opaque(content);
  return out.take();
}

}  // namespace

crypto::P256PublicKey point_of(const Bytes& public_key) {
  std::optional<crypto::P256PublicKey> point = crypto::P256PublicKey::parse(public_key);
  require(point.has_value(), "5.1.1", "a public key is not an uncompressed point on P-256");
  return std::move(*point);
}

Bytes ref_hash(std::string_view label, ByteView value) {
  Writer out;
  out.opaque(label);
  out.opaque(value);
  const crypto::Digest digest = crypto::sha256(out.bytes());
  return {digest.begin(), digest.end()};
}

Bytes make_key_package_ref(ByteView key_package) {
  return ref_hash("MLS 1.0 KeyPackage Reference", key_package);
}

Bytes make_proposal_ref(ByteView authenticated_content) {
  return ref_hash("MLS 1.0 Proposal Reference", authenticated_content);
}

Bytes sign_with_label(const PrivateKey& key, std::string_view label, ByteView content) {
  return key.sign(labeled_content(label, content));
}

bool verify_with_label(const SignaturePublicKey& key, std::string_view label, ByteView content,
                       ByteView signature) {
  const auto point = crypto::P256PublicKey::parse(key);
  return point && point->verify(labeled_content(label, content), signature);
}

void HpkeCiphertext::write(Writer& out) const {
  out.opaque(kem_output);
  out.opaque(ciphertext);
}

HpkeCiphertext HpkeCiphertext::read(Reader& in) {
  HpkeCiphertext read;
  read.kem_output = in.opaque_copy();
  read.ciphertext = in.opaque_copy();
  return read;
}

crypto::hpke::Info encrypt_context(std::string_view label, ByteView context) {
  return crypto::hpke::Info(labeled_content(label, context));
}

HpkeCiphertext encrypt_with_label(const HpkePublicKey& key, const crypto::hpke::Info& context,
                                  ByteView plaintext) {
  crypto::hpke::Sealed sealed = crypto::hpke::seal_base(point_of(key), context, {}, plaintext);
  return {std::move(sealed.kem_output), std::move(sealed.ciphertext)};
}

SecretBytes decrypt_with_label(const PrivateKey& key, const crypto::hpke::Info& context,
                               const HpkeCiphertext& ciphertext) {
  auto plaintext = crypto::hpke::open_base(ciphertext.kem_output, key, context, {}, ciphertext.ciphertext);
  require(plaintext.has_value(), "5.1.3", "a secret that was meant for us cannot be decrypted");
  return std::move(*plaintext);
}

SecretBytes expand_with_label(ByteView secret, std::string_view label, ByteView context, std::size_t length) {
  if (length > 0xffff) refuse_unsupported("8", "a secret of more than 65535 bytes is asked for");
  Writer kdf_label;
  kdf_label.u16(static_cast<std::uint16_t>(length));
  kdf_label.opaque("MLS 1.0 " + std::string(label));
  kdf_label.opaque(context);
  return crypto::hkdf_expand(secret, kdf_label.bytes(), length);
}

SecretBytes derive_secret(ByteView secret, std::string_view label) {
  return expand_with_label(secret, label, {}, kHashBytes);
}

SecretBytes derive_tree_secret(ByteView secret, std::string_view label, std::uint32_t generation,
                               std::size_t length) {
  std::uint8_t context[4];
  store_be32(context, generation);
  return expand_with_label(secret, label, context, length);
}

Bytes mac(ByteView key, ByteView data) {
  const crypto::Digest tag = crypto::hmac_sha256(key, data);
  return {tag.begin(), tag.end()};
}

}  // namespace vcplay::mls
