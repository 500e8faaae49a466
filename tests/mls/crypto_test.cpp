// The primitives under MLS against published vectors: RFC 4231, 5869, 6979, 9180 and the GCM specification.
#include "crypto/aes_gcm.hpp"
#include "crypto/hash.hpp"
#include "crypto/hpke.hpp"
#include "crypto/p256.hpp"
#include "words/mls_words.hpp"

namespace vcplay::crypto {
namespace {

using mls::test::bytes_of;
using mls::test::hex;

std::string shown(const SecretBytes& secret) { return to_hex(secret.view()); }

TEST(mls_crypto, sha256_of_abc) {
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({as_bytes("a"), {}, as_bytes("bc")}), sha256(as_bytes("abc")));
}

TEST(mls_crypto, hmac_of_rfc_4231_case_2) {
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(mls_crypto, hkdf_of_rfc_5869_case_1) {
  const Bytes ikm(22, 0x0b);
  const SecretBytes prk = hkdf_extract(hex("000102030405060708090a0b0c"), ikm);
  EXPECT_EQ(shown(prk), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  EXPECT_EQ(shown(hkdf_expand(prk.view(), hex("f0f1f2f3f4f5f6f7f8f9"), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST(mls_crypto, hkdf_of_rfc_5869_case_3_has_neither_salt_nor_info) {
  const SecretBytes prk = hkdf_extract({}, Bytes(22, 0x0b));
  EXPECT_EQ(shown(prk), "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
  EXPECT_EQ(shown(hkdf_expand(prk.view(), {}, 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(mls_crypto, aes_128_gcm_of_the_specifications_case_2) {
  const Bytes zeros(16, 0);
  const Bytes sealed = aes128_gcm_seal(zeros, Bytes(12, 0), {}, zeros);
  EXPECT_EQ(to_hex(sealed), "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
  const auto opened = aes128_gcm_open(zeros, Bytes(12, 0), {}, sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(bytes_of(opened->view()), zeros);
}

TEST(mls_crypto, aes_128_gcm_opens_nothing_that_was_touched) {
  const Bytes key(16, 1);
  const Bytes nonce(12, 2);
  Bytes sealed = aes128_gcm_seal(key, nonce, as_bytes("aad"), as_bytes("secret"));
  EXPECT_TRUE(aes128_gcm_open(key, nonce, as_bytes("aad"), sealed));
  EXPECT_FALSE(aes128_gcm_open(key, nonce, as_bytes("aaD"), sealed));
  for (std::uint8_t& byte : sealed) {
    byte ^= 1;
    EXPECT_FALSE(aes128_gcm_open(key, nonce, as_bytes("aad"), sealed));
    byte ^= 1;
  }
  EXPECT_FALSE(aes128_gcm_open(key, nonce, as_bytes("aad"), ByteView(sealed).first(15)));
}

// RFC 6979 A.2.5.
constexpr std::string_view kScalar = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
constexpr std::string_view kPoint =
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr std::string_view kSignatureOfSample =
    "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

TEST(mls_crypto, ecdsa_verifies_the_signature_of_rfc_6979) {
  const auto key = P256PublicKey::parse(hex(kPoint));
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->verify(as_bytes("sample"), hex(kSignatureOfSample)));
  EXPECT_FALSE(key->verify(as_bytes("Sample"), hex(kSignatureOfSample)));
  Bytes longer = hex(kSignatureOfSample);
  longer.push_back(0);
  EXPECT_FALSE(key->verify(as_bytes("sample"), longer));
  EXPECT_FALSE(key->verify(as_bytes("sample"), {}));
}

TEST(mls_crypto, a_scalar_has_the_point_of_rfc_6979) {
  const auto key = P256PrivateKey::from_scalar(hex(kScalar));
  ASSERT_TRUE(key);
  EXPECT_EQ(to_hex(key->public_key()), kPoint);
  EXPECT_TRUE(P256PublicKey::parse(hex(kPoint))->verify(as_bytes("x"), key->sign(as_bytes("x"))));
  EXPECT_EQ(to_hex(key->duplicate().public_key()), kPoint);
}

TEST(mls_crypto, scalars_out_of_range_are_refused) {
  EXPECT_FALSE(P256PrivateKey::from_scalar(Bytes(32, 0)));
  // The group's order and its neighbour below, SEC 2 s2.4.2.
  EXPECT_FALSE(
      P256PrivateKey::from_scalar(hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")));
  EXPECT_TRUE(
      P256PrivateKey::from_scalar(hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550")));
  EXPECT_FALSE(P256PrivateKey::from_scalar(Bytes(31, 1)));
  EXPECT_FALSE(P256PrivateKey::from_scalar(Bytes(33, 1)));
}

TEST(mls_crypto, only_uncompressed_points_on_the_curve_are_keys) {
  EXPECT_TRUE(P256PublicKey::parse(hex(kPoint)));
  Bytes off_curve = hex(kPoint);
  off_curve.back() ^= 1;
  EXPECT_FALSE(P256PublicKey::parse(off_curve));
  Bytes compressed = hex(kPoint);
  compressed.resize(33);
  compressed[0] = 0x03;
  EXPECT_FALSE(P256PublicKey::parse(compressed));
  Bytes hybrid = hex(kPoint);
  hybrid[0] = 0x07;
  EXPECT_FALSE(P256PublicKey::parse(hybrid));
  EXPECT_FALSE(P256PublicKey::parse(Bytes(1, 0)));  // infinity
  Bytes origin(65, 0);
  origin[0] = 4;
  EXPECT_FALSE(P256PublicKey::parse(origin));
  EXPECT_FALSE(P256PublicKey::parse(ByteView(hex(kPoint)).first(64)));
  EXPECT_FALSE(P256PublicKey::parse({}));
}

// RFC 9180 A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0.
TEST(mls_crypto, hpke_of_rfc_9180_a_3_1) {
  const P256PrivateKey ephemeral =
      hpke::derive_key_pair(hex("4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e"));
  const Bytes enc =
      hex("04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
          "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4");
  EXPECT_EQ(bytes_of(ephemeral.public_key()), enc);
  const P256PrivateKey recipient =
      *P256PrivateKey::from_scalar(hex("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"));
  EXPECT_EQ(recipient.public_key(),
            hpke::derive_key_pair(hex("668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550"))
                .public_key());
  const hpke::Info info(as_bytes("Ode on a Grecian Urn"));
  const Bytes aad = bytes_of("Count-0");
  const Bytes plaintext = bytes_of("Beauty is truth, truth beauty");
  const Bytes ciphertext =
      hex("5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434");
  const auto sealed =
      hpke::seal_base_with(ephemeral, *P256PublicKey::parse(recipient.public_key()), info, aad, plaintext);
  EXPECT_EQ(sealed.kem_output, enc);
  EXPECT_EQ(to_hex(sealed.ciphertext), to_hex(ciphertext));
  const auto opened = hpke::open_base(enc, recipient, info, aad, ciphertext);
  ASSERT_TRUE(opened);
  EXPECT_EQ(bytes_of(opened->view()), plaintext);
}

TEST(mls_crypto, hpke_opens_only_for_its_recipient_info_and_aad) {
  const P256PrivateKey recipient = P256PrivateKey::generate();
  const hpke::Info info(as_bytes("info"));
  const auto sealed =
      hpke::seal_base(*P256PublicKey::parse(recipient.public_key()), info, as_bytes("aad"), as_bytes("text"));
  EXPECT_TRUE(hpke::open_base(sealed.kem_output, recipient, info, as_bytes("aad"), sealed.ciphertext));
  EXPECT_FALSE(hpke::open_base(sealed.kem_output, recipient, info, as_bytes("AAD"), sealed.ciphertext));
  EXPECT_FALSE(hpke::open_base(sealed.kem_output, recipient, hpke::Info(as_bytes("inf0")), as_bytes("aad"),
                               sealed.ciphertext));
  EXPECT_FALSE(hpke::open_base(sealed.kem_output, P256PrivateKey::generate(), info, as_bytes("aad"),
                               sealed.ciphertext));
  EXPECT_FALSE(hpke::open_base(Bytes(65, 4), recipient, info, as_bytes("aad"), sealed.ciphertext));
}

TEST(mls_crypto, a_second_message_has_a_fresh_ephemeral_key) {
  const P256PrivateKey recipient = P256PrivateKey::generate();
  const auto key = P256PublicKey::parse(recipient.public_key());
  const hpke::Info info{ByteView{}};
  EXPECT_NE(hpke::seal_base(*key, info, {}, {}).kem_output, hpke::seal_base(*key, info, {}, {}).kem_output);
}

// The keys of DAVE's ratchet for the base secret 00 01 … 0f, as its other implementations derive them.
TEST(mls_crypto, derive_tree_secret_drives_the_ratchet_that_dave_uses) {
  SecretBytes secret(hex("000102030405060708090a0b0c0d0e0f"));
  const char* const keys[] = {"58fc013108dbf996ef651e3f01658bfb", "9cddc08f0c8a7cfecabfe757dc33b039",
                              "ef2427778fb709d7d1e070846f920024"};
  for (std::uint32_t generation = 0; generation < 3; ++generation) {
    EXPECT_EQ(shown(mls::derive_tree_secret(secret.view(), "key", generation, 16)), keys[generation]);
    secret = mls::derive_tree_secret(secret.view(), "secret", generation, 32);
  }
}

static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>);
static_assert(!std::is_copy_constructible_v<P256PrivateKey> && !std::is_copy_constructible_v<mls::Group>);

TEST(mls_crypto, a_secret_that_was_moved_from_is_empty) {
  SecretBytes first(as_bytes("secret"));
  const SecretBytes second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(second.duplicate().view().size(), second.size());
}

}  // namespace
}  // namespace vcplay::crypto
