// The words that every room speaks in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.hpp"
#include "base/logger.hpp"
#include "base/secret.hpp"
#include "base/snowflake.hpp"
#include "base/spsc_ring.hpp"
#include "words/wait.hpp"

namespace vcplay {
namespace {

using ::testing::ElementsAre;
using testing::eventually;

TEST(Bytes, StandInNetworkOrder) {
  std::array<std::uint8_t, 14> wire{};
  store_be16(wire, 0x0102);
  store_be32(ByteSpan(wire).subspan(2), 0x03040506);
  store_be64(ByteSpan(wire).subspan(6), 0x0708090a0b0c0d0e);
  EXPECT_THAT(wire, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
  EXPECT_EQ(load_be16(wire), 0x0102);
  EXPECT_EQ(load_be32(ByteView(wire).subspan(2)), 0x03040506U);
}

TEST(Bytes, KeepTheirHighestBit) {
  const std::array<std::uint8_t, 4> wire = {0xff, 0xfe, 0x80, 0x01};
  EXPECT_EQ(load_be16(wire), 0xfffe);
  EXPECT_EQ(load_be32(wire), 0xfffe8001U);
}

TEST(Hex, SpellsBytes) {
  const Bytes bytes = {0x00, 0x9f, 0xff};
  EXPECT_EQ(to_hex(bytes), "009fff");
  EXPECT_EQ(from_hex("009fFF"), bytes);
  EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Hex, RefusesWhatIsNone) {
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_hex(" 0"));
  EXPECT_FALSE(from_hex("+1"));
}

TEST(Snowflake, IsAllDigitsWithin64Bits) {
  EXPECT_EQ(Snowflake::parse("81384788765712384")->value, 81384788765712384U);
  EXPECT_EQ(Snowflake::parse("18446744073709551615")->str(), "18446744073709551615");
  for (const char* const text : {"", "1", "general", "18446744073709551616", "081384788765712384",
                                 "-1384788765712384", "+1384788765712384", " 81384788765712384",
                                 "81384788765712384 ", "8138478876571238x", "184467440737095516150"}) {
    EXPECT_FALSE(Snowflake::parse(text)) << text;
  }
}

TEST(SpscRing, HandsValuesOverInOrder) {
  SpscRing<int> ring(4);
  for (int round = 0; round < 3; ++round) {  // the second lap reuses the slots
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(round * 10 + i));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ring.take(), round * 10 + i);
  }
  EXPECT_EQ(ring.take(), std::nullopt);
}

TEST(SpscRing, RefusesWhenFullAndLeavesTheValue) {
  SpscRing<std::unique_ptr<int>> ring(2);
  EXPECT_TRUE(ring.push(std::make_unique<int>(1)));
  EXPECT_TRUE(ring.push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(ring.push(std::move(third)));
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(ring.claim(), nullptr);
  EXPECT_EQ(*ring.take().value(), 1);
  EXPECT_TRUE(ring.push(std::move(third)));
}

TEST(SpscRing, RoundsItsRoomUp) {
  EXPECT_EQ(SpscRing<int>(50).capacity(), 64U);
  EXPECT_EQ(SpscRing<int>(0).capacity(), 1U);
}

TEST(SpscRing, CarriesEverythingBetweenTwoThreads) {
  constexpr std::uint64_t kValues = 200'000;
  SpscRing<std::uint64_t> ring(64);
  std::thread producer([&ring] {
    for (std::uint64_t i = 0; i < kValues; ++i) {
      if (!eventually("the ring has room", [&] { return ring.push(std::uint64_t{i}); })) return;
    }
  });
  std::uint64_t expected = 0;
  bool in_order = true;
  const auto take = [&] {
    const auto value = ring.take();
    if (value) in_order = in_order && *value == expected;
    return value.has_value();
  };
  while (expected < kValues && eventually("the ring has a value", take)) ++expected;
  producer.join();
  EXPECT_EQ(expected, kValues);
  EXPECT_TRUE(in_order);
  EXPECT_EQ(ring.size(), 0U);
}

TEST(SecretArray, WipesItsBytesWhenItGoes) {
  alignas(SecretArray<16>) std::array<std::uint8_t, sizeof(SecretArray<16>)> memory{};
  const std::array<std::uint8_t, 16> key = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  auto* const secret = new (memory.data()) SecretArray<16>(key);
  ASSERT_EQ(std::memcmp(memory.data(), key.data(), key.size()), 0);
  secret->~SecretArray<16>();
  EXPECT_THAT(memory, ::testing::Each(0));
}

TEST(SecretArray, LeavesNothingBehindWhenMoved) {
  const std::array<std::uint8_t, 4> key = {1, 2, 3, 4};
  SecretArray<4> from(key);
  const SecretArray<4> to(std::move(from));
  EXPECT_THAT(from.span(), ::testing::Each(0));  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_THAT(to.view(), ElementsAre(1, 2, 3, 4));
}

TEST(SecretString, MovesItsOnlyCopy) {
  SecretString from("a token that is longer than any small string");
  const char* const block = from.reveal().data();
  const SecretString to(std::move(from));
  EXPECT_EQ(to.reveal().data(), block);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_EQ(to.duplicate().reveal(), to.reveal());
}

static_assert(!std::is_copy_constructible_v<SecretString> && !std::is_copy_constructible_v<SecretArray<32>>);

/// Collects what the log would have written to standard error.
class Log : public ::testing::Test {
 protected:
  void SetUp() override {
    log::set_sink([this](log::Level, std::string_view line) { lines_.emplace_back(line); });
  }
  void TearDown() override {
    log::set_sink(nullptr);
    log::set_level(log::Level::warning);
  }
  std::vector<std::string> lines_;
};

TEST_F(Log, ShowsNothingBelowItsLevel) {
  log::error("one");
  log::warning("two");
  log::info("three");
  EXPECT_THAT(lines_, ElementsAre("one", "two"));
  log::set_level(log::Level::debug);
  log::debug("four {}", 4);
  EXPECT_EQ(lines_.back(), "four 4");
  log::set_level(log::Level::error);
  log::warning("five");
  EXPECT_EQ(lines_.size(), 3U);
}

TEST_F(Log, ShowsOneHarmlessLine) {
  log::warning("cannot play {}", "a\x1b[2J\nvcplay: all is well");
  EXPECT_THAT(lines_, ElementsAre("cannot play a\\x1b[2J\\nvcplay: all is well"));
}

TEST_F(Log, NeverShowsAHiddenSecret) {
  log::hide("s3cr3t-t0k3n");
  log::error("Authorization: Bot s3cr3t-t0k3n, again s3cr3t-t0k3n");
  EXPECT_THAT(lines_, ElementsAre("Authorization: Bot [hidden], again [hidden]"));
}

TEST_F(Log, ForgetsWhatIsLongOverButNeverTheFirstSecret) {
  log::hide("s3cr3t-t0k3n");  // as the bot's own
  for (std::size_t i = 0; i < 2 * log::kMostHidden; ++i) log::hide(fmt::format("session-token-{}.", i));
  log::error("s3cr3t-t0k3n session-token-{}. session-token-0.", 2 * log::kMostHidden - 1);
  EXPECT_THAT(lines_, ElementsAre("[hidden] [hidden] session-token-0."));
}

TEST_F(Log, DoesNotBlackOutOrdinaryWords) {
  log::hide("a");
  log::error("all that");
  EXPECT_THAT(lines_, ElementsAre("all that"));
}

TEST_F(Log, TakesBracesInTextFromOutside) {
  log::write(log::Level::error, "{\"op\":{}}");
  EXPECT_THAT(lines_, ElementsAre("{\"op\":{}}"));
}

TEST_F(Log, GoesByWayOfWhoeverKnowsWhatItIsAbout) {
  const log::Logger logger([](log::Level level, log::Place place, const std::string& line) {
    const std::string named = "In channel 7: " + line;
    log::write(level, place, "{}", fmt::make_format_args(named));
  });
  logger.warning("it is {}", "lost");
  logger.info("nobody asked for this");
  log::Logger().warning("it is {}", "lost");
  EXPECT_THAT(lines_, ElementsAre("In channel 7: it is lost", "it is lost"));
}

TEST(LogToStandardError, WritesOneWholeLine) {
  ::testing::internal::CaptureStderr();
  log::warning("watch out");
  log::error("too late");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "vcplay: warning: watch out\nvcplay: too late\n");
}

}  // namespace
}  // namespace vcplay
