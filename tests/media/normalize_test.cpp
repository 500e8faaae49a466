// Every track as loud as it was asked for: by tags, by measuring, or by ear.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>

#include "media/adaptive_loudness.hpp"
#include "media/gain_ramp.hpp"
#include "media/loudness_cache.hpp"
#include "media/loudness_tags.hpp"
#include "words/audio_files.hpp"
#include "words/ebur128_witness.hpp"
#include "words/encoder_tap.hpp"
#include "words/playback.hpp"

namespace vcplay::testing {
namespace {

using media::Normalize;

media::Media file(const std::string& location) { return {location, {}, 0, 0}; }

media::PipelineOptions normalized(Normalize mode, double target, const std::string& cache = {}) {
  media::PipelineOptions options{128'000, 1.0, {}};
  options.sound.normalize = mode;
  options.sound.target_lufs = target;
  options.sound.cache_folder = cache;
  return options;
}

/// What the encoder got of it all.
std::vector<float> encoded(std::vector<media::Media> media, const media::PipelineOptions& options) {
  EncoderTap encoder;
  static_cast<void>(play(std::move(media), options));
  return encoder.take();
}

/// Ten seconds of pink noise, `decibels` below what ffmpeg makes.
std::string noise(const std::string& name, double decibels, const std::string& arguments = {}) {
  return make_file(name,
                   "-f lavfi -i \"anoisesrc=c=pink:a=0.5:d=10:s=48000:seed=3,pan=stereo|c0=c0|c1=c0,volume=" +
                       std::to_string(decibels) + "dB\"",
                   arguments);
}

// ── tags ──

TEST(LoudnessTags, ReadsReplayGain) {
  EXPECT_EQ(media::parse_replay_gain("-7.35 dB"), -7.35);
  EXPECT_EQ(media::parse_replay_gain("+3.20 dB"), 3.2);
  EXPECT_EQ(media::parse_replay_gain(" 0.5"), 0.5);
  EXPECT_EQ(media::parse_replay_gain("-7,35 dB"), std::nullopt);
  EXPECT_EQ(media::parse_replay_gain(""), std::nullopt);
  EXPECT_EQ(media::parse_replay_gain("loud"), std::nullopt);
  EXPECT_EQ(media::parse_replay_gain("inf"), std::nullopt);
  EXPECT_EQ(media::parse_replay_gain("nan dB"), std::nullopt);
  EXPECT_EQ(media::parse_replay_gain("-100 dB"), std::nullopt);
  EXPECT_EQ(media::parse_replay_gain("+-3 dB"), std::nullopt);
}

// RFC 7845 s5.2.1: "R128_TRACK_GAIN=-573" is -2.23828125 dB.
TEST(LoudnessTags, ReadsR128) {
  EXPECT_EQ(media::parse_r128_gain("-573"), -2.23828125);
  EXPECT_EQ(media::parse_r128_gain("0"), 0.0);
  EXPECT_EQ(media::parse_r128_gain("-573.5"), std::nullopt);
  EXPECT_EQ(media::parse_r128_gain("99999999999"), std::nullopt);
  EXPECT_EQ(media::parse_r128_gain("-573 dB"), std::nullopt);
}

TEST(LoudnessTags, SayTheLoudnessThatTheyStartFrom) {
  const auto replay_gain = media::tagged_loudness(
      [](const char* name) { return std::string(name) == "REPLAYGAIN_TRACK_GAIN" ? "-6.00 dB" : ""; });
  EXPECT_EQ(replay_gain.track, -12.0);
  EXPECT_EQ(replay_gain.album, std::nullopt);
  const auto both = media::tagged_loudness(
      [](const char* name) { return std::string(name).front() == 'R' && name[1] == '1' ? "-1280" : "9 dB"; });
  EXPECT_EQ(both.track, -18.0);  // R128 goes first
}

TEST(Normalize, BelievesTags) {
  // The tag is false, so the loudness shows whether it was believed.
  const std::string tagged = noise("tagged.flac", 0, "-metadata REPLAYGAIN_TRACK_GAIN=\"-10.00 dB\"");
  const std::string plain = noise("plain.flac", 0);
  const double before = ffmpeg_loudness(plain).integrated;
  EXPECT_NEAR(ffmpeg_loudness(encoded({file(tagged)}, normalized(Normalize::track, -18))).integrated,
              before - 10, 0.15);
  EXPECT_NEAR(ffmpeg_loudness(encoded({file(tagged)}, normalized(Normalize::track, -23))).integrated,
              before - 15, 0.15);
}

TEST(Normalize, BelievesTheTagsOfOpus) {
  const std::string opus = noise("tagged.opus", 0, "-c:a libopus -b:a 128k -metadata R128_TRACK_GAIN=-1536");
  const double before = ffmpeg_loudness(opus).integrated;
  EXPECT_NEAR(ffmpeg_loudness(encoded({file(opus)}, normalized(Normalize::track, -23))).integrated,
              before - 6, 0.15);
}

TEST(Normalize, MeasuresWhatComesOutOfFilters) {
  const std::string tagged = noise("tagged-too.flac", 0, "-metadata REPLAYGAIN_TRACK_GAIN=\"-10.00 dB\"");
  auto options = normalized(Normalize::track, -18, scratch() + "behind-filters");
  options.sound.filters = "volume=-9dB";
  EXPECT_NEAR(ffmpeg_loudness(encoded({file(tagged)}, options)).integrated, -18, 0.3);
  options.sound.filters = "volume=-3dB,lowpass=f=400";  // the cache holds the loudness with other filters
  EXPECT_NEAR(ffmpeg_loudness(encoded({file(tagged)}, options)).integrated, -18, 0.3);
  EXPECT_NE(media::identity_of(file(tagged)), media::identity_of(file(tagged), "volume=-9dB"));
}

TEST(Normalize, TakesTheAlbumsTagForTheAlbum) {
  const std::string tagged = noise("album-tag.flac", 0,
                                   "-metadata REPLAYGAIN_TRACK_GAIN=\"-10.00 dB\""
                                   " -metadata REPLAYGAIN_ALBUM_GAIN=\"-4.00 dB\"");
  const double before = ffmpeg_loudness(tagged).integrated;
  EXPECT_NEAR(ffmpeg_loudness(encoded({file(tagged)}, normalized(Normalize::album, -18))).integrated,
              before - 4, 0.15);
}

// ── measured ──

TEST(Normalize, BringsAnyFileToTheTarget) {
  for (const auto& [name, arguments] :
       {std::pair{"quiet.mp3", "-c:a libmp3lame -b:a 192k"}, std::pair{"mono.wav", "-ac 1 -ar 22050"},
        std::pair{"surround.flac", "-ac 6"}, std::pair{"high.wav", "-ar 192000 -c:a pcm_f32le"}}) {
    const std::string song = noise(name, -9, arguments);
    for (const double target : {-23.0, -16.0}) {
      EXPECT_NEAR(ffmpeg_loudness(encoded({file(song)}, normalized(Normalize::track, target))).integrated,
                  target, 0.15)
          << name;
    }
  }
}

TEST(Normalize, IsHeardAtTheTarget) {
  const std::string song = make_audio("speech.ogg", Content::speech, "-c:a libvorbis -q:a 5");
  const Loudness heard = ffmpeg_loudness(play({file(song)}, normalized(Normalize::track, -16)).heard());
  EXPECT_NEAR(heard.integrated, -16.0, 0.3);
}

TEST(Normalize, KeepsTheTruePeakWhereItTurnsUp) {
  const std::string clicks = make_file(
      "clicks.wav",
      "-f lavfi -i \"aevalsrc=0.05*sin(700*PI*t)+0.9*lt(mod(t\\,0.5)\\,0.001)*sin(9000*PI*t):s=48000:d=10\"",
      "-c:a pcm_f32le");
  const Loudness given = ffmpeg_loudness(encoded({file(clicks)}, normalized(Normalize::track, -16)));
  EXPECT_LE(given.true_peak, -1.0);
  EXPECT_GT(given.integrated, -22) << "it stays down between the clicks";
}

TEST(Normalize, LeavesSilenceAlone) {
  const std::string silence = make_file("silence.wav", "-f lavfi -i \"anullsrc=d=2\"");
  for (const float sample : encoded({file(silence)}, normalized(Normalize::track, -16))) {
    ASSERT_EQ(sample, 0.0F);
  }
}

TEST(Normalize, KeepsTheTracksOfAnAlbumApart) {
  const std::string loud = noise("album-loud.flac", 0);
  const std::string quiet = noise("album-quiet.flac", -12);
  const std::vector<float> both = encoded({file(quiet), file(loud)}, normalized(Normalize::album, -18));
  const std::size_t seam = 10 * 48'000 * 2;
  const auto middle = both.begin() + static_cast<std::ptrdiff_t>(seam);
  const double first = ffmpeg_loudness(std::vector<float>(both.begin(), middle)).integrated;
  const double second = ffmpeg_loudness(std::vector<float>(middle, both.end())).integrated;
  EXPECT_NEAR(second - first, 12.0, 0.3);
  // The mean energy of both is at the target: 10 log10((1 + 10^-1.2) / 2) = -2.74 LU below the loud one.
  EXPECT_NEAR(second, -18.0 + 2.74, 0.3);
}

TEST(Normalize, TakesEachTrackByItselfAndPassesFromOneToTheNext) {
  const std::string loud = noise("loud.flac", 0);
  const std::string quiet = noise("quiet.flac", -12);
  const std::vector<float> both = encoded({file(quiet), file(loud)}, normalized(Normalize::track, -20));
  const std::size_t seam = 10 * 48'000 * 2;
  const auto middle = both.begin() + static_cast<std::ptrdiff_t>(seam);
  EXPECT_NEAR(ffmpeg_loudness(std::vector<float>(both.begin(), middle)).integrated, -20, 0.2);
  EXPECT_NEAR(ffmpeg_loudness(std::vector<float>(middle, both.end())).integrated, -20, 0.2);
}

// ── by ear ──

/// A pipe that `ffmpeg` fills: nobody can measure it beforehand.
std::string piped(const std::string& name, const std::string& path) {
  const std::string pipe = scratch() + name;
  const std::string command = "mkfifo \"" + pipe + "\" && (ffmpeg -nostdin -v error -y -i \"" + path +
                              "\" -f wav \"" + pipe + "\" &)";
  EXPECT_EQ(std::system(command.c_str()), 0);
  return pipe;
}

TEST(Normalize, FindsOutWhileALivePipePlays) {
  const std::string song = make_file("long.flac", "-stream_loop 2 -i \"" + noise("turn.flac", -12) + '"');
  const std::vector<float> heard = encoded({file(piped("live", song))}, normalized(Normalize::track, -16));
  ASSERT_GT(heard.size(), 29U * 96'000);
  const std::vector<float> later(heard.begin() + 10 * 96'000, heard.end());
  EXPECT_NEAR(ffmpeg_loudness(later).integrated, -16, 1.0);
}

std::vector<float> tone(double amplitude, std::size_t samples) {
  std::vector<float> values(2 * samples);
  for (std::size_t i = 0; i < samples; ++i) {
    values[2 * i] = values[2 * i + 1] =
        static_cast<float>(amplitude * std::sin(2 * M_PI * 997 * static_cast<double>(i) / kSampleRate));
  }
  return values;
}

// EBU Tech 3341, case 1 at another level: a stereo tone of 997 Hz whose peaks are at A dBFS measures A LUFS.
TEST(AdaptiveLoudness, KnowsTheLoudnessOfATone) {
  media::AdaptiveLoudness ear;
  const std::vector<float> hop = tone(0.1, media::AdaptiveLoudness::kHop);
  EXPECT_EQ(ear.estimate(), std::nullopt);
  for (int i = 0; i < 10; ++i) ear.add(hop);
  ASSERT_TRUE(ear.estimate());
  EXPECT_NEAR(*ear.estimate(), -20.0, 0.2);
}

TEST(AdaptiveLoudness, DoesNotCountAPauseButFollowsWhatLasts) {
  media::AdaptiveLoudness ear;
  const std::vector<float> loud = tone(0.1, media::AdaptiveLoudness::kHop);
  const std::vector<float> quiet = tone(0.01, media::AdaptiveLoudness::kHop);
  const std::vector<float> silent(loud.size());
  for (int i = 0; i < 300; ++i) ear.add(loud);
  for (int i = 0; i < 50; ++i) ear.add(quiet);
  EXPECT_NEAR(*ear.estimate(), -20.0, 0.5) << "five quiet seconds are a pause";
  for (int i = 0; i < 600; ++i) ear.add(silent);
  EXPECT_NEAR(*ear.estimate(), -20.0, 0.5) << "silence says nothing";
  for (int i = 0; i < 300; ++i) ear.add(quiet);
  EXPECT_NEAR(*ear.estimate(), -40.0, 1.0) << "half a minute is the programme";
}

TEST(GainRamp, MovesNoFasterThanItIsTold) {
  media::GainRamp ramp;
  std::vector<float> samples(2 * 48'000, 1.0F);
  ramp.approach(-6.0, 3.0);
  ramp.apply(samples);
  EXPECT_NEAR(ramp.now(), -3.0, 1e-9);
  EXPECT_NEAR(samples.back(), std::pow(10.0, -3.0 / 20), 1e-4);
  for (std::size_t i = 2; i < samples.size(); ++i) ASSERT_LT(std::fabs(samples[i] - samples[i - 2]), 1e-4F);
}

// ── the cache ──

std::string cache_text(const std::string& folder) {
  std::ifstream in(folder + "/loudness");
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(LoudnessCache, RemembersFromOneRunToTheNext) {
  const std::string folder = scratch() + "cache-a/vcplay";
  media::LoudnessCache(folder).add(7, {-12.345, 60.5});
  media::LoudnessCache(folder).add(8, {std::nullopt, 1});
  media::LoudnessCache cache(folder);
  ASSERT_TRUE(cache.find(7));
  EXPECT_EQ(cache.find(7)->lufs, -12.345);
  EXPECT_EQ(cache.find(7)->seconds, 60.5);
  ASSERT_TRUE(cache.find(8));
  EXPECT_EQ(cache.find(8)->lufs, std::nullopt);
  EXPECT_EQ(cache.find(9), std::nullopt);
}

TEST(LoudnessCache, SkipsEveryLineThatSomethingHappenedTo) {
  const std::string folder = scratch() + "cache-b";
  media::LoudnessCache(folder).add(7, {-12.345, 60.5});
  const std::string good = cache_text(folder);
  for (std::size_t byte = 0; byte + 1 < good.size(); ++byte) {
    std::string bad = good;
    bad[byte] = static_cast<char>(bad[byte] ^ 1);
    std::ofstream(folder + "/loudness") << bad;
    ASSERT_EQ(media::LoudnessCache(folder).find(7), std::nullopt) << bad;
  }
  std::ofstream(folder + "/loudness") << std::string(100'000, '\0') << '\n' << good << good.substr(0, 20);
  EXPECT_TRUE(media::LoudnessCache(folder).find(7));
}

TEST(LoudnessCache, StaysSmall) {
  const std::string folder = scratch() + "cache-c";
  media::LoudnessCache(folder).add(1, {-1, 1});
  {
    std::ofstream out(folder + "/loudness");
    for (int i = 0; i < 30'000; ++i) out << "1 0000000000000000 -1.000 1.000 deadbeef\n";
  }
  media::LoudnessCache(folder).add(7, {-12, 60});
  EXPECT_TRUE(media::LoudnessCache(folder).find(7));
  EXPECT_LT(cache_text(folder).size(), 700'000U);
}

TEST(LoudnessCache, IsOnlySlowerWhereItCannotWrite) {
  const std::string blocked = write_file("no-folder", "a file") + "/vcplay";
  media::LoudnessCache cache(blocked);
  cache.add(7, {-12, 60});
  EXPECT_TRUE(cache.find(7));
  EXPECT_EQ(media::LoudnessCache(blocked).find(7), std::nullopt);
}

TEST(LoudnessCache, TellsAFileFromItsOwnPast) {
  const std::string song = write_file("song", "one");
  const auto before = media::identity_of(file(song));
  ASSERT_TRUE(before);
  EXPECT_EQ(media::identity_of(file(song)), before);
  EXPECT_EQ(media::identity_of(file(scratch() + "./song")), before);
  EXPECT_NE(media::identity_of({song, "s16le", 0, 0}), before);
  static_cast<void>(write_file("song", "other"));
  EXPECT_NE(media::identity_of(file(song)), before);
  EXPECT_EQ(media::identity_of(file(scratch())), std::nullopt);
  EXPECT_EQ(media::identity_of(file("-")), std::nullopt);
  EXPECT_EQ(media::identity_of(file("https://example.org/a.mp3")), std::nullopt);
}

TEST(LoudnessCache, TellsThePartsOfAFileApart) {
  const std::string album = write_file("album", "sound");
  media::Media first = file(album);
  first.end = 60s;
  media::Media second = file(album);
  second.start = 60s;
  EXPECT_NE(media::identity_of(first), media::identity_of(second));
  EXPECT_NE(media::identity_of(first), media::identity_of(file(album)));
}

TEST(Normalize, MeasuresAFileOnce) {
  const std::string folder = scratch() + "cache-d";
  const std::string song = noise("once.flac", -3);
  static_cast<void>(encoded({file(song)}, normalized(Normalize::track, -16, folder)));
  const std::string first = cache_text(folder);
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 1);
  const Loudness again = ffmpeg_loudness(encoded({file(song)}, normalized(Normalize::track, -16, folder)));
  EXPECT_EQ(cache_text(folder), first);
  EXPECT_NEAR(again.integrated, -16, 0.15);
  // The cache is given a false entry: what is heard then shows that the cache was believed.
  media::LoudnessCache(folder).add(*media::identity_of(file(song)), {-30, 10});
  const Loudness fooled = ffmpeg_loudness(encoded({file(song)}, normalized(Normalize::track, -30, folder)));
  EXPECT_GT(fooled.integrated, -25);
}

TEST(Normalize, PlaysDamagedFilesAndSaysSoOnce) {
  const LogBook log;
  const std::string song = noise("damaged.flac", -3);
  std::filesystem::resize_file(song, std::filesystem::file_size(song) / 2);
  EXPECT_GT(encoded({file(song), file(scratch() + "missing.mp3")}, normalized(Normalize::track, -16)).size(),
            4U * 96'000);
  EXPECT_EQ(log.lines().size(), 1U) << ::testing::PrintToString(log.lines());
}

TEST(Normalize, ChangesNothingWhereItIsOff) {
  const std::string song = noise("same.wav", 0, "-c:a pcm_f32le");
  const std::vector<float> source = ffmpeg_decode(song);
  std::vector<float> given = encoded({file(song)}, {128'000, 1.0, {}});
  given.resize(source.size());
  EXPECT_EQ(given, source);
}

}  // namespace
}  // namespace vcplay::testing
