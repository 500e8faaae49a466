// Input that is sound but unexpected: files that shrink or change while they play, that jump, that are
// immense or empty.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "words/audio_files.hpp"
#include "words/bytes_read.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;
using ::testing::StartsWith;

media::Media file(const std::string& location) { return {location, {}, 0, 0}; }

/// Takes all frames that come from here on, as a sender in a hurry would; how many.
std::size_t take_all(ReadLog& queue) {
  std::size_t frames = 0;
  for (; next_frame(queue) != nullptr; queue.pop()) ++frames;
  return frames;
}

/// Of a tone in the left channel, in Hz, by how often it crosses zero between two moments (in seconds).
double pitch(const std::vector<float>& heard, double from, double to) {
  const auto begin = static_cast<std::size_t>(from * kSampleRate);
  const auto end = static_cast<std::size_t>(to * kSampleRate);
  std::size_t crossings = 0;
  for (std::size_t i = begin + 1; i < end; ++i) {
    if ((heard.at(i * kChannels) < 0) != (heard.at((i - 1) * kChannels) < 0)) ++crossings;
  }
  return static_cast<double>(crossings) / 2 / (to - from);
}

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

// ── files that shrink ──

class ShrinkingFile : public ::testing::TestWithParam<const char*> {};

TEST_P(ShrinkingFile, IsPlayedAsFarAsItStillGoes) {
  const LogBook log;
  const std::string song = make_file(GetParam(), "-f lavfi -i \"anoisesrc=d=30:r=48000:a=0.5\"", "-ac 2");
  ReadLog queue(4);
  Witness witness;
  media::Pipeline pipeline({file(song)}, {}, queue, witness);
  pipeline.start();
  ASSERT_TRUE(witness.wait_for_track());
  fs::resize_file(song, fs::file_size(song) / 2);
  const std::size_t frames = take_all(queue);
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_EQ(witness.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(frames), 750.0, 50.0);
  EXPECT_THAT(log.lines(), Contains(HasSubstr(song + "\" ")));
  EXPECT_THAT(log.lines(), SizeIs(Le(2))) << "what is cut may be a sample, too";
}

TEST_P(ShrinkingFile, ToNothingEndsWithWhatWasRead) {
  const std::string song = make_file(GetParam(), "-f lavfi -i \"anoisesrc=d=30:r=48000:a=0.5\"", "-ac 2");
  ReadLog queue(4);
  Witness witness;
  media::Pipeline pipeline({file(song), file(make_audio("next.flac", Content::sweep))}, {}, queue, witness);
  pipeline.start();
  ASSERT_TRUE(witness.wait_for_track());
  fs::resize_file(song, 0);
  const std::size_t frames = take_all(queue);
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_LT(frames, 251U + 1'000U);
  ASSERT_THAT(witness.results, SizeIs(2));
  EXPECT_NEAR(static_cast<double>(witness.results[1].frames), 250.0, 2.0) << "and the next one plays";
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, ShrinkingFile,
                         ::testing::Values("noise.wav", "noise.flac", "noise.mp3", "noise.m4a", "noise.ogg",
                                           "noise.opus", "noise.mka"),
                         [](const auto& name) { return std::string(name.param).substr(6); });

// ── sample rates that change on the way ──

struct Chain {
  const char* ending;
  const char* arguments;
};
void PrintTo(const Chain& chain, std::ostream* out) { *out << chain.ending; }

class ChangingRate : public ::testing::TestWithParam<Chain> {};

TEST_P(ChangingRate, KeepsLengthAndPitch) {
  const LogBook log;
  const auto part = [](const std::string& name, int rate, int tone) {
    return contents_of(make_file(name + GetParam().ending,
                                 fmt::format("-f lavfi -i \"sine=f={}:r={}:d=2\"", tone, rate),
                                 std::string("-ac 2 ") + GetParam().arguments));
  };
  const std::string first = part("a", 44'100, 1'000);
  const std::string second = part("b", 48'000, 1'500);
  const std::string third = part("c", 22'050, 2'000);
  const std::string song = write_file(std::string("chain") + GetParam().ending, first + second + third);
  const Playback playback = play(song);
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 301.0, 12.0) << "but for each part's padding";
  const std::vector<float> heard = playback.heard();
  ASSERT_GT(heard.size(), 55 * 9'600U);
  EXPECT_NEAR(pitch(heard, 0.5, 1.5), 1'000, 5);
  EXPECT_NEAR(pitch(heard, 2.5, 3.5), 1'500, 5);
  EXPECT_NEAR(pitch(heard, 4.5, 5.5), 2'000, 5);
  EXPECT_THAT(log.lines(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, ChangingRate,
                         ::testing::Values(Chain{".aac", "-c:a aac"},
                                           Chain{".mp3", "-write_xing 0 -id3v2_version 0"},
                                           Chain{".ogg", "-c:a libvorbis"}, Chain{".oga", "-c:a flac"},
                                           Chain{".ts", "-c:a mp2"}),
                         [](const auto& chain) { return std::string(chain.param.ending).substr(1); });

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
    const std::string sentence = refusal(file(path));
    // FFmpeg 7 wants to see frames before it believes in an MP3, and then says so.
    if (std::string_view(name) == "none.mp3" && sentence.find("is not audio") != std::string::npos) {
      EXPECT_THAT(sentence,
                  StartsWith('"' + path + "\" is not audio that FFmpeg can read: Invalid data found"));
    } else {
      EXPECT_EQ(sentence, '"' + path + "\" ends before any sound comes");
    }
  }
}

TEST(NoSamples, InAnMp4IsASentence) {
  const std::string path =
      make_file("none.m4a", "-f lavfi -i sine=d=1", "-af atrim=end_sample=0 -c:a aac 2>/dev/null");
  EXPECT_THAT(refusal(file(path)), HasSubstr('"' + path + "\" "));
}

// ── timestamps that jump ──

/// Two seconds of a tone whose packets say that they begin so much later.
std::string part_of_a_broadcast(const std::string& name, int tone, int seconds) {
  return contents_of(make_file(name, fmt::format("-f lavfi -i \"sine=f={}:r=48000:d=2\"", tone),
                               fmt::format("-ac 2 -c:a mp2 -output_ts_offset {}", seconds)));
}

TEST(JumpingTime, OfHoursInABroadcastLosesNothing) {
  const std::string now = part_of_a_broadcast("now.ts", 1'000, 0);
  const std::string later = part_of_a_broadcast("later.ts", 1'500, 3 * 3600);
  for (const auto& [name, bytes] :
       {std::pair{"forwards.ts", now + later}, std::pair{"backwards.ts", later + now}}) {
    const LogBook log;
    const Playback playback = play(write_file(name, bytes));
    EXPECT_EQ(playback.results.at(0).error, "");
    EXPECT_NEAR(static_cast<double>(playback.frames.size()), 201.0, 5.0) << name;
    const std::vector<float> heard = playback.heard();
    const bool forwards = std::string(name) == "forwards.ts";
    EXPECT_NEAR(pitch(heard, 0.5, 1.5), forwards ? 1'000 : 1'500, 5) << name;
    EXPECT_NEAR(pitch(heard, 2.5, 3.5), forwards ? 1'500 : 1'000, 5) << name;
    EXPECT_THAT(log.lines(), IsEmpty()) << name;
  }
}

/// The clusters of a Matroska file and what is before and behind them.
struct Clusters {
  std::string head;
  std::vector<std::string> all;
  std::string tail;
};

Clusters clusters_of(const std::string& matroska) {
  const std::string id("\x1F\x43\xB6\x75");
  Clusters found;
  std::size_t at = matroska.find(id);
  found.head = matroska.substr(0, at);
  while (at < matroska.size() && matroska.compare(at, id.size(), id) == 0) {
    // RFC 8794 s4: as many zero bits as bytes follow, then a one.
    const auto first = static_cast<unsigned char>(matroska.at(at + 4));
    const auto further = static_cast<std::size_t>(std::countl_zero(first));
    std::size_t size = first & (0x7FU >> further);
    for (std::size_t i = 1; i <= further; ++i)
      size = size << 8 | static_cast<unsigned char>(matroska.at(at + 4 + i));
    found.all.push_back(matroska.substr(at, 5 + further + size));
    at += 5 + further + size;
  }
  found.tail = matroska.substr(at);
  return found;
}

TEST(JumpingTime, OfHoursInMatroskaLosesNothing) {
  for (const char* const codec : {"flac", "libopus"}) {
    const std::string smooth = make_file("smooth.mka", "-f lavfi -i \"sine=f=1000:r=48000:d=4\"",
                                         std::string("-ac 2 -c:a ") + codec);
    const std::string forwards = make_file("forwards.mka", "-i \"" + smooth + '"',
                                           "-c copy -bsf:a \"setts=ts='TS+if(gte(N,20),10800/TB,0)'\"");
    Clusters clusters = clusters_of(contents_of(forwards));
    ASSERT_GE(clusters.all.size(), 2U) << codec;
    std::rotate(clusters.all.begin(), clusters.all.end() - 1, clusters.all.end());
    std::string turned = clusters.head;
    for (const std::string& cluster : clusters.all) turned += cluster;
    const std::string backwards = write_file("backwards.mka", turned + clusters.tail);
    for (const std::string& song : {forwards, backwards}) {
      const Playback playback = play(song);
      EXPECT_EQ(playback.results.at(0).error, "");
      EXPECT_NEAR(static_cast<double>(playback.frames.size()), 201.0, 2.0) << song << ' ' << codec;
      EXPECT_NEAR(pitch(playback.heard(), 0.1, 3.9), 1'000, 5) << song << ' ' << codec;
    }
  }
}

TEST(JumpingTime, DoesNotLeadStartAstray) {
  // Seeking finds the middle by the timestamps where those stand still, and by decoding where they jump.
  const std::string song = write_file(
      "long.ts", contents_of(make_file("a.ts", "-f lavfi -i sine=f=1000:r=48000:d=15", "-ac 2 -c:a mp2")) +
                     part_of_a_broadcast("b.ts", 1'500, 3 * 3600));
  media::Media media = file(song);
  media.start = 15'500ms;
  const Playback playback = play({media});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 76.0, 4.0);
  EXPECT_NEAR(pitch(playback.heard(), 0.1, 1.2), 1'500, 5);
}

}  // namespace
}  // namespace vcplay::testing
