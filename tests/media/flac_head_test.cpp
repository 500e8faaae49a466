// The metadata of FLAC, cut before FFmpeg reads it, byte by byte as RFC 9639 has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "media/flac_head.hpp"

namespace vcplay::media {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::string little(std::size_t value) {
  std::string text;
  for (unsigned shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xFF);
  return text;
}

std::string block(int type, const std::string& body, bool last = false) {
  std::string text(1, static_cast<char>(type | (last ? 0x80 : 0)));
  for (unsigned shift = 24; shift > 0; shift -= 8)
    text += static_cast<char>(body.size() >> (shift - 8) & 0xFF);
  return text + body;
}

std::string comments(const std::vector<std::string>& all, const std::string& vendor = "") {
  std::string body = little(vendor.size()) + vendor + little(all.size());
  for (const std::string& one : all) body += little(one.size()) + one;
  return body;
}

const std::string kForm(34, 'f');
const std::string kSound = "the sound";

/// What is left of `blocks`, read in pieces of `step` bytes; the sound behind them is not touched.
std::string cut(const std::string& blocks, std::size_t step = 1'000'000) {
  FlacHead flac;
  std::string_view rest = blocks;
  while (flac.missing() > 0 && !rest.empty()) {
    const std::string_view piece = rest.substr(0, std::min(step, flac.missing()));
    flac.take({reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()});
    rest.remove_prefix(piece.size());
  }
  return flac.head() + std::string(rest);
}

TEST(FlacHead, KeepsFormSeekTableAndComments) {
  const std::string blocks = block(0, kForm) + block(6, std::string(3'000'000, 'p')) +
                             block(3, std::string(36, 's')) +
                             block(4, comments({"TITLE=A song", "ARTIST=Me"}, "a vendor")) + block(2, "own") +
                             block(1, "padding", true);
  const std::string expected = "fLaC" + block(0, kForm) + block(3, std::string(36, 's')) +
                               block(4, comments({"TITLE=A song", "ARTIST=Me"}), true) + kSound;
  for (const std::size_t step : {1U, 3U, 4U, 5U, 4'096U, 5'000'000U}) {
    EXPECT_EQ(cut(blocks + kSound, step), expected) << step;
  }
}

TEST(FlacHead, KeepsFewCommentsOfManyAndNoneThatIsLong) {
  std::vector<std::string> many = {"PICTURE=" + std::string(FlacHead::kMostCommentBytes, 'p'),
                                   "TITLE=A song"};
  for (int i = 0; i < 500; ++i) many.push_back("K" + std::to_string(i) + "=v");
  const std::string left = cut(block(0, kForm) + block(4, comments(many), true));
  EXPECT_THAT(left, HasSubstr("TITLE=A song"));
  EXPECT_THAT(left, HasSubstr("K126=v"));
  EXPECT_THAT(left, Not(HasSubstr("K127=v")));
  EXPECT_THAT(left, Not(HasSubstr("PICTURE=")));
}

TEST(FlacHead, OfCommentsThatLieAboutTheirLengthKeepsWhatIsThere) {
  const std::string body = little(0) + little(3) + little(7) + "TITLE=A" + little(0xFFFFFFFF) + "ARTIST=B";
  EXPECT_EQ(cut(block(0, kForm) + block(4, body, true) + kSound),
            "fLaC" + block(0, kForm) + block(4, comments({"TITLE=A"}), true) + kSound);
  EXPECT_EQ(cut(block(0, kForm) + block(4, "xy", true) + kSound),
            "fLaC" + block(0, kForm) + block(4, comments({}), true) + kSound);
}

TEST(FlacHead, ThatIsCutOffEndsWhereItDoes) {
  EXPECT_EQ(cut(block(0, kForm) + block(4, std::string(100, 'c')).substr(0, 50)),
            "fLaC" + block(0, kForm, true));
  EXPECT_EQ(cut("ab"), "fLaC");
}

}  // namespace
}  // namespace vcplay::media
