// AEADs against the vectors of those who designed them.
#include "crypto/aead.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"

namespace vcplay::crypto {
namespace {

Bytes hex(std::string_view digits) { return from_hex(digits).value(); }

/// McGrew, Viega, "The Galois/Counter Mode of Operation", appendix B: test cases 4
/// (AES-128) and 16 (AES-256).
struct GcmCase {
  Bytes key, ciphertext, tag;
};
const Bytes kGcmText =
    hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
const Bytes kGcmAssociated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
const Bytes kGcmNonce = hex("cafebabefacedbaddecaf888");
const GcmCase kTestCase4{hex("feffe9928665731c6d6a8f9467308308"),
                         hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                             "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"),
                         hex("5bc94fbc3221a5db94fae95ae7121a47")};
const GcmCase kTestCase16{hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
                          hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                              "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"),
                          hex("76fc6ece0f4e1768cddf8853bb2d551b")};

AesGcmNonce gcm_nonce(const Bytes& bytes) { return AesGcmNonce(bytes.data(), kAesGcmNonceBytes); }

class AesGcm : public testing::TestWithParam<GcmCase> {};

TEST_P(AesGcm, SealsItsDesignersTestCaseEachTimeAnew) {
  AesGcmSealer sealer(GetParam().key);
  for (int time = 0; time < 2; ++time) {  // the context is used again and must not remember
    Bytes text = kGcmText;
    Bytes tag(kAeadTagBytes);
    ASSERT_TRUE(sealer.seal(gcm_nonce(kGcmNonce), kGcmAssociated, text, tag));
    EXPECT_EQ(text, GetParam().ciphertext);
    EXPECT_EQ(tag, GetParam().tag);
  }
}

TEST_P(AesGcm, OpensItsDesignersTestCaseEvenAfterAForgery) {
  AesGcmOpener opener(GetParam().key);
  Bytes forged = GetParam().ciphertext;
  forged.front() ^= 1;
  EXPECT_FALSE(opener.open(gcm_nonce(kGcmNonce), kGcmAssociated, forged, GetParam().tag));
  EXPECT_EQ(forged, Bytes(kGcmText.size(), 0)) << "unauthenticated text is wiped";

  Bytes text = GetParam().ciphertext;
  ASSERT_TRUE(opener.open(gcm_nonce(kGcmNonce), kGcmAssociated, text, GetParam().tag));
  EXPECT_EQ(text, kGcmText);
}

TEST_P(AesGcm, TruncatesTagsFromTheRight) {
  const Bytes tag8(GetParam().tag.begin(), GetParam().tag.begin() + 8);
  AesGcmSealer sealer(GetParam().key);
  Bytes text = kGcmText;
  Bytes tag(8);
  ASSERT_TRUE(sealer.seal(gcm_nonce(kGcmNonce), kGcmAssociated, text, tag));
  EXPECT_EQ(tag, tag8);

  AesGcmOpener opener(GetParam().key, 8);
  Bytes with_long_tag = text;
  EXPECT_FALSE(opener.open(gcm_nonce(kGcmNonce), kGcmAssociated, with_long_tag, GetParam().tag));
  ASSERT_TRUE(opener.open(gcm_nonce(kGcmNonce), kGcmAssociated, text, tag8));
  EXPECT_EQ(text, kGcmText);

  Bytes again = GetParam().ciphertext;
  Bytes wrong = tag8;
  wrong.back() ^= 0x80;
  EXPECT_FALSE(opener.open(gcm_nonce(kGcmNonce), kGcmAssociated, again, wrong));
}

TEST_P(AesGcm, AuthenticatesWhatItDoesNotEncrypt) {
  AesGcmOpener opener(GetParam().key);
  Bytes text = GetParam().ciphertext;
  Bytes tampered = kGcmAssociated;
  tampered.back() ^= 1;
  EXPECT_FALSE(opener.open(gcm_nonce(kGcmNonce), tampered, text, GetParam().tag));
  text = GetParam().ciphertext;
  EXPECT_FALSE(opener.open(gcm_nonce(kGcmNonce), ByteView(), text, GetParam().tag));
}

INSTANTIATE_TEST_SUITE_P(TestCases, AesGcm, testing::Values(kTestCase4, kTestCase16),
                         [](const auto& test_case) {
                           return test_case.param.key.size() == 16 ? "Aes128" : "Aes256";
                         });

TEST(AesGcmKeys, OfAnotherSizeAreRefused) {
  EXPECT_THROW(AesGcmSealer(Bytes(24)), Error);
  EXPECT_THROW(AesGcmOpener(Bytes(0)), Error);
  EXPECT_THROW(AesGcmOpener(Bytes(32), 17), Error);
  EXPECT_THROW(AesGcmOpener(Bytes(32), 3), Error);
}

// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
const Bytes kXChaChaKey = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
const Bytes kXChaChaNonce = hex("404142434445464748494a4b4c4d4e4f5051525354555657");
const Bytes kXChaChaAssociated = hex("50515253c0c1c2c3c4c5c6c7");
constexpr std::string_view kSunscreen =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen "
    "would be it.";
const Bytes kXChaChaCiphertext =
    hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
        "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52e");
const Bytes kXChaChaTag = hex("c0875924c1c7987947deafd8780acf49");

XChaCha20Nonce xchacha_nonce() { return XChaCha20Nonce(kXChaChaNonce.data(), kXChaCha20NonceBytes); }
XChaCha20Poly1305 xchacha() {
  return XChaCha20Poly1305(
      std::span<const std::uint8_t, kXChaCha20KeyBytes>(kXChaChaKey.data(), kXChaCha20KeyBytes));
}
std::span<const std::uint8_t, kAeadTagBytes> tag_view(const Bytes& tag) {
  return std::span<const std::uint8_t, kAeadTagBytes>(tag.data(), kAeadTagBytes);
}

TEST(XChaCha20Poly1305, SealsTheDraftsExampleEachTimeAnew) {
  const XChaCha20Poly1305 cipher = xchacha();
  for (int time = 0; time < 2; ++time) {
    Bytes text(as_bytes(kSunscreen).begin(), as_bytes(kSunscreen).end());
    std::array<std::uint8_t, kAeadTagBytes> tag{};
    cipher.seal(xchacha_nonce(), kXChaChaAssociated, text, tag);
    EXPECT_EQ(text, kXChaChaCiphertext);
    EXPECT_EQ(to_hex(tag), to_hex(kXChaChaTag));
  }
}

TEST(XChaCha20Poly1305, OpensTheDraftsExampleAndNothingElse) {
  const XChaCha20Poly1305 cipher = xchacha();
  Bytes text = kXChaChaCiphertext;
  ASSERT_TRUE(cipher.open(xchacha_nonce(), kXChaChaAssociated, text, tag_view(kXChaChaTag)));
  EXPECT_EQ(as_text(text), kSunscreen);

  Bytes forged = kXChaChaCiphertext;
  forged.back() ^= 0x01;
  EXPECT_FALSE(cipher.open(xchacha_nonce(), kXChaChaAssociated, forged, tag_view(kXChaChaTag)));
  Bytes wrong_tag = kXChaChaTag;
  wrong_tag.front() ^= 0x01;
  text = kXChaChaCiphertext;
  EXPECT_FALSE(cipher.open(xchacha_nonce(), kXChaChaAssociated, text, tag_view(wrong_tag)));
  EXPECT_FALSE(cipher.open(xchacha_nonce(), ByteView(), text, tag_view(kXChaChaTag)));
}

}  // namespace
}  // namespace vcplay::crypto
