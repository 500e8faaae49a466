// How the channels of Opus are told apart and mixed, against the figures of RFC 7845.
#include "media/opus_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace vcplay::media {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

/// An OpusHead (RFC 7845 s5.1) of which only the channels matter.
std::vector<std::uint8_t> head(std::uint8_t channels, std::uint8_t family,
                               const std::vector<std::uint8_t>& table = {}) {
  std::vector<std::uint8_t> bytes(19, 0);
  bytes[9] = channels;
  bytes[18] = family;
  bytes.insert(bytes.end(), table.begin(), table.end());
  return bytes;
}

auto is_about(float left, float right) {
  return ElementsAre(FloatNear(left, 1e-5F), FloatNear(right, 1e-5F));
}

TEST(OpusLayout, MixesFourAndSixChannelsByTheFiguresOfTheStandard) {
  const auto quadraphonic = opus_layout(head(4, 1, {2, 2, 0, 1, 2, 3}));
  ASSERT_TRUE(quadraphonic);
  EXPECT_THAT(downmix(*quadraphonic),
              ElementsAre(is_about(0.422650F, 0), is_about(0, 0.422650F), is_about(0.366025F, 0.211325F),
                          is_about(0.211325F, 0.366025F)));
  // left, centre, right, rear left, rear right, LFE
  const auto surround = opus_layout(head(6, 1, {4, 2, 0, 4, 1, 2, 3, 5}));
  ASSERT_TRUE(surround);
  EXPECT_THAT(downmix(*surround),
              ElementsAre(is_about(0.529067F, 0), is_about(0.374107F, 0.374107F), is_about(0, 0.529067F),
                          is_about(0.458186F, 0.264534F), is_about(0.264534F, 0.458186F),
                          is_about(0.374107F, 0.374107F)));
}

TEST(OpusLayout, IsPlainForOneStreamInItsOrderAlone) {
  EXPECT_TRUE(opus_layout(head(1, 0))->is_plain());
  EXPECT_TRUE(opus_layout(head(2, 0))->is_plain());
  EXPECT_TRUE(opus_layout(head(2, 1, {1, 1, 0, 1}))->is_plain());
  EXPECT_FALSE(opus_layout(head(2, 1, {1, 1, 1, 0}))->is_plain()) << "right before left";
  EXPECT_FALSE(opus_layout(head(2, 1, {2, 0, 0, 1}))->is_plain()) << "two streams";
  EXPECT_FALSE(opus_layout(head(2, 255, {1, 1, 0, 1}))->is_plain());
}

TEST(OpusLayout, BelievesNoHeadThatContradictsItself) {
  for (const auto& bytes : {head(0, 0), head(3, 0), head(9, 1, {9, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}), head(2, 2),
                            head(2, 1), head(2, 1, {1, 1, 0}), head(2, 1, {0, 0, 0, 0}),
                            head(2, 1, {1, 2, 0, 1}), head(2, 1, {1, 1, 0, 2}), head(2, 1, {255, 1, 0, 1})}) {
    EXPECT_FALSE(opus_layout(bytes));
  }
  EXPECT_FALSE(opus_layout({}));
}

}  // namespace
}  // namespace vcplay::media
