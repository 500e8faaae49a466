// What is heard equals the source, in every wrapping, to the sample.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <ostream>

#include "words/audio_files.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Wrapping {
  const char* file;
  const char* arguments;
  bool knows_its_length = true;  // Matroska drops what Vorbis says of the padding of its last packet
};

void PrintTo(const Wrapping& wrapping, std::ostream* out) { *out << wrapping.file; }

class EveryWrapping : public ::testing::TestWithParam<Wrapping> {
 protected:
  void expect_heard_whole(Content content) {
    const LogBook log;
    const std::string file = make_audio(GetParam().file, content, GetParam().arguments);
    const Playback playback = play(file);
    ASSERT_EQ(playback.results.size(), 1U);
    EXPECT_EQ(playback.results[0].error, "");
    EXPECT_EQ(playback.results[0].frames, playback.frames.size());
    EXPECT_THAT(playback.order, ElementsAre("track 0", "end 0", "all"));
    EXPECT_THAT(log.lines(), IsEmpty()) << "a run that goes well is silent";

    const std::vector<float> heard = playback.heard();
    const std::vector<float> source = ffmpeg_decode(file);
    for (const std::size_t channel : {0U, 1U}) EXPECT_GE(correlation(heard, source, channel), 0.99);

    const auto samples = static_cast<std::int64_t>(heard.size() / kChannels);
    const auto expected = static_cast<std::int64_t>(kContentSeconds * kSampleRate);
    const auto known =
        GetParam().knows_its_length ? expected : static_cast<std::int64_t>(source.size() / kChannels);
    EXPECT_GE(samples, expected) << "the end is cut";
    EXPECT_LT(samples, known + static_cast<std::int64_t>(kSamplesPerFrame)) << "too much was appended";
  }
};

TEST_P(EveryWrapping, CarriesASweep) { expect_heard_whole(Content::sweep); }
TEST_P(EveryWrapping, CarriesSpeech) { expect_heard_whole(Content::speech); }

INSTANTIATE_TEST_SUITE_P(
    Media, EveryWrapping,
    ::testing::Values(Wrapping{"a.mp3", "-c:a libmp3lame -b:a 192k"}, Wrapping{"a.flac", ""},
                      Wrapping{"u8.wav", "-c:a pcm_u8"}, Wrapping{"s24.wav", "-c:a pcm_s24le"},
                      Wrapping{"f32.wav", "-c:a pcm_f32le"}, Wrapping{"mono8k.wav", "-ac 1 -ar 8000"},
                      Wrapping{"surround96k.wav", "-af aformat=channel_layouts=5.1 -ar 96000 -c:a pcm_s24le"},
                      Wrapping{"vorbis.ogg", "-c:a libvorbis -q 6"},
                      Wrapping{"a.opus", "-c:a libopus -b:a 160k"}, Wrapping{"aac.m4a", "-c:a aac -b:a 192k"},
                      Wrapping{"alac.m4a", "-c:a alac"}, Wrapping{"opus.mp4", "-c:a libopus -b:a 160k"},
                      Wrapping{"vorbis.mkv", "-c:a libvorbis -q 6", false}, Wrapping{"flac.mkv", "-c:a flac"},
                      Wrapping{"opus.webm", "-c:a libopus -b:a 160k"}),
    [](const ::testing::TestParamInfo<Wrapping>& wrapping) {
      std::string name = wrapping.param.file;
      for (char& letter : name) {
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
      }
      return name;
    });

TEST(Media, DescribesATrack) {
  const std::string file =
      make_audio("tags.mp3", Content::sweep, "-metadata title=Sweep -metadata artist=Oscillator");
  const Playback playback = play({{make_audio("first.wav", Content::sweep), {}, 0, 0}, {file, {}, 0, 0}});
  ASSERT_EQ(playback.tracks.size(), 2U);
  const media::TrackInfo& info = playback.tracks[1];
  EXPECT_EQ(info.track, 1U);
  EXPECT_EQ(info.location, file);
  EXPECT_EQ(info.title, "Sweep");
  EXPECT_EQ(info.artist, "Oscillator");
  EXPECT_EQ(info.codec, "mp3");
  EXPECT_EQ(info.container, "mp3");
  EXPECT_EQ(info.sample_rate, 44'100);
  EXPECT_EQ(info.channels, 2);
  ASSERT_TRUE(info.duration.has_value());
  EXPECT_NEAR(std::chrono::duration<double>(*info.duration).count(), kContentSeconds, 0.1);
}

TEST(Media, IgnoresCoverArtHoweverLargeAndPlaysTheSong) {
  const LogBook log;
  const std::string song = make_audio("song.mp3", Content::sweep);
  const std::string cover = make_file("cover.png", "-f lavfi -i testsrc=s=2000x2000:d=0.04");
  const std::string both = make_file("covered.mp3", "-i \"" + song + "\" -i \"" + cover + '"',
                                     "-map 0 -map 1 -c copy -disposition:v attached_pic");
  EXPECT_EQ(play(both).frames.size(), play(song).frames.size());
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST(Media, TakesTheSoundOfAFilm) {
  const std::string film = make_file("film.mkv", "-f lavfi -i testsrc=d=2 -f lavfi -i sine=d=2", "-c:a flac");
  const Playback playback = play(film);
  EXPECT_EQ(playback.frames.size(), 101U);  // two seconds and the encoder's delay
  EXPECT_EQ(playback.tracks.at(0).codec, "flac");
}

TEST(Media, FollowsAFormThatChangesInMidStream) {
  // Two ADTS streams glued together, as radio stations do: first 44.1 kHz stereo, then 22.05 kHz mono.
  const std::string stereo = contents_of(make_audio("stereo.aac", Content::sweep, "-c:a aac"));
  const std::string mono = contents_of(make_audio("mono.aac", Content::sweep, "-c:a aac -ac 1 -ar 22050"));
  const Playback playback = play(write_file("changing.aac", stereo + mono));
  EXPECT_EQ(playback.results.at(0).error, "");
  // Twice five seconds; raw AAC does not say how much of each part is the encoder's padding.
  EXPECT_GE(playback.frames.size(), 501U);
  EXPECT_LE(playback.frames.size(), 514U);

  const std::vector<float> heard = playback.heard();
  double second_part = 0;
  for (std::size_t i = heard.size() / 2 + 48'000; i < heard.size() - 48'000; ++i)
    second_part += std::fabs(heard[i]);
  EXPECT_GT(2 * second_part / static_cast<double>(heard.size()), 0.1) << "the second part is silent";
}

}  // namespace
}  // namespace vcplay::testing
