// Tracks follow each other as if they were one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "words/audio_files.hpp"
#include "words/encoder_tap.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

media::Media file(const std::string& location) { return {location, {}, 0, 0}; }

/// Three seconds of a 441 Hz tone, whole and cut in two where no frame of 20 ms ends.
struct CutTone {
  explicit CutTone(int rate, int cut)
      : whole(make_file("whole.wav", tone(rate), "-c:a pcm_f32le")),
        head(make_file("head.wav", tone(rate), "-c:a pcm_f32le -af atrim=end_sample=" + std::to_string(cut))),
        tail(make_file("tail.wav", tone(rate),
                       "-c:a pcm_f32le -af atrim=start_sample=" + std::to_string(cut))) {}
  static std::string tone(int rate) {
    return "-f lavfi -i \"aevalsrc=0.5*sin(2*PI*441*t)|0.5*cos(2*PI*441*t):d=3:s=" + std::to_string(rate) +
           '"';
  }
  std::string whole;
  std::string head;
  std::string tail;
};

TEST(Gapless, TwoHalvesBecomeTheVeryPacketsOfTheWhole) {
  const CutTone tone(48'000, 50'001);
  const Playback whole = play(tone.whole);
  const Playback halves = play({file(tone.head), file(tone.tail)});
  ASSERT_EQ(halves.frames.size(), whole.frames.size());
  for (std::size_t i = 0; i < whole.frames.size(); ++i) {
    ASSERT_EQ(to_hex(halves.frames[i].view()), to_hex(whole.frames[i].view())) << "packet " << i;
  }
}

TEST(Gapless, AFrameBelongsToTheTrackThatItBeganWith) {
  const CutTone tone(48'000, 50'001);  // in the middle of packet 52
  const Playback halves = play({file(tone.head), file(tone.tail)});
  ASSERT_EQ(halves.frames.size(), 151U);
  EXPECT_EQ(halves.frames[52].track, 0U);
  EXPECT_EQ(halves.frames[52].track_frame, 52U);
  EXPECT_EQ(halves.frames[53].track, 1U);
  EXPECT_EQ(halves.frames[53].track_frame, 0U);
  EXPECT_EQ(halves.frames[150].track, 1U);
  EXPECT_EQ(halves.frames[150].track_frame, 97U);
  EXPECT_THAT(halves.order, ElementsAre("track 0", "end 0", "track 1", "end 1", "all"));
  EXPECT_EQ(halves.results[0].frames, 53U);
  EXPECT_EQ(halves.results[1].frames, 98U);
}

TEST(Gapless, ResampledHalvesJoinWithoutAClick) {
  const CutTone tone(44'100, 50'001);
  const Playback whole = play(tone.whole);
  const Playback halves = play({file(tone.head), file(tone.tail)});
  ASSERT_EQ(halves.frames.size(), whole.frames.size());
  const std::vector<float> expected = whole.heard();
  const std::vector<float> heard = halves.heard();
  float worst = 0;
  for (std::size_t i = 0; i < heard.size(); ++i) worst = std::max(worst, std::fabs(heard[i] - expected[i]));
  EXPECT_LT(worst, 0.001F);
}

TEST(Gapless, TracksShorterThanAPacketAddUp) {
  // 100 files of 7 ms, at a rate that has to be converted: 0.7 s.
  const std::string tiny = make_file("tiny.wav", "-f lavfi -i sine=r=44100:d=0.007");
  const Playback playback = play(std::vector<media::Media>(100, file(tiny)));
  ASSERT_EQ(playback.results.size(), 100U);
  ASSERT_EQ(playback.tracks.size(), 100U);
  std::uint64_t counted = 0;
  for (const media::TrackResult& result : playback.results) {
    EXPECT_EQ(result.error, "");
    counted += result.frames;
  }
  EXPECT_EQ(counted, playback.frames.size());
  EXPECT_EQ(playback.frames.size(), 36U);  // 35 and the encoder's delay
}

/// One way to keep an album: the ending of its files, and how ffmpeg writes them.
struct Shelf {
  const char* ending;
  const char* arguments;
};

void PrintTo(const Shelf& shelf, std::ostream* out) { *out << shelf.ending; }

class Album : public ::testing::TestWithParam<Shelf> {};

double power(const std::vector<float>& samples, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t i = 2 * from; i < 2 * to; ++i) sum += double{samples.at(i)} * double{samples[i]};
  return sum / static_cast<double>(to - from);
}

/// What is left of `a` without `b`.
std::vector<float> residual(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> left(std::min(a.size(), b.size()));
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = a[i] - b[i];
  return left;
}

/// What the encoder gets.
std::vector<float> encoded(std::vector<media::Media> media) {
  EncoderTap encoder;
  static_cast<void>(play(std::move(media)));
  return encoder.take();
}

// Three files end in the middle of a packet. What ffmpeg decodes of each, cut to the samples that were
// encoded and laid end to end, is what has to be heard, at the seams as elsewhere.
TEST_P(Album, CutIntoTracksIsHeardAsOne) {
  const Shelf& shelf = GetParam();
  constexpr int kRate = 44'100;
  const int cuts[] = {0, 50'001, 83'333, 3 * kRate};
  const std::string tone = CutTone::tone(kRate);
  std::vector<media::Media> tracks;
  std::string end_to_end;
  for (int i = 0; i < 3; ++i) {
    const std::string name = "album" + std::to_string(i);
    const std::string track = make_file(name + shelf.ending, tone,
                                        "-af atrim=start_sample=" + std::to_string(cuts[i]) + ":end_sample=" +
                                            std::to_string(cuts[i + 1]) + ",asetpts=N " + shelf.arguments);
    std::ifstream decoded(make_file(name + ".raw", "-i \"" + track + '"', "-f f32le"), std::ios::binary);
    std::string samples(std::istreambuf_iterator<char>(decoded), {});
    const auto length = static_cast<std::size_t>(cuts[i + 1] - cuts[i]) * kChannels * sizeof(float);
    ASSERT_GE(samples.size(), length);
    tracks.push_back(file(track));
    end_to_end += samples.substr(0, length);
  }
  const std::vector<float> heard = encoded(tracks);
  const std::vector<float> expected = encoded({{write_file("album.raw", end_to_end), "f32le", kRate, 2}});
  const std::vector<float> source = encoded({file(make_file("album.wav", tone, "-c:a pcm_f32le"))});
  ASSERT_EQ(heard.size(), source.size());

  const std::vector<float> wrong = residual(heard, expected);
  for (std::size_t from = 0; from + 960 < 3 * 48'000; from += 480) {
    ASSERT_LT(power(wrong, from, from + 480), 1e-8) << "at sample " << from;
  }
  // And no track stands beside its place.
  const std::vector<float> lost = residual(heard, source);
  for (const std::size_t middle : {24'000U, 72'000U, 117'000U}) {
    EXPECT_LT(power(lost, middle, middle + 960), 0.001 * power(source, middle, middle + 960));
  }
}

INSTANTIATE_TEST_SUITE_P(OnEveryShelf, Album,
                         ::testing::Values(Shelf{".flac", "-sample_fmt s32"},
                                           Shelf{".mp3", "-c:a libmp3lame -b:a 320k"},
                                           Shelf{".m4a", "-c:a aac -b:a 256k -movie_timescale 44100"},
                                           Shelf{".ogg", "-c:a libvorbis -q:a 9"}),
                         [](const auto& shelf) { return std::string(shelf.param.ending).substr(1); });

std::string be32(std::size_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8),
          static_cast<char>(number)};
}
std::string box(const std::string& type, const std::string& content) {
  return be32(content.size() + 8) + type + content;
}

/// An M4A that says in iTunes' way, and in no other, where its padding is: `mp4` has its index at its end.
std::string tagged_by_itunes(std::string mp4, const std::string& numbers) {
  const std::string none(4, '\0');
  const std::string atom =
      box("----", box("mean", none + "com.apple.iTunes") + box("name", none + "iTunSMPB") +
                      box("data", be32(1) + none + numbers));
  const std::size_t list = mp4.find("ilst");
  for (const char* const type : {"moov", "udta", "meta", "ilst"}) {
    const std::size_t size_at = mp4.rfind(type, list) - 4;
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(mp4[size_at + i]);
    mp4.replace(size_at, 4, be32(size + atom.size()));
  }
  return mp4.insert(list + 4, atom);
}

TEST(Gapless, AnM4aOfITunesEndsWhereItsTagSays) {
  // Two seconds, which the encoder fills up with 256 samples.
  const std::string plain = make_file("plain.m4a", "-f lavfi -i sine=440:r=48000:d=2",
                                      "-c:a aac -use_editlist 0 -metadata title=Tone");
  constexpr std::size_t kDelay = 1024;
  const auto frames = [&](std::size_t samples, std::size_t padding) {
    std::array<char, 64> numbers{};
    std::snprintf(numbers.data(), numbers.size(), " 00000000 %08zX %08zX %016zX 00000000", kDelay, padding,
                  samples);
    return play(write_file("itunes.m4a", tagged_by_itunes(contents_of(plain), numbers.data()))).frames.size();
  };
  EXPECT_EQ(frames(96'000, 256), 101U) << "and our encoder's delay";
  EXPECT_EQ(frames(95'600, 656), 100U);
  EXPECT_EQ(frames(960, 95'296), 101U) << "a tag that cannot be true";
}

TEST(Gapless, AFileThatFailsDoesNotStopTheOthers) {
  const LogBook log;
  const std::string song = make_audio("song.flac", Content::sweep);
  const Playback playback = play({file(scratch() + "missing.mp3"), file(song),
                                  file(write_file("empty.ogg", "")), file(song), file("/nowhere/")});
  ASSERT_EQ(playback.results.size(), 5U);
  EXPECT_NE(playback.results[0].error, "");
  EXPECT_EQ(playback.results[1].error, "");
  EXPECT_NE(playback.results[2].error, "");
  EXPECT_EQ(playback.results[3].error, "");
  EXPECT_NE(playback.results[4].error, "");
  EXPECT_EQ(playback.frames.size(), 501U);  // two songs and the encoder's delay
  EXPECT_EQ(playback.frames.back().track, 3U);
  EXPECT_THAT(log.lines(), IsEmpty());  // the caller has the sentences
}

}  // namespace
}  // namespace vcplay::testing
