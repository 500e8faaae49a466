// Input that is not damaged and yet not what one expects: it shrinks, it changes, it jumps, it is immense or
// nothing at all.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "support/audio_files.hpp"
#include "support/bytes_read.hpp"
#include "support/playback.hpp"
#include "support/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

media::Media file(const std::string& location) { return {location, {}, 0, 0}; }

// ── immense ──

TEST(TwoGigabytesOfText, AreNotReadToTheirEnd) {
  const TemporaryFolder folder;
  const std::string text = folder.write("text.mp3", "Buy milk and honey, and play no more.\n");
  fs::resize_file(text, std::uintmax_t{2} << 30U);  // of which next to nothing is on the disk
  const std::uint64_t before = bytes_read();
  if (before == 0) GTEST_SKIP() << "this kernel keeps no account of what is read";
  EXPECT_THAT(refusal(file(text)), HasSubstr("text.mp3\" "));
  EXPECT_LT(bytes_read() - before, 200U << 20U);
}

TEST(OpusBesidePictures, PassesThroughToItsEndHoweverManyTheyAre) {
  const std::string film =
      make_file("film.mkv", "-f lavfi -i \"testsrc=s=1280x720:r=10:d=12\" -f lavfi -i \"sine=r=48000:d=12\"",
                "-c:v rawvideo -pix_fmt yuv420p -c:a libopus");
  ASSERT_GT(fs::file_size(film), std::uintmax_t{150} << 20U) << "more than is read where nothing sounds";
  const Playback playback = play(film);
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.tracks.at(0).reencoded, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 601.0, 1.0);
  fs::remove(film);
}

TEST(EightChannelsAt192Kilohertz, AreHeardAsFFmpegMixesThem) {
  std::string channels;
  for (int i = 0; i < 8; ++i)
    channels += fmt::format("{}0.08*sin({}*PI*t*(1+t))", i == 0 ? "" : "|", 300 + 170 * i);
  const std::string input = "-f lavfi -i \"aevalsrc='" + channels + "':c=7.1:s=192000:d=2\"";
  for (const auto& [name, arguments] :
       {std::pair{"eight.wav", "-c:a pcm_s24le"}, std::pair{"eight.flac", "-sample_fmt s32"}}) {
    const std::string song = make_file(name, input, arguments);
    const Playback playback = play(song);
    EXPECT_EQ(playback.results.at(0).error, "");
    EXPECT_EQ(playback.tracks.at(0).sample_rate, 192'000);
    EXPECT_EQ(playback.tracks.at(0).channels, 8);
    EXPECT_EQ(playback.frames.size(), 101U);
    const std::vector<float> expected = ffmpeg_decode(song);
    ASSERT_NEAR(static_cast<double>(expected.size()), 2.0 * 96'000, 4.0);
    EXPECT_GT(correlation(playback.heard(), expected, 0), 0.99) << name;
    EXPECT_GT(correlation(playback.heard(), expected, 1), 0.99) << name;
  }
}

// ── nothing at all ──

TEST(NoSamples, BehindAHeaderIsASentence) {
  const auto little_endian = [](std::uint32_t number) {
    std::string bytes;
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(number >> (8 * i));
    return bytes;
  };
  const std::string wav = "RIFF" + little_endian(36) + "WAVEfmt " + little_endian(16) +
                          std::string("\1\0\2\0", 4) + little_endian(48'000) + little_endian(192'000) +
                          std::string("\4\0\x10\0", 4) + "data" + little_endian(0);
  const std::string id3 = std::string("ID3\4\0\0\0\0\0\x15TIT2\0\0\0\x0B\0\0\3Something!", 31);
  const auto pages = [](const std::string& ogg, int count) {
    std::size_t end = 0;
    for (int i = 0; i < count; ++i) end = ogg.find("OggS", end + 4);
    return ogg.substr(0, end);
  };
  const std::string vorbis = contents_of(make_audio("whole.ogg", Content::sweep, "-c:a libvorbis"));
  const std::string opus = contents_of(make_audio("whole.opus", Content::sweep));
  const std::string flac = contents_of(make_audio("whole.flac", Content::sweep));
  const std::string frames = flac.substr(0, flac.find("\xFF\xF8"));
  for (const auto& [name, bytes] :
       {std::pair{"none.wav", wav}, std::pair{"none.mp3", id3}, std::pair{"none.ogg", pages(vorbis, 2)},
        std::pair{"none.opus", pages(opus, 2)}, std::pair{"none.flac", frames}}) {
    const std::string path = write_file(name, bytes);
    EXPECT_EQ(refusal(file(path)), '"' + path + "\" ends before any sound comes");
  }
}

TEST(NoSamples, InAnMp4IsASentence) {
  const std::string path =
      make_file("none.m4a", "-f lavfi -i sine=d=1", "-af atrim=end_sample=0 -c:a aac 2>/dev/null");
  EXPECT_THAT(refusal(file(path)), HasSubstr('"' + path + "\" "));
}

}  // namespace
}  // namespace vcplay::testing
