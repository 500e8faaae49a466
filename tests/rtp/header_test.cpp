// RTP headers and transport encryption, on bytes that others computed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "rtp/header.hpp"
#include "rtp/transport_cipher.hpp"

namespace vcplay::rtp {
namespace {

constexpr TransportMode kGcm = TransportMode::aes256_gcm_rtpsize;
constexpr TransportMode kXChaCha = TransportMode::xchacha20_poly1305_rtpsize;

Bytes hex(std::string_view digits) { return from_hex(digits).value(); }

// ── the header ──

TEST(Header, IsWrittenInNetworkByteOrder) {
  Bytes packet(kRtpHeaderBytes);
  Header{.sequence = 1, .timestamp = 960, .ssrc = 0x12345678}.write(packet);
  EXPECT_EQ(to_hex(packet), "80780001000003c012345678");
  Header{.sequence = 0xFFFE, .timestamp = 0xFFFFFC40, .ssrc = 0x00000009}.write(packet);
  EXPECT_EQ(to_hex(packet), "8078fffefffffc4000000009");
}

TEST(ParseHeader, ReadsThePlainHeaderThatWeSend) {
  const auto parsed = parse_header(hex("80780102030405060708090aF8FFFE"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->fields.sequence, 0x0102);
  EXPECT_EQ(parsed->fields.timestamp, 0x03040506U);
  EXPECT_EQ(parsed->fields.ssrc, 0x0708090AU);
  EXPECT_EQ(parsed->payload_type, kOpusPayloadType);
  EXPECT_FALSE(parsed->marker);
  EXPECT_FALSE(parsed->padding);
  EXPECT_EQ(parsed->clear_bytes, 12U);
  EXPECT_EQ(parsed->extension_bytes, 0U);
}

TEST(ParseHeader, CountsContributingSources) {
  const auto parsed =
      parse_header(hex("827800010000000000000001"
                       "aaaaaaaa"
                       "bbbbbbbb"
                       "00"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->clear_bytes, 20U);
  EXPECT_FALSE(
      parse_header(hex("827800010000000000000001"
                       "aaaaaaaa"
                       "bbbbbb")))
      << "the second one is cut";
}

TEST(ParseHeader, LeavesTheExtensionsPreambleClearAndItsElementsEncrypted) {
  const auto parsed =
      parse_header(hex("917800010000000000000001"
                       "aaaaaaaa"
                       "bede0002"
                       "1122334455667788"
                       "99"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->clear_bytes, 20U);
  EXPECT_EQ(parsed->extension_bytes, 8U);
  EXPECT_FALSE(
      parse_header(hex("907800010000000000000001"
                       "bede")))
      << "the preamble is cut";
  EXPECT_FALSE(
      parse_header(hex("907800010000000000000001"
                       "bede0002"
                       "11223344556677")))
      << "the elements are cut";
}

TEST(ParseHeader, SeesMarkerAndPadding) {
  const auto parsed = parse_header(hex("a0f80001000000000000000100000001"));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->marker);
  EXPECT_TRUE(parsed->padding);
  EXPECT_EQ(parsed->payload_type, kOpusPayloadType);
}

TEST(ParseHeader, RefusesWhatIsNotRtpVersion2) {
  EXPECT_FALSE(parse_header({}));
  EXPECT_FALSE(parse_header(hex("8078000100000000000000"))) << "11 bytes";
  EXPECT_FALSE(parse_header(hex("007800010000000000000001"))) << "version 0";
  EXPECT_FALSE(parse_header(hex("407800010000000000000001"))) << "version 1";
  EXPECT_FALSE(parse_header(hex("c07800010000000000000001"))) << "version 3";
}

TEST(ParseHeader, TellsRtcpFromRtp) {
  for (std::uint8_t type = 200; type <= 206; ++type) {
    Bytes report = hex("80000001000000000000000100000000");
    report[1] = type;
    EXPECT_FALSE(parse_header(report)) << int{type};
  }
  EXPECT_TRUE(parse_header(hex("80c700010000000000000001"))) << "199: marker and payload type 71";
  EXPECT_TRUE(parse_header(hex("80cf00010000000000000001"))) << "207: marker and payload type 79";
}

// ── transport encryption ──

TransportKey counting_key() {
  std::array<std::uint8_t, kTransportKeyBytes> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return TransportKey(bytes);
}

const Bytes kHeader = hex("80780001000003c012345678");
const Bytes kSilence = hex("f8fffe");

Bytes sealed(TransportCipher& cipher, const Bytes& header, const Bytes& payload) {
  Bytes packet = header;
  packet.insert(packet.end(), payload.begin(), payload.end());
  packet.resize(packet.size() + kTransportTagBytes + kTransportNonceBytes);
  packet.resize(cipher.seal(packet, payload.size()));
  return packet;
}

class BothModes : public testing::TestWithParam<TransportMode> {};
INSTANTIATE_TEST_SUITE_P(Transport, BothModes, testing::Values(kGcm, kXChaCha),
                         [](const auto& mode) { return mode.param == kGcm ? "Aes256Gcm" : "XChaCha20"; });

// Key 00 to 1f, counter 1 with its most significant byte first: computed by independent
// implementations of both AEADs.
TEST(TransportCipher, SealsTheKnownPackets) {
  TransportCipher gcm(kGcm, counting_key());
  EXPECT_EQ(to_hex(sealed(gcm, kHeader, kSilence)),
            "80780001000003c012345678"
            "bcc933"
            "53bbc8fff08efdab876263d60ab1a9f3"
            "00000001");
  TransportCipher xchacha(kXChaCha, counting_key());
  EXPECT_EQ(to_hex(sealed(xchacha, kHeader, kSilence)),
            "80780001000003c012345678"
            "f158af"
            "0187f00713b4dff16ce7956799dbef0f"
            "00000001");
}

TEST(TransportOpener, OpensTheKnownPackets) {
  TransportOpener gcm(kGcm, counting_key());
  Bytes packet = hex("80780001000003c012345678bcc93353bbc8fff08efdab876263d60ab1a9f300000001");
  auto opened = gcm.open(packet, kRtpHeaderBytes);
  ASSERT_TRUE(opened);
  EXPECT_EQ(to_hex(opened->payload), "f8fffe");
  EXPECT_EQ(opened->nonce, 1U);

  TransportOpener xchacha(kXChaCha, counting_key());
  packet = hex("80780001000003c012345678f158af0187f00713b4dff16ce7956799dbef0f00000001");
  opened = xchacha.open(packet, kRtpHeaderBytes);
  ASSERT_TRUE(opened);
  EXPECT_EQ(to_hex(opened->payload), "f8fffe");
  EXPECT_EQ(opened->nonce, 1U);
}

TEST_P(BothModes, TheSecondPacketHasTheNextNonceAndOtherBytes) {
  TransportCipher cipher(GetParam(), counting_key());
  Bytes first = sealed(cipher, kHeader, kSilence);
  Bytes second = sealed(cipher, kHeader, kSilence);
  EXPECT_EQ(cipher.sealed(), 2U);
  EXPECT_EQ(to_hex(ByteView(second).last(4)), "00000002");
  EXPECT_NE(to_hex(ByteView(first).subspan(12, 19)), to_hex(ByteView(second).subspan(12, 19)));

  TransportOpener opener(GetParam(), counting_key());
  const auto opened = opener.open(second, kRtpHeaderBytes);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->nonce, 2U);
  EXPECT_EQ(to_hex(opened->payload), "f8fffe");
}

TEST_P(BothModes, ACipherThatTakesOverGoesOnWithTheCounter) {
  TransportCipher whole(GetParam(), counting_key());
  static_cast<void>(sealed(whole, kHeader, kSilence));
  static_cast<void>(sealed(whole, kHeader, kSilence));
  TransportCipher successor(GetParam(), counting_key(), 2);
  EXPECT_EQ(sealed(successor, kHeader, kSilence), sealed(whole, kHeader, kSilence));
}

TEST_P(BothModes, NoNonceIsEverUsedTwice) {
  constexpr std::uint64_t kAllButOne = std::numeric_limits<std::uint32_t>::max() - 1;
  TransportCipher cipher(GetParam(), counting_key(), kAllButOne);
  EXPECT_EQ(to_hex(ByteView(sealed(cipher, kHeader, kSilence)).last(4)), "ffffffff");
  EXPECT_TRUE(sealed(cipher, kHeader, kSilence).empty());
  EXPECT_TRUE(sealed(cipher, kHeader, kSilence).empty());
}

TEST_P(BothModes, TheLargestProtocolFrameFits) {
  Bytes packet(kMaxPacketBytes);
  Header{}.write(packet);
  TransportCipher cipher(GetParam(), counting_key());
  EXPECT_EQ(cipher.seal(packet, kMaxProtocolFrameBytes), kMaxPacketBytes);
  EXPECT_EQ(cipher.seal(packet, kMaxProtocolFrameBytes + 1), 0U) << "no room for tag and nonce";
}

TEST_P(BothModes, EveryByteOfAPacketIsAuthenticated) {
  TransportCipher cipher(GetParam(), counting_key());
  const Bytes packet = sealed(cipher, kHeader, kSilence);
  TransportOpener opener(GetParam(), counting_key());
  for (std::size_t i = 0; i < packet.size(); ++i) {
    for (const std::uint8_t bit : Bytes{0x01, 0x80}) {
      Bytes tampered = packet;
      tampered[i] ^= bit;
      EXPECT_FALSE(opener.open(tampered, kRtpHeaderBytes)) << "byte " << i;
    }
  }
  Bytes untouched = packet;
  EXPECT_TRUE(opener.open(untouched, kRtpHeaderBytes)) << "a forgery must not spoil what comes after it";
}

TEST_P(BothModes, ShortPacketsDoNotOpen) {
  TransportCipher cipher(GetParam(), counting_key());
  const Bytes packet = sealed(cipher, kHeader, kSilence);
  TransportOpener opener(GetParam(), counting_key());
  for (std::size_t size = 0; size < packet.size(); ++size) {
    Bytes cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(opener.open(cut, kRtpHeaderBytes)) << size << " bytes";
  }
  Bytes whole = packet;
  EXPECT_FALSE(opener.open(whole, packet.size() - 19)) << "the clear part reaches into the tag";
}

TEST_P(BothModes, AnotherKeyOrModeDoesNotOpen) {
  TransportCipher cipher(GetParam(), counting_key());
  const Bytes packet = sealed(cipher, kHeader, kSilence);
  TransportOpener other_key(GetParam(), TransportKey());
  TransportOpener other_mode(GetParam() == kGcm ? kXChaCha : kGcm, counting_key());
  Bytes copy = packet;
  EXPECT_FALSE(other_key.open(copy, kRtpHeaderBytes));
  copy = packet;
  EXPECT_FALSE(other_mode.open(copy, kRtpHeaderBytes));
}

// ── the choice of the mode ──

TEST(ChooseMode, PrefersGcmWhereTheProcessorHelps) {
  const std::vector<std::string> both{"aead_xchacha20_poly1305_rtpsize", "aead_aes256_gcm_rtpsize",
                                      "xsalsa20_poly1305"};
  EXPECT_EQ(choose_mode(both, true), kGcm);
  EXPECT_EQ(choose_mode(both, false), kXChaCha);
}

TEST(ChooseMode, TakesWhatThereIs) {
  const std::vector<std::string> gcm{"aead_aes256_gcm_rtpsize"};
  const std::vector<std::string> xchacha{"aead_xchacha20_poly1305_rtpsize"};
  EXPECT_EQ(choose_mode(gcm, false), kGcm);
  EXPECT_EQ(choose_mode(xchacha, true), kXChaCha);
}

TEST(ChooseMode, RefusesTheModesOfOld) {
  const std::vector<std::string> old{"xsalsa20_poly1305_lite", "aead_aes256_gcm", ""};
  EXPECT_EQ(choose_mode(old, true), std::nullopt);
  EXPECT_EQ(choose_mode({}, true), std::nullopt);
  EXPECT_EQ(transport_mode("AEAD_AES256_GCM_RTPSIZE"), std::nullopt);
  EXPECT_EQ(transport_mode(name(kGcm)), kGcm);
  EXPECT_EQ(transport_mode(name(kXChaCha)), kXChaCha);
}

}  // namespace
}  // namespace vcplay::rtp
