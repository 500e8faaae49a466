// Tags that are cut before FFmpeg reads them, byte by byte as the standard has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "media/id3_tag.hpp"

namespace vcplay::media {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string number(std::size_t value, unsigned bits) {
  std::string text;
  for (unsigned i = 4; i-- > 0;) text += static_cast<char>(value >> (bits * i) & ((1U << bits) - 1));
  return text;
}
std::string plain(std::size_t value) { return number(value, 8); }
std::string syncsafe(std::size_t value) { return number(value, 7); }

std::string frame3(const std::string& id, const std::string& text, const std::string& flags = "\0\0"s) {
  return id + plain(text.size()) + flags + text;
}
std::string frame4(const std::string& id, const std::string& text, const std::string& flags = "\0\0"s) {
  return id + syncsafe(text.size()) + flags + text;
}
std::string tag(char version, const std::string& frames, char flags = '\0') {
  return "ID3"s + version + '\0' + flags + syncsafe(frames.size()) + frames;
}

/// What is kept of `whole`, taken in pieces of `step` bytes.
std::string excerpt(const std::string& whole, std::size_t step = 1'000'000) {
  const auto header = Id3Header::read(as_bytes(whole).first(Id3Header::kBytes));
  if (!header) return "no tag";
  Id3Excerpt reader(*header);
  for (std::size_t at = Id3Header::kBytes; at < whole.size(); at += step) {
    reader.take(as_bytes(std::string_view(whole).substr(at, step)));
  }
  EXPECT_EQ(reader.missing(), 0U);
  return reader.tag();
}

const std::string kTitle = "\3A song"s;

TEST(Id3Excerpt, KeepsTheTextsOfEveryVersion) {
  const std::string expected = tag(3, frame3("TIT2", kTitle) + frame3("TPE1", "\3Somebody"));
  EXPECT_EQ(excerpt(tag(3, frame3("TIT2", kTitle) + frame3("TPE1", "\3Somebody"))), expected);
  EXPECT_EQ(excerpt(tag(4, frame4("TIT2", kTitle) + frame4("TPE1", "\3Somebody"))), expected);
  EXPECT_EQ(excerpt(tag(2, "TT2\0\0\7"s + kTitle + "TP1\0\0\x9\3Somebody"s)), expected);
}

TEST(Id3Excerpt, IsTheSameInPiecesOfAnySize) {
  const std::string whole = tag(4, frame4("APIC", std::string(70'000, 'p')) + frame4("TIT2", kTitle) +
                                       frame4("USLT", std::string(300, 'l')) + frame4("TALB", "\3An album"));
  const std::string expected = tag(3, frame3("TIT2", kTitle) + frame3("TALB", "\3An album"));
  for (const std::size_t step : {1U, 2U, 9U, 10U, 11U, 4'096U})
    EXPECT_EQ(excerpt(whole, step), expected) << step;
}

TEST(Id3Excerpt, LeavesOutWhatIsLongCompressedOrEncrypted) {
  const std::string whole =
      tag(4, frame4("TIT2", "\3" + std::string(Id3Excerpt::kMostTextBytes, 'x')) +
                 frame4("TPE1", "\3compressed", "\0\x08"s) + frame4("TALB", "\3encrypted", "\0\x04"s) +
                 frame4("PRIV", "own") + frame4("TCOM", kTitle));
  EXPECT_EQ(excerpt(whole), tag(3, frame3("TCOM", kTitle)));
}

TEST(Id3Excerpt, LeavesOutWhatSaysNothing) {
  const std::string whole =
      tag(4, frame4("TPE1", plain(0), "\0\1"s) + frame4("TALB", "") + frame4("TIT2", kTitle));
  EXPECT_EQ(excerpt(whole), tag(3, frame3("TIT2", kTitle))) << "a length without a text, and nothing at all";
}

TEST(Id3Excerpt, KeepsFewFramesOfMany) {
  std::string frames;
  for (int i = 0; i < 60'000; ++i) frames += frame3("TXXX", "\3k" + std::to_string(i) + "\0v"s);
  const std::string kept = excerpt(tag(3, frames));
  EXPECT_LT(kept.size(), 4'000U);
  EXPECT_THAT(kept, HasSubstr("k127\0v"s));
  EXPECT_THAT(kept, Not(HasSubstr("k128\0v"s)));
}

TEST(Id3Excerpt, UndoesUnsynchronisation) {
  const std::string expected = tag(3, frame3("TIT2",
                                             "\1\xFF\xFE"
                                             "A\0"s));
  const std::string escaped =
      "\1\xFF\0\xFE"
      "A\0"s;
  EXPECT_EQ(excerpt(tag(3, frame3("TIT2", escaped), '\x80')), expected) << "of the whole tag";
  EXPECT_EQ(excerpt(tag(4, frame4("TIT2", plain(5) + escaped, "\0\3"s))), expected)
      << "of a frame that says how long it was";
}

TEST(Id3Excerpt, ReadsOnBehindAPictureWhoseSizeIsNotSyncsafe) {
  const std::string picture = "APIC" + plain(70'000) + "\0\0"s + std::string(70'000, 'p');
  EXPECT_EQ(excerpt(tag(4, picture + frame4("TIT2", kTitle))), tag(3, frame3("TIT2", kTitle)));
}

TEST(Id3Excerpt, SkipsTheExtendedHeaderAndEndsAtThePadding) {
  const std::string frames = frame4("TIT2", kTitle) + std::string(100, '\0') + frame4("TALB", "\3no");
  EXPECT_EQ(excerpt(tag(4, syncsafe(6) + "\1\0"s + frames, '\x40')), tag(3, frame3("TIT2", kTitle)));
  EXPECT_EQ(excerpt(tag(3, plain(6) + std::string(6, '\0') + frame3("TIT2", kTitle), '\x40')),
            tag(3, frame3("TIT2", kTitle)));
}

TEST(Id3Excerpt, OfSonysTagIsOneAsOthers) {
  std::string sonys = tag(3, frame3("GEOB", "OMG_LSI") + frame3("TIT2", kTitle));
  EXPECT_EQ(excerpt(sonys.replace(0, 3, "ea3")), tag(3, frame3("TIT2", kTitle)));
}

TEST(Id3Excerpt, OfNonsenseIsEmpty) {
  EXPECT_THAT(excerpt(tag(4, "")), IsEmpty());
  EXPECT_THAT(excerpt(tag(4, std::string(500, '\xFF'))), IsEmpty());
  EXPECT_THAT(excerpt(tag(9, frame4("TIT2", kTitle))), IsEmpty());
  EXPECT_EQ(excerpt("ID3\4\0\0\x80\0\0\0"s), "no tag");
  EXPECT_EQ(excerpt("RIFFabcdefgh"), "no tag");
}

// ── in the midst of a file ──

/// `whole` as FFmpeg sees it, read in pieces of `step` bytes.
std::string seen(std::string whole, std::size_t step, bool may_be_read) {
  Id3Watch watch([may_be_read](std::int64_t, const Id3Header&) { return may_be_read; });
  for (std::size_t at = 0; at < whole.size(); at += step) {
    auto* const bytes = reinterpret_cast<std::uint8_t*>(whole.data()) + at;
    watch.see(static_cast<std::int64_t>(at), {bytes, std::min(step, whole.size() - at)});
  }
  return whole;
}

TEST(Id3Watch, UnmakesATagWhereverItBegins) {
  const std::string whole = "IIDID" + tag(4, frame4("TIT2", kTitle)) + "II" + tag(3, frame3("TIT2", kTitle));
  const std::size_t first = whole.find("ID3");
  const std::size_t second = whole.find("ID3", first + 1);
  for (const std::size_t step : {1U, 3U, 7U, 10U, 1'000U}) {
    const std::string left = seen(whole, step, false);
    for (const std::size_t begin : {first, second}) {
      EXPECT_FALSE(Id3Header::read(as_bytes(left).subspan(begin, Id3Header::kBytes))) << step;
    }
    EXPECT_EQ(seen(whole, step, true), whole);
  }
}

TEST(Id3Watch, UnmakesATagThatBeginsInWhatLooksLikeAnother) {
  const std::string whole = "ID3 " + plain(0x1280) + tag(4, frame4("TIT2", kTitle));
  const std::size_t begin = whole.rfind("ID3");
  for (const std::size_t step : {1U, 7U, 8U, 9U, 1'000U}) {
    const std::string left = seen(whole, step, false);
    EXPECT_FALSE(Id3Header::read(as_bytes(left).subspan(begin, Id3Header::kBytes))) << step;
  }
}

TEST(Id3Watch, TakesNothingForATagThatWasNotReadInOneGo) {
  std::string one = "....ID3\4";
  std::string other = "\0\0\0\0\0\7 and so on"s;
  Id3Watch watch([](std::int64_t, const Id3Header&) { return false; });
  const auto see = [&watch](std::int64_t position, std::string& text) {
    watch.see(position, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return text;
  };
  see(0, one);
  EXPECT_EQ(see(100, other)[5], '\7');
  see(0, one);
  EXPECT_NE(see(8, other)[5], '\7') << "but here they follow each other";
}

bool judged(const std::string& whole) {
  const auto header = Id3Header::read(as_bytes(whole).first(Id3Header::kBytes));
  return header && is_harmless(*header, Id3Header::kBytes, [&whole](std::int64_t at, std::size_t size) {
           const auto begin = static_cast<std::size_t>(at);
           return begin < whole.size() ? whole.substr(begin, size) : std::string();
         });
}

TEST(Id3Watch, LetsFFmpegReadATagOfPicturesAndTexts) {
  EXPECT_TRUE(judged(tag(3, frame3("APIC", std::string(500'000, 'p')) + frame3("TIT2", kTitle))));
  EXPECT_TRUE(judged(tag(4, frame4("APIC", std::string(500'000, 'p')) + frame4("TIT2", kTitle))));
  EXPECT_TRUE(
      judged(tag(4, "APIC" + plain(70'000) + "\0\0"s + std::string(70'000, 'p') + frame4("TIT2", kTitle))));
  EXPECT_TRUE(judged(tag(4, frame4("TIT2", kTitle) + std::string(2'000, '\0')))) << "padding";
}

TEST(Id3Watch, KeepsFFmpegFromABomb) {
  EXPECT_FALSE(judged(tag(4, frame4("TIT2", "compressed", "\0\x08"s))));
  EXPECT_FALSE(judged(tag(4, "APIC" + plain(70'000) + "\0\0"s + std::string(70'000, 'p') +
                                 frame4("TIT2", "compressed", "\0\x09"s))))
      << "behind a size of the older kind";
  EXPECT_FALSE(judged(tag(3, frame3("TIT2", std::string(100'000, 'x')))));
  for (const std::size_t zeros : {10U, 40'000U}) {
    EXPECT_FALSE(judged(tag(3, std::string(zeros, '\0') + frame3("TIT2", "compressed", "\0\x08"s))))
        << "behind what looks like the end";
  }
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += frame3("TXXX", "\3k\0v"s);
  EXPECT_FALSE(judged(tag(3, many)));
}

}  // namespace
}  // namespace vcplay::media
