// Tags that want more memory or time than a song has, wherever FFmpeg finds them: they cost nothing, and what
// they stand beside plays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/peak_memory.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

media::Media file(const std::string& location) { return {location, {}, 0, 0}; }

/// Seven bits in each of four bytes.
std::string syncsafe(std::uint64_t number) {
  std::string size;
  for (unsigned shift = 28; shift > 0; shift -= 7) size += static_cast<char>(number >> (shift - 7) & 0x7F);
  return size;
}
std::string with_tag(const std::string& frames, const std::string& sound) {
  return "ID3\3\0\0"s + syncsafe(frames.size()) + frames + sound;
}

std::string frame_size(std::uint64_t number) {
  std::string size;
  for (unsigned shift = 32; shift > 0; shift -= 8) size += static_cast<char>(number >> (shift - 8) & 0xFF);
  return size;
}
std::string little_endian(std::size_t number) {
  const std::string big = frame_size(number);
  return {big.rbegin(), big.rend()};
}
std::string frame(const std::string& id, const std::string& text) {
  return id + frame_size(text.size()) + "\0\0"s + text;
}

class Tags : public ::testing::Test {
 protected:
  const std::string sound_ = contents_of(make_audio("bare.mp3", Content::sweep, "-id3v2_version 0"));
};

/// Bits, the lowest first, as DEFLATE packs them (RFC 1951 s3.1.1).
class Bits {
 public:
  void put(unsigned value, int count) {
    for (int i = 0; i < count; ++i, value >>= 1U) {
      byte_ |= (value & 1U) << used_;
      if (++used_ == 8) end_byte();
    }
  }
  std::string take() {
    if (used_ > 0) end_byte();
    return std::move(bytes_);
  }

 private:
  void end_byte() {
    bytes_ += static_cast<char>(byte_);
    byte_ = 0;
    used_ = 0;
  }
  std::string bytes_;
  unsigned byte_ = 0;
  int used_ = 0;
};

/// What a text of UTF-8 in a frame is, '\3' and 'A' many times, as zlib writes it (RFC 1950), in a hundred
/// and fiftieth of the space: two letters and then copies of 258, in RFC 1951's fixed codes.
std::string zlib_of_text(std::uint64_t copies) {
  Bits bits;
  bits.put(0b011, 3);       // the last block, of fixed codes
  bits.put(0b11001100, 8);  // '\3': 0x30 + 3, its highest bit first
  bits.put(0b10001110, 8);  // 'A': 0x30 + 65
  for (std::uint64_t i = 0; i < copies; ++i) {
    bits.put(0b10100011, 8);  // length 258: 11000101
    bits.put(0, 5);           // from one letter before
  }
  bits.put(0, 7);  // the end
  const std::uint64_t letters = 1 + copies * 258;
  constexpr std::uint64_t kAdler = 65'521;
  const std::uint64_t a = (1 + 3 + letters * 'A') % kAdler;
  const std::uint64_t b = (4 * (letters + 1) + letters * (letters + 1) / 2 % kAdler * 'A') % kAdler;
  return "\x78\x01" + bits.take() + frame_size(b << 16U | a);
}

/// Five texts of 31 MB in a tag of under one. `frames` come before them.
std::string bomb(std::string frames = "", const std::string& magic = "ID3") {
  constexpr std::uint64_t kCopies = 120'000;
  const std::string packed = zlib_of_text(kCopies);
  for (char number = '1'; number <= '5'; ++number) {
    frames += "T00"s + number + syncsafe(packed.size() + 4) + "\0\x09"s + frame_size(2 + kCopies * 258);
    frames += packed;
  }
  return magic + "\4\0\0"s + syncsafe(frames.size()) + frames;
}

class TagBomb : public Tags {
 protected:
  /// `bytes` play, from a file and through a pipe, and take no memory.
  static void expect_silence(const std::string& name, const std::string& bytes) {
    constexpr std::int64_t kMostMegabytes = 100;
    const std::string path = write_file(name, bytes);
    const PeakMemory peak;
    if (!peak.is_known()) GTEST_SKIP() << "nobody keeps an account of memory";
    EXPECT_GT(play(path).frames.size(), 200U) << name;
    EXPECT_LT(peak.megabytes(), kMostMegabytes) << name;
    EXPECT_GT(play(piped(path)).frames.size(), 200U) << name;
    EXPECT_LT(peak.megabytes(), kMostMegabytes) << name << " in a pipe";
  }
  static std::string wav_with(const std::string& tag) {
    std::string wav = contents_of(make_audio("bare.wav", Content::sweep));
    wav.insert(wav.find("data"),
               "id3 " + little_endian(tag.size()) + tag + (tag.size() % 2 == 0 ? "" : "\0"s));
    return wav;
  }
  const std::string aac_ = contents_of(make_audio("bare.aac", Content::sweep));
};

TEST_F(TagBomb, AtTheBeginningDoesNotGoOff) {
  expect_silence("bomb.mp3", bomb() + sound_);
  EXPECT_EQ(play(write_file("bomb.mp3", bomb() + sound_)).tracks.at(0).title, "");
}

TEST_F(TagBomb, InAChunkOrBetweenFramesDoesNotGoOff) {
  expect_silence("chunk.wav", wav_with(bomb()));
  expect_silence("between.aac", aac_ + bomb() + aac_);
}

TEST_F(TagBomb, BehindZerosThatLookLikeTheEndDoesNotGoOff) {
  expect_silence("zeros.wav", wav_with(bomb(std::string(10, '\0'))));
}

TEST_F(TagBomb, InAChunkWhoseHeadLooksLikeATagDoesNotGoOff) {
  // "ID3 ", the size with a byte that no tag's size has, and the tag begins before that would have ended.
  std::string tag = bomb();
  while ((tag.size() & 0x80U) == 0 || tag.size() % 2 != 0) tag += '\0';
  std::string aiff = contents_of(make_audio("bare.aiff", Content::sweep));
  aiff.insert(aiff.find("SSND"), "ID3 " + frame_size(tag.size()) + tag);
  expect_silence("chunk.aiff", aiff.replace(4, 4, frame_size(aiff.size() - 8)));
}

TEST_F(TagBomb, BehindAFrameOfSevenBytesDoesNotGoOff) {
  std::string frame = aac_.substr(0, 7);  // nothing but its head, which says how long it is
  frame[1] = static_cast<char>(frame[1] | 1);
  frame[3] = static_cast<char>(frame[3] & ~3);
  frame[4] = '\0';
  frame[5] = static_cast<char>(7U << 5U | (static_cast<unsigned char>(frame[5]) & 0x1FU));
  expect_silence("early.aac", frame + bomb() + aac_);
}

/// Sony's OMA with 16-bit samples, as OpenMG wrote them.
std::string oma(const std::string& tag) {
  constexpr std::size_t kSeconds = 5;
  const std::string form = "\xFF\xFF"s + std::string(24, '\0') + "\4"s + std::string(63, '\0');
  return tag + "EA3\2\0\x60"s + form + std::string(kSeconds * 44'100 * 4 / 512 * 512, '\x55');
}

TEST_F(TagBomb, OfSonysKindDoesNotGoOff) { expect_silence("bomb.oma", oma(bomb("", "ea3"))); }

TEST_F(Tags, OfSonysKindAreRead) {
  const std::string title = frame("TIT2", "\3Sony");
  const std::string path = write_file("tagged.oma", oma("ea3\3\0\0"s + syncsafe(title.size()) + title));
  EXPECT_EQ(play(path).tracks.at(0).title, "Sony");
  EXPECT_EQ(play(piped(path)).heard(), play(write_file("bare.oma", oma(""))).heard());
}

TEST_F(Tags, OfSixtyThousandFramesCostNothing) {
  std::string frames = frame("TIT2", "\3The title");
  for (int i = 0; i < 60'000; ++i) frames += frame("TXXX", "\3key " + std::to_string(i) + "\0value"s);
  const Playback playback = play(write_file("frames.mp3", with_tag(frames, sound_)));
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.tracks.at(0).title, "The title");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 251.0, 2.0);
}

TEST_F(Tags, ThatAreCutChangeNoSample) {
  const std::string bare = write_file("cut.mp3", sound_);
  const std::string tagged = write_file(
      "tagged.mp3", with_tag(frame("APIC", std::string(3'000'000, 'p')) + frame("TPE1", "\3Me"), sound_));
  const Playback playback = play(tagged);
  EXPECT_EQ(playback.tracks.at(0).artist, "Me");
  EXPECT_EQ(playback.heard(), play(bare).heard());
  EXPECT_EQ(play(piped(tagged)).heard(), play(piped(bare)).heard()) << "nor of a pipe's";
  media::Media middle = file(tagged);
  middle.start = 3s;
  media::Media plain = file(bare);
  plain.start = 3s;
  EXPECT_EQ(play({middle}).heard(), play({plain}).heard());
}

TEST_F(Tags, OneBehindTheOtherAreAllCut) {
  const std::string one = with_tag(frame("TIT2", "\3First"), with_tag(frame("TIT2", "\3Second"), sound_));
  const Playback playback = play(write_file("two.mp3", one));
  EXPECT_EQ(playback.tracks.at(0).title, "First");
  EXPECT_EQ(playback.heard(), play(write_file("none.mp3", sound_)).heard());
}

TEST_F(Tags, OfAnAiffAreStillRead) {
  const std::string path = make_audio("tagged.aiff", Content::sweep, "-write_id3v2 1 -metadata title=Aiff");
  EXPECT_EQ(play(path).tracks.at(0).title, "Aiff");
}

/// `flac` with a block of `comments` in front of those that it has.
std::string with_comments(const std::string& flac, const std::string& comments) {
  constexpr std::size_t kForm = 4 + 4 + 34;
  return flac.substr(0, kForm) + "\4"s + frame_size(comments.size()).substr(1) + comments +
         flac.substr(kForm);
}

TEST_F(Tags, OfAMillionCommentsCostNothing) {
  const std::string flac = contents_of(make_audio("bare.flac", Content::sweep));
  std::string comments = little_endian(0) + little_endian(1'000'001) + little_endian(11) + "TITLE=Title";
  for (int i = 0; i < 1'000'000; ++i) comments += little_endian(9) + std::to_string(10'000'000 + i) + '=';
  const Playback playback = play(write_file("comments.flac", with_comments(flac, comments)));
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.tracks.at(0).title, "Title");
  EXPECT_EQ(playback.heard(), play(write_file("plain.flac", flac)).heard());
}

TEST_F(Tags, OfFlacThatAreCutChangeNoSample) {
  const std::string flac = contents_of(make_audio("bare.flac", Content::sweep, "-metadata artist=Me"));
  const std::string plain = write_file("plain.flac", flac);
  const std::string painted =
      write_file("painted.flac", flac.substr(0, 42) + "\6"s + frame_size(2'000'000).substr(1) +
                                     std::string(2'000'000, 'p') + flac.substr(42));
  const Playback playback = play(painted);
  EXPECT_EQ(playback.tracks.at(0).artist, "Me");
  EXPECT_EQ(playback.heard(), play(plain).heard());
  EXPECT_EQ(play(piped(painted)).heard(), play(piped(plain)).heard());
  media::Media middle = file(painted);
  media::Media reference = file(plain);
  middle.start = reference.start = 4s;
  EXPECT_EQ(play({middle}).heard(), play({reference}).heard());
}

TEST_F(Tags, ThatAreCutOffAreASentence) {
  const std::string half = with_tag(frame("APIC", std::string(100'000, 'p')), "").substr(0, 50'000);
  EXPECT_THAT(refusal(file(write_file("half.mp3", half))), HasSubstr("half.mp3\" "));
}

}  // namespace
}  // namespace vcplay::testing
