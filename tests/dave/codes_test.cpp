// The digits that people compare.
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "dave/displayable_code.hpp"
#include "dave/pairwise_fingerprint.hpp"

namespace vcplay::dave {
namespace {

Bytes bytes(std::string_view hex) { return from_hex(hex).value(); }

TEST(dave_displayable_code, has_the_known_digits) {
  EXPECT_EQ(displayable_code(bytes("aabbccddeebbccddeeffccddeeffaaddeeffaabbeeffaabbccffaabbccdd"), 30, 5),
            "058708105556138052119572494877");
}

TEST(dave_displayable_code, keeps_leading_zeros_in_each_group) {
  EXPECT_EQ(displayable_code(bytes("00000000010000000002"), 10, 5), "0000100002");
  EXPECT_EQ(displayable_code(bytes("0001"), 2, 1), "01");
  EXPECT_EQ(displayable_code(bytes("0a"), 1, 1), "0");
}

TEST(dave_displayable_code, needs_enough_bytes_and_whole_groups) {
  const Bytes data(32, 1);
  EXPECT_THROW(static_cast<void>(displayable_code(data, 33, 3)), Error);
  EXPECT_THROW(static_cast<void>(displayable_code(data, 31, 5)), Error);
  EXPECT_THROW(static_cast<void>(displayable_code(data, 16, 8)), Error);
  EXPECT_THROW(static_cast<void>(displayable_code(data, 10, 0)), Error);
  EXPECT_EQ(displayable_code(data, 28, 7).size(), 28U);
}

TEST(dave_displayable_code, a_privacy_code_is_thirty_digits_of_the_first_thirty_bytes) {
  Bytes authenticator = bytes("aabbccddeebbccddeeffccddeeffaaddeeffaabbeeffaabbccffaabbccdd0102");
  EXPECT_EQ(privacy_code(authenticator), "058708105556138052119572494877");
  authenticator[31] = 0xff;
  EXPECT_EQ(privacy_code(authenticator), "058708105556138052119572494877");
  authenticator[0] = 0;
  EXPECT_NE(privacy_code(authenticator), "058708105556138052119572494877");
}

TEST(dave_displayable_code, is_shown_in_groups_of_five) {
  EXPECT_EQ(in_groups("058708105556138"), "05870 81055 56138");
  EXPECT_EQ(in_groups(""), "");
}

TEST(dave_pairwise_fingerprint, has_the_known_bytes_and_digits_whoever_computes_it) {
  const Bytes short_key(33, 0);
  const Bytes long_key(65, 0);
  const Identity a{{1234}, short_key};
  const Identity b{{5678}, long_key};
  const Fingerprint fingerprint = pairwise_fingerprint(a, b);
  const std::string hex = to_hex(fingerprint);
  EXPECT_EQ(hex.substr(0, 16), "8581f12c24874fc3");
  EXPECT_EQ(hex.substr(120), "f20ba43c");
  EXPECT_EQ(fingerprint_code(fingerprint), "167087148466685475014767895181229783641225826");
  EXPECT_EQ(pairwise_fingerprint(b, a), fingerprint);
}

TEST(dave_pairwise_fingerprint, is_another_for_another_key) {
  Bytes key(65, 4);
  const Bytes other(65, 0);
  const Fingerprint before = pairwise_fingerprint({{1}, key}, {{2}, other});
  key[64] ^= 1;
  EXPECT_NE(pairwise_fingerprint({{1}, key}, {{2}, other}), before);
}

}  // namespace
}  // namespace vcplay::dave
