// Where one file ends in a stream of bytes, however those come.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "media/piece_border.hpp"

namespace vcplay::media {
namespace {

using std::string_literals::operator""s;

std::string little(std::uint64_t value, int bytes = 4) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string big(std::uint64_t value, int bytes = 4) {
  std::string text = little(value, bytes);
  std::reverse(text.begin(), text.end());
  return text;
}

std::string sound(std::size_t bytes) { return std::string(bytes, '\x55'); }

std::string wav(const std::string& samples, std::uint64_t size, int tag = 1) {
  return "RIFF" + little(36 + size) + "WAVEfmt " + little(16) + little(static_cast<std::uint64_t>(tag), 2) +
         little(1, 2) + little(48'000) + little(96'000) + little(2, 2) + little(16, 2) + "data" +
         little(size) + samples;
}
std::string wav(const std::string& samples) { return wav(samples, samples.size()); }

constexpr std::uint64_t kUnknown = 0xFFFFFFFF;

/// Shows `bytes` as they would come `at_once` by `at_once`: what cannot be judged is shown again.
std::optional<std::uint64_t> border_of(const std::string& bytes, std::size_t at_once = 100'000) {
  PieceBorder border;
  std::size_t at = 0;
  std::size_t shown = 0;
  while (shown < bytes.size() && !border.border()) {
    shown = std::min(bytes.size(), shown + at_once);
    at += border.see(at, as_bytes(std::string_view(bytes).substr(at, shown - at)));
  }
  EXPECT_EQ(at, border.border().value_or(at)) << "all that is the piece's own is given, and no more";
  return border.border();
}

/// Nothing changes when the bytes come one by one.
void expect_border(const std::string& first, const std::string& second) {
  for (const std::size_t at_once : {1U, 7U, 100'000U}) {
    EXPECT_EQ(border_of(first + second, at_once), first.size()) << at_once << " at once";
  }
}

void expect_none(const std::string& bytes) {
  for (const std::size_t at_once : {1U, 7U, 100'000U}) {
    EXPECT_EQ(border_of(bytes, at_once), std::nullopt) << at_once << " at once";
  }
}

TEST(PieceBorder, IsWhereTheSoundEndsAndAnotherFileBegins) {
  expect_border(wav(sound(1'000)), wav(sound(10)));
  expect_none(wav(sound(1'000)));
}

TEST(PieceBorder, IsFoundInSoundOfUnknownLength) {
  expect_border(wav(sound(1'000), kUnknown), wav(sound(10)));
  expect_border(wav(sound(1'000), 0), wav(sound(10), 0));
  expect_border(wav(sound(1'000), kUnknown), "OggS\0\2\0\0\0\0\0\0\0\0"s + sound(100));
  expect_border(wav("", kUnknown), wav("", kUnknown));
}

TEST(PieceBorder, IsFoundWhereSoundIsShorterThanItsHeadSays) {
  expect_border(wav(sound(1'000), 5'000), wav(sound(10)));
}

TEST(PieceBorder, IsNotInSoundThatIsAFileOfAnotherKind) {
  const std::string mp3 = "ID3\4\0\0\0\0\0\x0CTIT2\0\0\0\2\0\0\3a"s + sound(100);
  expect_none(wav(mp3 + mp3, kUnknown, 0x55));  // MP3 in a WAV
  expect_none(wav(mp3));
}

TEST(PieceBorder, IsNotInATagThatTheFileHolds) {
  const std::string id3 = "ID3\4\0\0\0\0\0\x0CTIT2\0\0\0\2\0\0\3a"s;
  const std::string chunk = "id3 " + little(id3.size()) + id3;
  expect_none(wav(sound(1'000)) + chunk);
  expect_border(wav(sound(1'000)) + chunk, wav(sound(10)));
}

TEST(PieceBorder, ComesBehindTagsAndPadding) {
  const std::string ape =
      "APETAGEX"s + little(2'000) + little(2'000) + little(1) + little(0x20000000) + sound(8) + sound(2'000);
  expect_border(wav(sound(1'000)) + "TAG" + sound(125), wav(sound(10)));
  expect_border(wav(sound(1'000)) + ape, wav(sound(10)));
  expect_border(wav(sound(1'000)) + std::string(3'333, '\0'), wav(sound(10)));
}

TEST(PieceBorder, OfAnOddLengthIsFoundWithAndWithoutItsPadding) {
  expect_border(wav(sound(999)), wav(sound(10)));
  expect_border(wav(sound(999)) + '\0', wav(sound(10)));
  expect_border(wav(sound(999)) + '\xAA', wav(sound(10)));
}

TEST(PieceBorder, OfAMatroskaIsTheEndOfItsSegment) {
  const std::string header = "\x1A\x45\xDF\xA3\x84\x42\x86\x81\x01"s;
  const std::string known =
      header + "\x18\x53\x80\x67\x01\0\0\0\0\0\x03\xE8"s + header + sound(1'000 - header.size());
  const std::string unknown = header + "\x18\x53\x80\x67\xFF"s + sound(1'000);
  expect_border(known, known);
  expect_border(unknown, unknown);
  expect_border(known + "\xEC\x83"s + sound(3), unknown);  // Void
}

TEST(PieceBorder, OfAnMp4IsWhereTheNextOneTellsItsType) {
  const auto box = [](const std::string& type, const std::string& content) {
    return big(8 + content.size()) + type + content;
  };
  const std::string mp4 = box("ftyp", "M4A \0\0\0\0"s) + box("moov", sound(100)) + box("mdat", sound(1'000));
  const std::string large = box("ftyp", "M4A \0\0\0\0"s) + big(1) + "mdat" + big(16 + 500, 8) + sound(500);
  expect_border(mp4, mp4);
  expect_border(large, mp4);
  expect_none(box("ftyp", "M4A \0\0\0\0"s) + big(0) + "mdat" + sound(500) + mp4);  // to the end of the file
}

TEST(PieceBorder, OfASunFileIsByItsHead) {
  const auto au = [](std::uint64_t size) {
    return ".snd" + big(28) + big(size) + big(3) + big(8'000) + big(1) + big(0) + sound(500);
  };
  expect_border(au(500), au(500));
  expect_border(au(kUnknown), au(500));
}

TEST(PieceBorder, IsNotWhereFFmpegGoesOnByItself) {
  const std::string page = "OggS\0\2"s + std::string(20, '\0') + "\2\xFF\5"s + sound(260);
  const std::string mp3 = "\xFF\xFB\x90\x64"s + std::string(32, '\0') + "Xing" + sound(400);
  const std::string id3 = "ID3\4\0\0\0\0\0\x0CTIT2\0\0\0\2\0\0\3a"s;
  expect_none(page + page);
  expect_none(mp3 + mp3);
  expect_none(id3 + mp3 + id3 + mp3);
  expect_none(sound(1'000));
  expect_border(page + page, mp3);
  expect_border(page, wav(sound(10)));
  expect_border(mp3, wav(sound(10)));
  expect_border(id3 + mp3, page);
}

TEST(PieceBorder, IsNotInsideATagOrAPicture) {
  const std::string id3 = "ID3\4\0\0\0\0\7\x68GEOB\0\0\7\x5E\0\0"s;
  const std::string mp3 = "\xFF\xFB\x90\x64"s + sound(400);
  const std::string tagged = id3 + wav(sound(1'000 - 44 - 10)) + mp3;  // 1,000 bytes of a tag
  expect_none(tagged);
  expect_border(tagged, wav(sound(10)));
  const std::string flac = "fLaC\0\0\0\x22"s + sound(34) + "\x86\0\0\x40"s + "RIFF\1\2\3\4WAVE"s + sound(52) +
                           "\xFF\xF8"s + sound(500);
  expect_none(flac);
  expect_border(flac, flac);
  expect_border(flac, wav(sound(10)));
}

TEST(PieceBorder, MayBeWhereAStreamWithoutAnyHeadBegins) {
  expect_border(wav(sound(100)), "\xFF\xFB\x90\x64"s + sound(400));  // MP3
  expect_border(wav(sound(100)), "\xFF\xF1\x4C\x80"s + sound(400));  // ADTS
  expect_none(wav(sound(100)) + std::string(100, '\xFF'));           // padding
}

TEST(PieceBorder, IsFoundByReadingWhatTellsAlone) {
  const std::string first = wav(sound(100'000)) + "LIST" + little(26) + sound(26);
  const std::string bytes = first + wav(sound(10));
  PieceBorder border;
  int looks = 0;
  while (const auto next = border.next()) {
    ++looks;
    (void)border.see(*next, as_bytes(std::string_view(bytes).substr(*next, PieceBorder::kMostLook)));
  }
  EXPECT_EQ(border.border(), first.size());
  EXPECT_LE(looks, 5);
}

TEST(PieceBorder, IsKeptWhereBytesAreReadAgainOrLeftOut) {
  const std::string first = wav(sound(10'000));
  const std::string bytes = first + wav(sound(10));
  const auto show = [&](PieceBorder& border, std::size_t from, std::size_t to) {
    return border.see(from, as_bytes(std::string_view(bytes).substr(from, to - from)));
  };
  PieceBorder border;
  EXPECT_EQ(show(border, 0, 200), 200U);
  EXPECT_EQ(show(border, 5'000, 6'000), 1'000U) << "a seek";
  EXPECT_EQ(show(border, 44, 3'000), 2'956U) << "and back";
  EXPECT_EQ(show(border, 9'000, bytes.size()), first.size() - 9'000);
  EXPECT_EQ(border.border(), first.size());
  EXPECT_EQ(show(border, 9'500, bytes.size()), first.size() - 9'500) << "once more";
}

TEST(PieceBorder, BelievesNoSizeThatLeadsNowhere) {
  expect_none("caff\0\1\0\0desc"s + big(UINT64_MAX - 3, 8) + sound(100));
  expect_none("caff\0\1\0\0free"s + big(INT64_MAX, 8) + sound(100));
  expect_none("RIFF"s + little(0) + "WAVE\1\2\3\4" + sound(100));
  expect_none("\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C"s + little(3, 8) +
              sound(100));
}

// ── what the sizes say ──

/// What there is to know once all of `bytes` have been seen, in a file of that size or in a pipe.
PieceBorder seen(const std::string& bytes, bool is_file = false) {
  PieceBorder border;
  if (is_file) border.bound(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t own = border.see(at, as_bytes(std::string_view(bytes).substr(at)));
    if (own == 0) break;
    at += own;
  }
  return border;
}

/// What FFmpeg sees of it.
std::string patched(const std::string& bytes, bool is_file = false) {
  Bytes shown(bytes.begin(), bytes.end());
  seen(bytes, is_file).patches().apply(0, shown);
  return {shown.begin(), shown.end()};
}

TEST(PieceBorder, KnowsHowFarTheSoundIsToGo) {
  EXPECT_EQ(seen(wav(sound(500), 5'000)).promised_end(), 5'044U);
  EXPECT_EQ(seen(wav(sound(500), 500) + "LIST" + little(400) + sound(9)).promised_end(), 544U)
      << "a tag is none";
  EXPECT_EQ(seen(wav(sound(500), kUnknown)).promised_end(), std::nullopt);
  EXPECT_EQ(seen(wav(sound(500), 1'000'000'000)).promised_end(), std::nullopt) << "nobody has counted that";
  const std::string page = "OggS\0\2"s + std::string(20, '\0') + "\2\xFF\5"s + sound(260);
  EXPECT_EQ(seen(page + page.substr(0, 100)).promised_end(), 2 * page.size());
}

TEST(PieceBorder, KnowsAPacketThatGoesOn) {
  const auto page = [](char flags, const std::string& lacing) {
    return "OggS\0"s + flags + std::string(20, '\0') + static_cast<char>(lacing.size()) + lacing;
  };
  EXPECT_TRUE(seen(page(2, "\xFF") + sound(255)).is_amid_packet());
  EXPECT_FALSE(seen(page(2, "\xFF\1") + sound(256)).is_amid_packet());
  EXPECT_FALSE(seen(page(2, "\xFF") + sound(255) + page(4, "\xFF") + sound(255)).is_amid_packet())
      << "it is the last page";
}

TEST(PieceBorder, CountsTheSamplesOfAnMp3AsItsEncoderDid) {
  const std::string tag = "Xing\0\0\0\1\0\0\1\0"s;
  EXPECT_EQ(seen("\xFF\xFB\x90\x64"s + std::string(32, '\0') + tag + sound(400)).promised_samples(),
            256U * 1152);
  EXPECT_EQ(seen("\xFF\xF3\x90\xC4"s + std::string(9, '\0') + tag + sound(400)).promised_samples(),
            256U * 576);
  EXPECT_EQ(seen("\xFF\xFB\x90\x64"s + std::string(36, '\0') + sound(400)).promised_samples(), std::nullopt);
}

TEST(PieceBorder, HasASizeReadAsEndlessThatNobodyCounted) {
  const std::string endless = little(kUnknown);
  for (const std::uint64_t size : {0x7FFFF000U, 0x80000000U, 0U, 36U}) {
    EXPECT_EQ(patched(wav(std::string(1'000, '\x81'), size)).substr(40, 4), endless) << size;
  }
  EXPECT_EQ(patched(wav(sound(999), 5'000)), wav(sound(999), 5'000));
  EXPECT_EQ(patched(wav(sound(36)) + "LIST" + little(600) + sound(600)).substr(40, 4), little(36))
      << "it is as short as that";
}

TEST(PieceBorder, KnowsWhereNothingThatIsKnownBegins) {
  const std::string whole = wav(sound(1'000));
  EXPECT_EQ(seen(whole + std::string(600, '\x81')).unknown(), whole.size());
  EXPECT_EQ(seen(whole + std::string(300, '\0') + std::string(600, '\x81')).unknown(), whole.size() + 300);
  EXPECT_EQ(seen(whole + "LIST" + little(600) + sound(600)).unknown(), std::nullopt);
}

}  // namespace
}  // namespace vcplay::media
