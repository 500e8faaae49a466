// Which channel has which transport key.
#include "bot/transport_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"

namespace vcplay::bot {
namespace {

using ::testing::HasSubstr;

Bytes key(int number) { return Bytes(32, static_cast<std::uint8_t>(number)); }

/// Why the channel does not get the key; nothing when it does.
std::string refusal(TransportKeys& keys, int number, TransportKeys::Holder channel) {
  try {
    keys.take(key(number), channel);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.cause(), Cause::encryption);
    return error.what();
  }
}

constexpr const char* kAnothers = "a transport key that another channel of this run has or had";
constexpr const char* kTooMany = "more transport keys than can be remembered";

TEST(TransportKeys, ComeAgainInTheirOwnChannel) {
  TransportKeys keys;
  const auto channel = keys.new_holder();
  for (const int number : {1, 1, 2, 1, 2}) EXPECT_EQ(refusal(keys, number, channel), "");
}

TEST(TransportKeys, AreNotForAnotherChannel) {
  TransportKeys keys;
  const auto channel = keys.new_holder();
  EXPECT_EQ(refusal(keys, 1, channel), "");
  EXPECT_EQ(refusal(keys, 2, channel), "");
  for (const int number : {1, 2}) {
    EXPECT_THAT(refusal(keys, number, keys.new_holder()), HasSubstr(kAnothers)) << number;
  }
  EXPECT_EQ(refusal(keys, 3, keys.new_holder()), "");
}

TEST(TransportKeys, AreSoManyOfOneChannel) {
  TransportKeys keys({.of_one = 3});
  const auto channel = keys.new_holder();
  for (const int number : {1, 2, 3}) EXPECT_EQ(refusal(keys, number, channel), "");
  EXPECT_THAT(refusal(keys, 4, channel), HasSubstr(kTooMany));
  EXPECT_EQ(refusal(keys, 3, channel), "") << "it is known";
  EXPECT_EQ(refusal(keys, 4, keys.new_holder()), "") << "the others have room";
}

TEST(TransportKeys, AreSoManyInAllAndNoneIsForgotten) {
  TransportKeys keys({.in_all = 3});
  for (const int number : {1, 2, 3}) EXPECT_EQ(refusal(keys, number, keys.new_holder()), "");
  EXPECT_THAT(refusal(keys, 4, keys.new_holder()), HasSubstr(kTooMany));
  EXPECT_THAT(refusal(keys, 1, keys.new_holder()), HasSubstr(kAnothers));
}

}  // namespace
}  // namespace vcplay::bot
