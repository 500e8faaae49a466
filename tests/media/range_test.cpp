// Parts of media: --start, --end, CUE sheets and audio tracks, to the sample.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "media/language.hpp"
#include "words/audio_files.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Thirty seconds in which no moment is like another.
std::string make_noise(const std::string& name, const std::string& arguments = {}) {
  return make_file(name, "-f lavfi -i \"anoisesrc=d=30:c=pink:r=48000:seed=7:a=0.5\"", "-ac 2 " + arguments);
}

Playback play_part(const std::string& location, std::optional<Duration> start, std::optional<Duration> end) {
  media::PipelineOptions options;
  options.bitrate = 256'000;
  options.program.start = start;
  options.program.end = end;
  return play({media::Media{location, {}, 0, 0}}, options);
}

/// How many samples `heard` lags behind `expected`, by the best correlation of a second of both.
int lag(const std::vector<float>& heard, const std::vector<float>& expected) {
  constexpr int kFurthest = 100;
  constexpr std::size_t kFrom = 24'000;
  constexpr std::size_t kCount = 48'000;
  double best = -1;
  int best_lag = -kFurthest - 1;
  for (int shift = -kFurthest; shift <= kFurthest; ++shift) {
    double sum = 0;
    for (std::size_t i = kFrom; i < kFrom + kCount; ++i) {
      const auto other = static_cast<std::size_t>(static_cast<int>(i) + shift);
      sum += double{heard.at(other * kChannels)} * double{expected.at(i * kChannels)};
    }
    if (sum > best) {
      best = sum;
      best_lag = shift;
    }
  }
  return best_lag;
}

std::vector<float> from(const std::vector<float>& whole, double seconds) {
  const auto first = static_cast<std::ptrdiff_t>(std::lround(seconds * kSampleRate) * kChannels);
  return {whole.begin() + first, whole.end()};
}

class EveryFormat : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryFormat, BeginsAndEndsAtTheVerySample) {
  const std::string name = GetParam();
  const std::string arguments = name == "noise.mka" ? "-c:a libvorbis" : "";
  const std::string noise = make_noise(name, arguments);
  const std::vector<float> whole = ffmpeg_decode(noise);
  for (const double start : {0.0105, 3.25, 20.0105}) {
    const Duration begin = std::chrono::microseconds(std::llround(start * 1e6));
    const Playback playback = play_part(noise, begin, begin + 2s);
    EXPECT_EQ(playback.results.at(0).error, "");
    EXPECT_EQ(playback.frames.size(), 101U) << "two seconds and the encoder's delay";
    EXPECT_EQ(lag(playback.heard(), from(whole, start)), 0) << start;
    EXPECT_EQ(playback.tracks.at(0).duration, 2s);
  }
}

INSTANTIATE_TEST_SUITE_P(Range, EveryFormat,
                         ::testing::Values("noise.wav", "noise.flac", "noise.mp3", "noise.m4a", "noise.ogg",
                                           "noise.opus", "noise.mka", "noise.aac", "noise.aiff"),
                         [](const auto& name) { return std::string(name.param).substr(6); });

TEST(Range, OfAPipeIsListenedFor) {
  const std::string noise = make_noise("noise.wav");
  const TemporaryFolder folder;
  const std::string fifo = folder.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(fifo, std::ios::binary) << contents_of(noise); });
  const Playback playback = play_part(fifo, 20s, std::nullopt);
  writer.join();
  EXPECT_EQ(playback.frames.size(), 501U);
  EXPECT_EQ(lag(playback.heard(), from(ffmpeg_decode(noise), 20.0)), 0);
}

TEST(Range, BehindTheEndIsASentence) {
  const std::string song = make_audio("song.flac", Content::sweep);
  for (const Duration start : {Duration(5s), Duration(11s), Duration(std::chrono::hours(200))}) {
    const Playback playback = play_part(song, start, std::nullopt);
    EXPECT_THAT(playback.frames, IsEmpty());
    EXPECT_THAT(playback.results.at(0).error,
                HasSubstr(song + "\" is over at 0:05.000; it was to begin at "));
  }
}

TEST(Range, BehindTheEndIsToldAsItWasWritten) {
  const std::string song = make_audio("song.flac", Content::sweep);
  for (const char* const written : {"1h", "1:00:00", "3600"}) {
    media::PipelineOptions options;
    options.program.start = std::chrono::hours(1);
    options.program.start_as_written = written;
    EXPECT_EQ(play({media::Media{song, {}, 0, 0}}, options).results.at(0).error,
              '"' + song + "\" is over at 0:05.000; it was to begin at " + written);
  }
}

TEST(Range, ThatEndsBehindTheEndPlaysWhatThereIs) {
  const LogBook log;
  const std::string song = make_audio("song.flac", Content::sweep);
  EXPECT_EQ(play_part(song, std::nullopt, std::chrono::hours(1)).frames.size(), 251U);
  EXPECT_EQ(play_part(song, 4s, std::chrono::hours(1)).frames.size(), 51U);
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST(Range, IsThatOfEachTrack) {
  const std::string song = make_audio("song.flac", Content::sweep);
  media::PipelineOptions options;
  options.program = {.start = 1s, .end = 2s};
  const Playback playback = play({{song, {}, 0, 0}, {song, {}, 0, 0}}, options);
  EXPECT_EQ(playback.results.at(0).frames, 50U);
  EXPECT_EQ(playback.frames.size(), 101U);
}

/// A sheet that cuts `file` at these places, in 1/75 s.
std::string sheet(const std::string& file, const std::vector<int>& cuts) {
  std::string text = "PERFORMER Somebody\nFILE \"" + file + "\" WAVE\n";
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const int seconds = cuts[i] / 75;
    text += fmt::format("TRACK {:02} AUDIO\nTITLE \"Part {}\"\nINDEX 01 {:02}:{:02}:{:02}\n", i + 1, i + 1,
                        seconds / 60, seconds % 60, cuts[i] % 75);
  }
  return text;
}

TEST(CueSheet, IsHeardAsTheFileThatItCuts) {
  const std::string album =
      make_noise("album.flac", "-ar 44100 -metadata title=Album -metadata artist=Nobody");
  const std::string cue = write_file("album.cue", sheet("album.flac", {0, 201, 202, 900, 1807}));
  const Playback whole = play(album);
  const Playback parts = play(cue);
  ASSERT_EQ(parts.tracks.size(), 5U);
  EXPECT_EQ(parts.tracks[3].title, "Part 4");
  EXPECT_EQ(parts.tracks[3].artist, "Somebody");
  EXPECT_EQ(parts.results.at(3).title, "Part 4") << "all of them have the same location";
  EXPECT_EQ(parts.tracks[1].duration, std::chrono::nanoseconds(1'000'000'000 / 75));
  ASSERT_EQ(parts.frames.size(), whole.frames.size());
  for (std::size_t i = 0; i < whole.frames.size(); ++i) {
    const OpusFrame& a = whole.frames[i];
    const OpusFrame& b = parts.frames[i];
    ASSERT_EQ(std::string(a.bytes.begin(), a.bytes.begin() + a.size),
              std::string(b.bytes.begin(), b.bytes.begin() + b.size))
        << "packet " << i;
  }
}

TEST(CueSheet, AndStartTogetherMeanThePartOfThePart) {
  const std::string album = make_noise("album.flac");
  const std::string cue = write_file("album.cue", sheet("album.flac", {75, 15 * 75}));
  const Playback playback = play_part(cue, 2s, 4s);
  EXPECT_EQ(playback.frames.size(), 201U) << "two seconds of each";
  EXPECT_EQ(lag(playback.heard(), from(ffmpeg_decode(album), 3.0)), 0);
  EXPECT_EQ(lag(from(playback.heard(), 2.0), from(ffmpeg_decode(album), 17.0)), 0);
  const Playback nothing = play_part(cue, 14s, std::nullopt);
  EXPECT_THAT(nothing.results.at(0).error, HasSubstr("is over before it was to begin"));
  EXPECT_EQ(nothing.results.at(1).error, "");
}

TEST(CueSheet, OfRawCdAudioIsReadAsThat) {
  const std::string album = make_audio("album.wav", Content::sweep);
  static_cast<void>(
      write_file("album.bin", contents_of(make_audio("album.raw", Content::sweep, "-f s16le"))));
  std::string text = sheet("album.bin", {0});
  text.replace(text.find("WAVE"), 4, "BINARY");
  const Playback playback = play(write_file("bin.cue", text));
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.frames.size(), 251U);
  EXPECT_GT(correlation(playback.heard(), ffmpeg_decode(album), 0), 0.99);
}

TEST(Language, IsTheSameByAnyOfItsCodes) {
  using media::same_language;
  EXPECT_TRUE(same_language("ger", "DE"));
  EXPECT_TRUE(same_language("zho", "chi"));
  EXPECT_TRUE(same_language("pt-BR", "por"));
  EXPECT_TRUE(same_language("pt-BR", "pt-br"));
  EXPECT_FALSE(same_language("pt-BR", "pt-PT"));
  EXPECT_TRUE(same_language("tlh", "TLH")) << "Klingon is none of the 184, but itself";
  EXPECT_FALSE(same_language("deu", "dut"));
  EXPECT_FALSE(same_language("", "deu"));
}

class AudioTrack : public ::testing::Test {
 protected:
  const std::string film_ = make_file(
      "film.mka", "-f lavfi -i sine=d=1:r=48000 -f lavfi -i sine=d=1:r=44100 -f lavfi -i sine=d=1:r=32000",
      "-map 0 -map 1 -map 2 -c:a flac -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu");
  Playback play_track(const std::string& track) const {
    media::Media media{film_, {}, 0, 0};
    media.audio_track = track;
    return play({media});
  }
};

TEST_F(AudioTrack, IsChosenByItsNumberOrItsLanguage) {
  EXPECT_EQ(play_track("1").tracks.at(0).sample_rate, 48'000);
  EXPECT_EQ(play_track("2").tracks.at(0).sample_rate, 44'100);
  EXPECT_EQ(play_track("3").tracks.at(0).sample_rate, 32'000);
  EXPECT_EQ(play_track("deu").tracks.at(0).sample_rate, 44'100);
  EXPECT_EQ(play_track("ENG").tracks.at(0).sample_rate, 48'000);
  for (const char* const german : {"de", "ger", "de-AT"}) {
    EXPECT_EQ(play_track(german).tracks.at(0).sample_rate, 44'100) << german;
  }
}

TEST_F(AudioTrack, ThatIsMissingIsASentenceWithThoseThatAreNot) {
  for (const std::string track : {"4", "fra"}) {
    const Playback playback = play_track(track);
    EXPECT_THAT(playback.frames, IsEmpty());
    EXPECT_EQ(playback.results.at(0).error,
              '"' + film_ + "\" has no audio track " + track + ": it has 1 (eng), 2 (deu), 3");
  }
}

}  // namespace
}  // namespace vcplay::testing
