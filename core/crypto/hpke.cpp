#include "crypto/hpke.hpp"

#include <array>
#include <string_view>

#include "base/error.hpp"
#include "crypto/aes_gcm.hpp"
#include "crypto/hash.hpp"

namespace vcplay::crypto::hpke {
namespace {

// RFC 9180 s7: the identifiers of our one suite.
constexpr std::array<std::uint8_t, 5> kKemSuite = {'K', 'E', 'M', 0x00, 0x10};
constexpr std::array<std::uint8_t, 10> kHpkeSuite = {'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01, 0x00, 0x01};
constexpr std::uint8_t kModeBase = 0x00;

void append(Bytes& bytes, ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

// RFC 9180 s4: LabeledExtract.
SecretBytes labeled_extract(ByteView suite, ByteView salt, std::string_view label, ByteView ikm) {
  constexpr std::string_view version = "HPKE-v1";
  Bytes labeled;
  labeled.reserve(version.size() + suite.size() + label.size() + ikm.size());
  append(labeled, as_bytes(version));
  append(labeled, suite);
  append(labeled, as_bytes(label));
  append(labeled, ikm);
  const SecretBytes wiped(std::move(labeled));
  return hkdf_extract(salt, wiped.view());
}

// RFC 9180 s4: LabeledExpand.
SecretBytes labeled_expand(ByteView suite, ByteView prk, std::string_view label, ByteView info,
                           std::uint16_t length) {
  Bytes labeled(2);
  store_be16(labeled, length);
  append(labeled, as_bytes("HPKE-v1"));
  append(labeled, suite);
  append(labeled, as_bytes(label));
  append(labeled, info);
  return hkdf_expand(prk, labeled, length);
}

// RFC 9180 s4.1: ExtractAndExpand of DHKEM, kem_context = enc ‖ pkRm.
SecretBytes extract_and_expand(ByteView dh, ByteView enc, ByteView recipient) {
  Bytes kem_context(enc.begin(), enc.end());
  append(kem_context, recipient);
  const SecretBytes eae_prk = labeled_extract(kKemSuite, {}, "eae_prk", dh);
  return labeled_expand(kKemSuite, eae_prk.view(), "shared_secret", kem_context, 32);
}

struct Context {
  SecretBytes key;
  SecretBytes base_nonce;  // the nonce of message 0, and we send no other
};

// RFC 9180 s5.1: KeySchedule in base mode, without a PSK.
Context key_schedule(ByteView shared_secret, const Info& info) {
  const SecretBytes secret = labeled_extract(kHpkeSuite, shared_secret, "secret", {});
  const ByteView context = info.key_schedule_context();
  return {labeled_expand(kHpkeSuite, secret.view(), "key", context, kAes128KeyBytes),
          labeled_expand(kHpkeSuite, secret.view(), "base_nonce", context, kGcmNonceBytes)};
}

}  // namespace

Info::Info(ByteView info) : context_({kModeBase}) {
  append(context_, labeled_extract(kHpkeSuite, {}, "psk_id_hash", {}).view());
  append(context_, labeled_extract(kHpkeSuite, {}, "info_hash", info).view());
}

Sealed seal_base_with(const P256PrivateKey& ephemeral, const P256PublicKey& recipient, const Info& info,
                      ByteView aad, ByteView plaintext) {
  const auto dh = ephemeral.ecdh(recipient);
  const SecretBytes shared_secret = extract_and_expand(dh.view(), ephemeral.public_key(), recipient.bytes());
  const Context context = key_schedule(shared_secret.view(), info);
  return {Bytes(ephemeral.public_key().begin(), ephemeral.public_key().end()),
          aes128_gcm_seal(context.key.view(), context.base_nonce.view(), aad, plaintext)};
}

Sealed seal_base(const P256PublicKey& recipient, const Info& info, ByteView aad, ByteView plaintext) {
  return seal_base_with(P256PrivateKey::generate(), recipient, info, aad, plaintext);
}

std::optional<SecretBytes> open_base(ByteView kem_output, const P256PrivateKey& recipient, const Info& info,
                                     ByteView aad, ByteView ciphertext) {
  const std::optional<P256PublicKey> ephemeral = P256PublicKey::parse(kem_output);
  if (!ephemeral) return std::nullopt;
  const auto dh = recipient.ecdh(*ephemeral);
  const SecretBytes shared_secret = extract_and_expand(dh.view(), kem_output, recipient.public_key());
  const Context context = key_schedule(shared_secret.view(), info);
  return aes128_gcm_open(context.key.view(), context.base_nonce.view(), aad, ciphertext);
}

P256PrivateKey derive_key_pair(ByteView input_key_material) {
  const SecretBytes dkp_prk = labeled_extract(kKemSuite, {}, "dkp_prk", input_key_material);
  for (unsigned counter = 0; counter <= 255; ++counter) {
    const auto octet = static_cast<std::uint8_t>(counter);
    const SecretBytes candidate = labeled_expand(kKemSuite, dkp_prk.view(), "candidate", {&octet, 1}, 32);
    if (auto key = P256PrivateKey::from_scalar(candidate.view())) return std::move(*key);
  }
  throw Error(Cause::unexpected, "no P-256 key could be derived in 256 attempts (RFC 9180 s7.1.3)");
}

}  // namespace vcplay::crypto::hpke
