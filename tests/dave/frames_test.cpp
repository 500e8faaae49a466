// Protocol frames: what goes out encrypted, and what a strict listener makes of what comes in.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/error.hpp"
#include "dave/frame_decryptor.hpp"
#include "dave/frame_encryptor.hpp"
#include "dave/protocol_frame.hpp"
#include "words/interposed.hpp"

namespace vcplay::dave {
namespace {

constexpr TimePoint kStart{1000s};
constexpr std::uint32_t kFramesPerGeneration = 1U << kGenerationShift;

Bytes bytes(std::string_view hex) { return from_hex(hex).value(); }

/// The base secret 00 01 … 0f, or another one that ends in `last`.
KeyRatchet ratchet(std::uint8_t last = 0x0f) {
  Bytes secret = bytes("000102030405060708090a0b0c0d0e0f");
  secret.back() = last;
  return KeyRatchet(SecretBytes(ByteView(secret)));
}

/// `opus` as the sender thread would put it on the wire; empty when it may not be sent.
Bytes transformed(FrameTransform& transform, ByteView opus) {
  std::array<std::uint8_t, kMaxProtocolFrameBytes> buffer{};
  std::copy(opus.begin(), opus.end(), buffer.begin());
  const std::size_t size = transform.apply(buffer, opus.size());
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

// ── ULEB128 ──

TEST(dave_uleb128, numbers_are_written_seven_bits_at_a_time) {
  const auto written = [](std::uint32_t value) {
    std::array<std::uint8_t, kMaxUleb128Bytes> out{};
    return to_hex(ByteView(out).first(write_uleb128(value, out)));
  };
  EXPECT_EQ(written(0), "00");
  EXPECT_EQ(written(127), "7f");
  EXPECT_EQ(written(128), "8001");
  EXPECT_EQ(written(300), "ac02");
  EXPECT_EQ(written(624485), "e58e26");
  EXPECT_EQ(written(UINT32_MAX), "ffffffff0f");
}

TEST(dave_uleb128, numbers_are_read_with_what_follows_left_alone) {
  const auto number = read_uleb128(bytes("e58e26ff"));
  ASSERT_TRUE(number);
  EXPECT_EQ(number->value, 624485U);
  EXPECT_EQ(number->size, 3U);
  EXPECT_EQ(read_uleb128(bytes("ffffffff0f"))->value, UINT32_MAX);
}

TEST(dave_uleb128, what_is_cut_too_long_or_padded_is_no_number) {
  for (const char* bad : {"", "80", "ffff", "8000", "ffffffff1f", "ffffffffff01", "808080808000"}) {
    EXPECT_FALSE(read_uleb128(bytes(bad))) << bad;
  }
}

// ── keys ──

TEST(dave_key_ratchet, yields_the_known_keys) {
  KeyRatchet keys = ratchet();
  EXPECT_EQ(keys.generation(), 0U);
  EXPECT_EQ(to_hex(keys.next_key().view()), "58fc013108dbf996ef651e3f01658bfb");
  EXPECT_EQ(to_hex(keys.next_key().view()), "9cddc08f0c8a7cfecabfe757dc33b039");
  EXPECT_EQ(to_hex(keys.next_key().view()), "ef2427778fb709d7d1e070846f920024");
  EXPECT_EQ(keys.generation(), 3U);
}

// ── encrypting ──

TEST(dave_frame_encryptor, the_first_frame_has_nonce_1_and_the_known_bytes) {
  FrameEncryptor encryptor(ratchet());
  EXPECT_EQ(to_hex(transformed(encryptor, bytes("0102030405"))), "dadc00e7a1ebe6e2bf5b46b737010cfafa");
}

TEST(dave_frame_encryptor, a_later_frame_has_a_longer_nonce) {
  FrameEncryptor encryptor(ratchet(), 299);
  EXPECT_EQ(to_hex(transformed(encryptor, bytes("0102030405"))), "724d0d3269acd5fba2b54f6adcac020dfafa");
}

TEST(dave_frame_encryptor, no_two_frames_of_one_packet_are_alike) {
  FrameEncryptor encryptor(ratchet());
  FrameEncryptor other_epoch(ratchet(0x10));
  const Bytes first = transformed(encryptor, bytes("0102030405"));
  const Bytes second = transformed(encryptor, bytes("0102030405"));
  EXPECT_NE(to_hex(first).substr(0, 10), to_hex(second).substr(0, 10));
  EXPECT_EQ(parse_protocol_frame(second)->nonce, 2U);
  EXPECT_NE(to_hex(first).substr(0, 10), to_hex(transformed(other_epoch, bytes("0102030405"))).substr(0, 10));
}

TEST(dave_frame_encryptor, the_size_grows_with_the_nonce_and_never_beyond_the_buffer) {
  const auto supplement = [](std::uint32_t nonce) {
    FrameEncryptor encryptor(ratchet(), nonce - 1);
    return transformed(encryptor, bytes("f8")).size() - 1;
  };
  EXPECT_EQ(supplement(127), 12U);
  EXPECT_EQ(supplement(128), 13U);
  EXPECT_EQ(supplement(16383), 13U);
  EXPECT_EQ(supplement(16384), 14U);
  EXPECT_EQ(supplement(2097151), 14U);
  EXPECT_EQ(supplement(2097152), 15U);
  FrameEncryptor encryptor(ratchet());
  EXPECT_EQ(transformed(encryptor, Bytes(kMaxOpusBytes, 7)).size(), kMaxOpusBytes + 12);
}

TEST(dave_frame_encryptor, a_packet_that_does_not_fit_is_not_sent) {
  FrameEncryptor encryptor(ratchet());
  Bytes exact(5 + kMaxDaveOverhead);
  EXPECT_EQ(encryptor.apply(ByteSpan(exact).first(exact.size() - 1), 5), 0U);
  EXPECT_NE(encryptor.apply(exact, 5), 0U);
  Bytes large(4000);
  EXPECT_EQ(encryptor.apply(large, kMaxOpusBytes + 1), 0U);
}

TEST(dave_frame_encryptor, the_key_changes_with_the_generation) {
  FrameEncryptor encryptor(ratchet(), kFramesPerGeneration - 2);
  const Bytes last_of_0 = transformed(encryptor, bytes("0102030405"));
  const Bytes first_of_1 = transformed(encryptor, bytes("0102030405"));
  EXPECT_EQ(parse_protocol_frame(last_of_0)->nonce, 0x00ffffffU);
  EXPECT_EQ(parse_protocol_frame(first_of_1)->nonce, 0x01000000U);
  const auto opens = [](std::string_view key, const Bytes& whole) {
    const ProtocolFrame frame = *parse_protocol_frame(whole);
    Bytes text(frame.ciphertext.begin(), frame.ciphertext.end());
    return crypto::AesGcmOpener(bytes(key), kTagBytes).open(full_nonce(frame.nonce), {}, text, frame.tag) &&
           to_hex(text) == "0102030405";
  };
  EXPECT_TRUE(opens("58fc013108dbf996ef651e3f01658bfb", last_of_0));
  EXPECT_FALSE(opens("58fc013108dbf996ef651e3f01658bfb", first_of_1));
  EXPECT_TRUE(opens("9cddc08f0c8a7cfecabfe757dc33b039", first_of_1));
}

TEST(dave_frame_encryptor, when_the_keys_are_used_up_nothing_more_is_sent) {
  FrameEncryptor encryptor(ratchet(), kGenerationsReady * kFramesPerGeneration - 2);
  EXPECT_FALSE(transformed(encryptor, bytes("0102030405")).empty());
  EXPECT_TRUE(transformed(encryptor, bytes("0102030405")).empty());
  EXPECT_TRUE(transformed(encryptor, bytes("0102030405")).empty());
}

TEST(dave_frame_encryptor, encrypting_neither_allocates_nor_locks) {
  if (!interposed::kAvailable) GTEST_SKIP() << "a sanitizer stands in front of malloc and the locks";
  FrameEncryptor encryptor(ratchet(), kFramesPerGeneration - 50);
  SilenceOnly gate;
  std::array<std::uint8_t, kMaxProtocolFrameBytes> buffer{};
  std::size_t sent = 0;
  {
    const interposed::Watch watch;
    for (int i = 0; i < 100; ++i) {  // across a change of generation; the very first frame counts too
      if (encryptor.apply(buffer, static_cast<std::size_t>(1 + i * 12)) > 0) ++sent;
      if (gate.apply(buffer, 3) > 0) ++sent;
    }
    EXPECT_EQ(watch.counts().heap, 0U);
    EXPECT_EQ(watch.counts().locks, 0U);
  }
  EXPECT_EQ(sent, 100U);
}

TEST(dave_silence_only, lets_the_exact_silence_packet_through_and_nothing_else) {
  SilenceOnly gate;
  EXPECT_EQ(to_hex(transformed(gate, kOpusSilence)), "f8fffe");
  EXPECT_TRUE(transformed(gate, bytes("f8fffd")).empty());
  EXPECT_TRUE(transformed(gate, bytes("f8ff")).empty());
  EXPECT_TRUE(transformed(gate, bytes("f8fffe00")).empty());
  EXPECT_TRUE(transformed(gate, {}).empty());
  EXPECT_EQ(to_hex(transformed(gate, kOpusSilence)), "f8fffe");
}

// ── decrypting ──

class Listener : public testing::Test {
 protected:
  Listener() { decryptor_.begin_epoch(ratchet(), kStart); }

  Opened hear(ByteView frame, TimePoint now = kStart + 1s) { return decryptor_.open(frame, now).outcome; }

  FrameEncryptor sender_{ratchet()};
  FrameDecryptor decryptor_;
};

TEST_F(Listener, HearsOnePacketAfterAnother) {
  for (const char* packet : {"0102030405", "f8fffe", "", "ffeeddccbbaa"}) {
    const FrameDecryptor::Result result = decryptor_.open(transformed(sender_, bytes(packet)), kStart + 1s);
    EXPECT_EQ(result.outcome, Opened::decrypted);
    EXPECT_EQ(to_hex(result.opus), packet);
  }
}

TEST_F(Listener, TakesExactSilenceInTheClearAndNothingElse) {
  EXPECT_EQ(hear(kOpusSilence), Opened::silence);
  EXPECT_EQ(hear(bytes("f8fffe00")), Opened::not_encrypted);
  EXPECT_EQ(hear(bytes("f8ff")), Opened::not_encrypted);
  EXPECT_EQ(hear({}), Opened::not_encrypted);
  EXPECT_EQ(FrameDecryptor().open(kOpusSilence, kStart).outcome, Opened::silence);
}

TEST_F(Listener, LetsFramesInTheClearPassOnlyWhileThatIsAllowed) {
  const Bytes opus = bytes("fc0102030405060708090a0b0c0d0e0f");
  decryptor_.set_passthrough(true, kStart);
  EXPECT_EQ(hear(opus, kStart + 1h), Opened::passed);
  decryptor_.set_passthrough(false, kStart + 1h);
  EXPECT_EQ(hear(opus, kStart + 1h + 9s), Opened::passed);
  EXPECT_EQ(hear(opus, kStart + 1h + 10s), Opened::not_encrypted);
  decryptor_.set_passthrough(false, kStart + 2h);
  EXPECT_EQ(hear(opus, kStart + 2h), Opened::not_encrypted);
}

TEST_F(Listener, RefusesEveryChangedByte) {
  const Bytes frame = transformed(sender_, bytes("0102030405"));
  for (std::size_t i = 0; i < frame.size(); ++i) {
    for (const int bit : {0x01, 0x80}) {
      Bytes forged = frame;
      forged[i] = static_cast<std::uint8_t>(forged[i] ^ bit);
      EXPECT_NE(hear(forged), Opened::decrypted) << i;
    }
  }
  EXPECT_EQ(hear(frame), Opened::decrypted) << "and the forgeries cost the true one nothing";
}

TEST_F(Listener, RefusesEveryFrameThatIsCutOrGrown) {
  const Bytes frame = transformed(sender_, bytes("0102030405"));
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_NE(hear(ByteView(frame).first(size)), Opened::decrypted) << size;
    EXPECT_NE(hear(ByteView(frame).last(size)), Opened::decrypted) << size;
  }
}

TEST_F(Listener, RefusesATrailerThatLies) {
  const auto with_supplement = [](std::string_view hex) {
    return bytes(std::string(64, '0') + std::string(hex));
  };
  EXPECT_FALSE(parse_protocol_frame(with_supplement("010afafa"))) << "too small for tag and nonce";
  EXPECT_FALSE(parse_protocol_frame(with_supplement("01fffafa"))) << "larger than the frame";
  EXPECT_FALSE(parse_protocol_frame(with_supplement("800cfafa"))) << "a nonce that does not end";
  EXPECT_FALSE(parse_protocol_frame(with_supplement("010cfafb"))) << "another marker";
  EXPECT_TRUE(parse_protocol_frame(with_supplement("010cfafa")));
  EXPECT_EQ(hear(with_supplement("81000dfafa")), Opened::not_encrypted) << "a padded nonce";
  EXPECT_EQ(hear(with_supplement("0100050efafa")), Opened::unencrypted_ranges);
}

TEST_F(Listener, OpensEachNonceOnce) {
  const Bytes first = transformed(sender_, bytes("01"));
  const Bytes second = transformed(sender_, bytes("02"));
  EXPECT_EQ(hear(first), Opened::decrypted);
  EXPECT_EQ(hear(first), Opened::replayed);
  EXPECT_EQ(hear(second), Opened::decrypted);
  EXPECT_EQ(hear(second), Opened::replayed);
  EXPECT_EQ(hear(first), Opened::replayed);
}

TEST_F(Listener, OpensWhatComesLateButOnlyOnce) {
  const Bytes first = transformed(sender_, bytes("01"));
  const Bytes second = transformed(sender_, bytes("02"));
  const Bytes third = transformed(sender_, bytes("03"));
  EXPECT_EQ(hear(third), Opened::decrypted);
  EXPECT_EQ(hear(first), Opened::decrypted);
  EXPECT_EQ(hear(first), Opened::replayed);
  EXPECT_EQ(hear(second), Opened::decrypted);
}

TEST_F(Listener, RemembersAThousandFramesThatDidNotComeYet) {
  std::vector<Bytes> frames;
  for (int i = 0; i < 1002; ++i) frames.push_back(transformed(sender_, bytes("01")));
  EXPECT_EQ(hear(frames[1001]), Opened::decrypted);
  EXPECT_EQ(hear(frames[0]), Opened::replayed) << "too long ago to tell";
  EXPECT_EQ(hear(frames[1]), Opened::decrypted);
}

TEST_F(Listener, RemembersNoMoreThanAThousandHoweverManyGapsThereAre) {
  std::vector<Bytes> frames;
  for (int i = 0; i < 2004; ++i) frames.push_back(transformed(sender_, bytes("01")));
  for (std::size_t i = 1; i < frames.size(); i += 2) EXPECT_EQ(hear(frames[i]), Opened::decrypted);
  EXPECT_EQ(hear(frames[0]), Opened::replayed) << "1,002 frames are missing, and this is the first";
  EXPECT_EQ(hear(frames[2]), Opened::replayed);
  EXPECT_EQ(hear(frames[4]), Opened::decrypted);
}

TEST_F(Listener, FollowsTheSenderToTheNextGeneration) {
  FrameEncryptor sender(ratchet(), kFramesPerGeneration - 3);
  const TimePoint days_later = kStart + 100h;
  const Bytes early = transformed(sender, bytes("00"));
  const Bytes before = transformed(sender, bytes("01"));
  const Bytes after = transformed(sender, bytes("02"));
  const Bytes second = transformed(sender, bytes("03"));
  EXPECT_EQ(hear(before, days_later), Opened::decrypted);
  EXPECT_EQ(hear(after, days_later), Opened::decrypted);
  EXPECT_EQ(hear(early, days_later + 1s), Opened::decrypted)
      << "the old generation's key is kept for a while";
  EXPECT_EQ(hear(second, days_later + 2s), Opened::decrypted);
}

TEST_F(Listener, ForgetsAGenerationTenSecondsAfterTheNext) {
  FrameEncryptor sender(ratchet(), kFramesPerGeneration - 3);
  const TimePoint days_later = kStart + 100h;
  const Bytes early = transformed(sender, bytes("00"));
  static_cast<void>(transformed(sender, bytes("01")));
  EXPECT_EQ(hear(transformed(sender, bytes("02")), days_later), Opened::decrypted);
  EXPECT_EQ(hear(transformed(sender, bytes("03")), days_later + 1s), Opened::decrypted);
  EXPECT_EQ(hear(early, days_later + 11s), Opened::bad_generation);
}

TEST_F(Listener, RefusesAGenerationThatNobodyCanHaveReached) {
  FrameEncryptor sender(ratchet(), kFramesPerGeneration);
  const Bytes frame = transformed(sender, bytes("01"));
  EXPECT_EQ(hear(frame, kStart + 27h), Opened::bad_generation)
      << "2^24 frames at 170 a second are 27.4 hours";
  EXPECT_EQ(hear(frame, kStart + 28h), Opened::decrypted);
}

TEST_F(Listener, OpensThePreviousEpochForTenSecondsMore) {
  FrameEncryptor next_sender(ratchet(0x10));
  const TimePoint change = kStart + 60s;
  decryptor_.begin_epoch(ratchet(0x10), change);
  EXPECT_EQ(hear(transformed(sender_, bytes("01")), change + 1s), Opened::decrypted);
  EXPECT_EQ(hear(transformed(next_sender, bytes("02")), change + 1s), Opened::decrypted);
  EXPECT_EQ(hear(transformed(sender_, bytes("03")), change + 9s), Opened::decrypted);
  EXPECT_EQ(hear(transformed(sender_, bytes("04")), change + 10s), Opened::wrong_tag);
  EXPECT_EQ(hear(transformed(next_sender, bytes("05")), change + 11s), Opened::decrypted);
}

TEST_F(Listener, KnowsAReplayFromThePreviousEpoch) {
  const Bytes old = transformed(sender_, bytes("01"));
  EXPECT_EQ(hear(old), Opened::decrypted);
  decryptor_.begin_epoch(ratchet(0x10), kStart + 1s);
  EXPECT_EQ(hear(old, kStart + 2s), Opened::replayed);
}

TEST_F(Listener, WithoutAKeyHearsNothing) {
  FrameDecryptor stranger;
  EXPECT_EQ(stranger.open(transformed(sender_, bytes("01")), kStart).outcome, Opened::no_key);
}

}  // namespace
}  // namespace vcplay::dave
