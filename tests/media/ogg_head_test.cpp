// The pages that begin an Ogg stream, cut before FFmpeg reads them, byte by byte as RFC 3533 has it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media/ogg_head.hpp"

namespace vcplay::media {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

std::string little(std::size_t value) {
  std::string text;
  for (unsigned shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xFF);
  return text;
}

struct Page {
  unsigned flags = 0;
  std::size_t serial = 7;
  std::size_t number = 0;
  std::string segments;
  std::string body;
};

std::string written(const Page& page) {
  return "OggS\0"s + static_cast<char>(page.flags) + std::string(8, '\0') + little(page.serial) +
         little(page.number) + little(0) + static_cast<char>(page.segments.size()) + page.segments +
         page.body;
}

/// How a packet is cut into segments.
std::string segments_of(std::size_t size) {
  return std::string(size / 255, '\xFF') + static_cast<char>(size % 255);
}

std::string begin(const std::string& packet, std::size_t serial = 7) {
  return written({2, serial, 0, segments_of(packet.size()), packet});
}

/// The packets in as many pages as they need; the last page is as full as it gets.
std::string pages(const std::vector<std::string>& packets, std::size_t serial = 7, std::size_t number = 1) {
  std::string segments;
  std::string body;
  for (const std::string& packet : packets) {
    segments += segments_of(packet.size());
    body += packet;
  }
  std::string all;
  unsigned flags = 0;
  for (std::size_t at = 0; at < segments.size(); at += 255) {
    Page page{flags, serial, number++, segments.substr(at, 255), {}};
    std::size_t size = 0;
    for (const char one : page.segments) size += static_cast<unsigned char>(one);
    page.body = body.substr(0, size);
    body.erase(0, size);
    flags = page.segments.back() == '\xFF' ? 1 : 0;
    all += written(page);
  }
  return all;
}

std::string comments(const std::vector<std::string>& all) {
  std::string body = little(6) + "vendor" + little(all.size());
  for (const std::string& one : all) body += little(one.size()) + one;
  return body;
}

struct Cut {
  std::string stream;  // as FFmpeg sees it
  std::size_t taken = 0;
  bool is_too_much = false;
};

/// `stream`, read in pieces of `step` bytes.
Cut cut(const std::string& stream, std::size_t step = 1'000'000) {
  OggHead ogg;
  std::string_view rest = stream;
  while (ogg.missing() > 0 && !rest.empty()) {
    const std::string_view piece = rest.substr(0, std::min(step, ogg.missing()));
    ogg.take({reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()});
    rest.remove_prefix(piece.size());
  }
  return {ogg.head() + std::string(rest), ogg.taken(), ogg.is_too_much()};
}

std::size_t little_at(const std::string& text, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(text[at + i - 1]);
  return value;
}

/// The packets of one stream, in order, and that its pages are numbered and say truly where they go on.
std::vector<std::string> packets(const std::string& stream, std::size_t serial = 7) {
  std::vector<std::string> all;
  std::string packet;
  std::size_t number = 0;
  for (std::size_t at = 0; at < stream.size();) {
    EXPECT_EQ(stream.substr(at, 4), "OggS");
    const std::string segments = stream.substr(at + 27, static_cast<unsigned char>(stream[at + 26]));
    const bool is_ours = little_at(stream, at + 14) == serial;
    if (is_ours) {
      EXPECT_GE(little_at(stream, at + 18), number) << "in order";
      number = little_at(stream, at + 18) + 1;
      EXPECT_EQ((stream[at + 5] & 1) != 0, !packet.empty()) << "it continues a packet";
    }
    at += 27 + segments.size();
    for (const char segment : segments) {
      const auto size = static_cast<unsigned char>(segment);
      if (is_ours) packet += stream.substr(at, size);
      at += size;
      if (is_ours && size < 255) all.push_back(std::exchange(packet, {}));
    }
  }
  return all;
}

const std::string kVorbis = "\1vorbis" + std::string(23, 'v');
const std::string kSetup = "\5vorbis" + std::string(4'000, 's');
const std::string kOpus = "OpusHead" + std::string(11, 'o');
const std::string kPicture = "METADATA_BLOCK_PICTURE=" + std::string(3'000'000, 'p');

std::string vorbis_comments(const std::vector<std::string>& all) { return "\3vorbis" + comments(all) + '\1'; }

TEST(OggHead, LeavesSmallCommentsAsTheyAre) {
  for (const std::string& stream :
       {begin(kVorbis) + pages({vorbis_comments({"TITLE=A song"}), kSetup}) + pages({"sound"}, 7, 2),
        begin(kOpus) + pages({"OpusTags" + comments({"TITLE=A song"})}) + pages({"sound"}, 7, 2)}) {
    for (const std::size_t step : {1U, 26U, 27U, 28U, 4'096U, 1'000'000U}) {
      EXPECT_EQ(cut(stream, step).stream, stream) << step;
    }
  }
}

TEST(OggHead, CutsLongCommentsAndKeepsTheRest) {
  const std::string sound = pages({"sound", "more of it"}, 7, 100);
  const std::string stream =
      begin(kVorbis) + pages({vorbis_comments({"TITLE=A song", kPicture}), kSetup}) + sound;
  const Cut whole = cut(stream);
  EXPECT_THAT(packets(whole.stream),
              ElementsAre(kVorbis, "\3vorbis" + little(0) + little(1) + little(12) + "TITLE=A song" + '\1',
                          kSetup, "sound", "more of it"));
  EXPECT_TRUE(whole.stream.ends_with(sound));
  EXPECT_LT(whole.stream.size(), 10'000U);
  for (const std::size_t step : {1'000U, 65'536U}) EXPECT_EQ(cut(stream, step).stream, whole.stream) << step;
}

TEST(OggHead, KeepsFewOfManyComments) {
  const std::string stream = begin(kOpus) +
                             pages({"OpusTags" + comments(std::vector<std::string>(1'000'000, "K=v"))}) +
                             pages({"sound"}, 7, 90'000);
  EXPECT_THAT(packets(cut(stream).stream), ElementsAre(kOpus, SizeIs(8 + 8 + 128 * 7 + 1), "sound"));
}

TEST(OggHead, CutsTheCommentsOfEachStream) {
  const std::string other = "\x80theora" + std::string(35, 't');
  const std::string stream =
      begin(other, 8) + begin(kOpus) + pages({"\x81theora" + comments({kPicture})}, 8) +
      pages({"OpusTags" + comments({"A=1", kPicture})}) + pages({"sound"}, 7, 90) + pages({"film"}, 8, 90);
  const Cut all = cut(stream);
  EXPECT_LT(all.stream.size(), 1'000U);
  EXPECT_THAT(packets(all.stream), ElementsAre(kOpus, HasSubstr("A=1"), "sound"));
  EXPECT_THAT(packets(all.stream, 8), ElementsAre(other, Not(HasSubstr("PICTURE")), "film"));
}

TEST(OggHead, DropsThePicturesOfFlac) {
  const std::string flac =
      "\x7F"
      "FLAC\1\0\0\2"s +
      "fLaC" + std::string(38, 'f');
  const std::string names = comments({"TITLE=A song"});
  const std::string tags = "\4"s + little(names.size()).substr(0, 1).insert(0, 2, '\0') + names;
  const std::string picture = "\6\x2D\xC6\xC0"s + std::string(3'000'000, 'p');
  const std::string sound = pages({"\xFF\xF8 sound"}, 7, 100);
  const Cut all = cut(begin(flac) + pages({tags, picture}) + sound);
  EXPECT_THAT(packets(all.stream), ElementsAre(flac, tags, "\xFF\xF8 sound"));
  EXPECT_TRUE(all.stream.ends_with(sound));
}

TEST(OggHead, PassesWhatItDoesNotKnow) {
  const std::string stream = begin("midi or so") + pages({std::string(100'000, 'x')});
  EXPECT_EQ(cut(stream).stream, stream);
  EXPECT_LT(cut(stream).taken, 70'000U) << "and reads no more of it than a page";
  const std::string broken = begin(kOpus) + "no page at all, for so many bytes that it could be one";
  EXPECT_EQ(cut(broken).stream, broken);
}

TEST(OggHead, HasNoPatienceWithWhatNeverBegins) {
  std::string streams;
  for (std::size_t serial = 0; serial < 100; ++serial) streams += begin(kOpus, serial);
  EXPECT_TRUE(cut(streams).is_too_much);
  std::string padding = begin(kOpus);
  for (int i = 0; i < 100; ++i) padding += pages({std::string(60'000, 'x')}, 9, 1);
  EXPECT_TRUE(cut(padding).is_too_much);
  EXPECT_LT(cut(padding).taken, 1'200'000U);
}

}  // namespace
}  // namespace vcplay::media
