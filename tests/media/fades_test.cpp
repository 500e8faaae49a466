// How tracks begin, end and pass into each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "media/track_joiner.hpp"
#include "words/audio_files.hpp"
#include "words/encoder_tap.hpp"
#include "words/playback.hpp"

namespace vcplay::testing {
namespace {

using media::PcmFifo;
using media::TrackJoiner;
using ::testing::ElementsAre;

media::Media file(const std::string& location) { return {location, {}, 0, 0}; }

/// Tracks of constant level, joined. Each sample shows which tracks it was mixed from.
struct Joint {
  explicit Joint(TrackJoiner::Lengths lengths)
      : joiner(lengths, out,
               {[this](std::uint32_t track) { starts.emplace_back(track, out.end()); }, [] {}}) {}

  void play(std::uint32_t track, float level, std::size_t samples, std::size_t at_once = 777) {
    joiner.begin_track(track);
    while (samples > 0) {
      const std::size_t slice = std::min(at_once, samples);
      std::fill_n(joiner.inlet().reserve(slice), slice * kChannels, level);
      joiner.inlet().commit(slice);
      joiner.pass_on();
      most_held = std::max(most_held, joiner.held());
      samples -= slice;
    }
    joiner.end_track();
  }
  [[nodiscard]] float at(std::size_t sample) {
    const auto values = out.look(sample, 1);
    EXPECT_EQ(values.size(), 2U);
    EXPECT_EQ(values[0], values[1]);
    return values[0];
  }

  PcmFifo out;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> starts;
  std::size_t most_held = 0;
  TrackJoiner joiner;
};

TEST(TrackJoiner, FadesEveryTrackInAndOut) {
  Joint joint({1000, 2000, 0});
  joint.play(0, 1.0F, 10'000);
  joint.play(1, 1.0F, 10'000);
  joint.joiner.finish();
  ASSERT_EQ(joint.out.size(), 20'000U);
  for (const std::size_t track : {0U, 10'000U}) {
    EXPECT_LT(joint.at(track), 0.001F);
    EXPECT_NEAR(joint.at(track + 500), std::sqrt(0.5), 0.001);
    for (std::size_t i = 1000; i < 8000; ++i) ASSERT_EQ(joint.at(track + i), 1.0F) << i;
    EXPECT_NEAR(joint.at(track + 9000), std::sqrt(0.5), 0.001);
    EXPECT_LT(joint.at(track + 9999), 0.001F);
  }
  EXPECT_THAT(joint.starts, ElementsAre(std::pair(0U, 0U), std::pair(1U, 10'000U)));
}

TEST(TrackJoiner, FadesATrackThatIsShorterThanItsFades) {
  Joint joint({1000, 2000, 0});
  joint.play(0, 1.0F, 300);
  joint.play(1, 1.0F, 1);
  joint.joiner.finish();
  ASSERT_EQ(joint.out.size(), 301U);
  EXPECT_LT(joint.at(0), 0.01F);
  EXPECT_LT(joint.at(299), 0.01F);
}

// Two signals that know nothing of each other add up by their power.
TEST(TrackJoiner, CrossesTracksAtEqualPower) {
  Joint falling({0, 0, 4800});
  falling.play(0, 1.0F, 20'000);
  falling.play(1, 0.0F, 20'000);
  falling.joiner.finish();
  Joint rising({0, 0, 4800});
  rising.play(0, 0.0F, 20'000);
  rising.play(1, 1.0F, 20'000);
  rising.joiner.finish();
  ASSERT_EQ(falling.out.size(), 40'000U - 4800U);
  ASSERT_EQ(rising.out.size(), 40'000U - 4800U);
  for (std::size_t i = 0; i < falling.out.size(); ++i) {
    const float a = falling.at(i);
    const float b = rising.at(i);
    ASSERT_NEAR(a * a + b * b, 1.0F, 1e-5F) << i;
    if (i < 20'000 - 4800) {
      ASSERT_EQ(a, 1.0F);
    }
    if (i >= 20'000) {
      ASSERT_EQ(b, 1.0F);
    }
  }
  EXPECT_THAT(falling.starts, ElementsAre(std::pair(0U, 0U), std::pair(1U, 20'000U - 4800U)));
}

TEST(TrackJoiner, HoldsBackNoMoreThanItNeeds) {
  Joint joint({0, 1000, 4800});
  joint.play(0, 1.0F, 500'000);
  joint.play(1, 1.0F, 500'000);
  EXPECT_LE(joint.most_held, 4800U);
  joint.joiner.finish();
  EXPECT_EQ(joint.joiner.held(), 0U);
  EXPECT_EQ(joint.out.size(), 1'000'000U - 4800U);
}

TEST(TrackJoiner, LosesNothingOfShortTracks) {
  Joint joint({0, 0, 4800});
  joint.play(0, 0.1F, 20'000);
  joint.play(1, 0.2F, 1000);  // half of it with track 0, the other half with track 2
  joint.play(2, 0.3F, 1);
  joint.play(3, 0.4F, 20'000);
  joint.joiner.finish();
  // Tracks 0 and 1 overlap by 500 samples, 1 and 2 by none, 2 and 3 by one.
  EXPECT_EQ(joint.out.size(), 20'000U + 1000U + 1U + 20'000U - 500U - 1U);
  ASSERT_EQ(joint.starts.size(), 4U);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_GE(joint.starts[i].second, joint.starts[i - 1].second);
}

TEST(TrackJoiner, EndsSoftlyAfterACrossfade) {
  Joint joint({0, 2000, 4800});
  joint.play(0, 1.0F, 20'000);
  joint.play(1, 1.0F, 20'000);
  joint.joiner.finish();
  const std::size_t size = joint.out.size();
  EXPECT_LT(joint.at(size - 1), 0.001F);
  EXPECT_EQ(joint.at(size - 2001), 1.0F);
}

media::PipelineOptions joined(Duration fade_in, Duration fade_out, Duration crossfade) {
  media::PipelineOptions options{128'000, 1.0, {}};
  options.sound.fade_in = fade_in;
  options.sound.fade_out = fade_out;
  options.sound.crossfade = crossfade;
  return options;
}

/// The power of one tone in the left channel, from `from` on for half a second.
double power_of(double hertz, const std::vector<float>& samples, std::size_t from) {
  double in_phase = 0;
  double beside = 0;
  constexpr std::size_t kHalfASecond = 24'000;
  for (std::size_t i = 0; i < kHalfASecond; ++i) {
    const double angle = 2 * M_PI * hertz * static_cast<double>(from + i) / kSampleRate;
    in_phase += double{samples.at(2 * (from + i))} * std::cos(angle);
    beside += double{samples.at(2 * (from + i))} * std::sin(angle);
  }
  return (in_phase * in_phase + beside * beside) * 4 / (kHalfASecond * kHalfASecond);
}

std::string tone(const std::string& name, int hertz, const std::string& arguments = {}) {
  return make_file(name,
                   "-f lavfi -i \"aevalsrc=0.5*sin(2*PI*" + std::to_string(hertz) + "*t)|0.5*sin(2*PI*" +
                       std::to_string(hertz) + "*t):s=44100:d=6\"",
                   arguments);
}

TEST(Crossfade, OneFileIsHeardThroughTheOther) {
  const std::string low = tone("low.flac", 400);
  const std::string high = tone("high.mp3", 1600, "-c:a libmp3lame -b:a 192k");
  const Playback playback = play({file(low), file(scratch() + "missing"), file(high)}, joined({}, {}, 2s));
  EXPECT_EQ(playback.frames.size(), 501U);  // 6 + 6 - 2 s, and the encoder's delay
  EXPECT_EQ(playback.frames[199].track, 0U);
  EXPECT_EQ(playback.frames[200].track, 2U);
  EXPECT_EQ(playback.frames[200].track_frame, 0U);
  const std::vector<float> heard = playback.heard();
  EXPECT_NEAR(power_of(400, heard, 2 * 48'000), 0.25, 0.01);
  EXPECT_NEAR(power_of(1600, heard, 2 * 48'000), 0.0, 0.001);
  EXPECT_NEAR(power_of(400, heard, 4 * 48'000 + 36'000), 0.125, 0.02);
  EXPECT_NEAR(power_of(1600, heard, 4 * 48'000 + 36'000), 0.125, 0.02);
  EXPECT_NEAR(power_of(400, heard, 7 * 48'000), 0.0, 0.001);
  EXPECT_NEAR(power_of(1600, heard, 7 * 48'000), 0.25, 0.02);
}

TEST(Crossfade, IsNoneForASingleTrack) {
  const std::string song = tone("single.wav", 400);
  EncoderTap encoder;
  const Playback playback = play({file(song)}, joined({}, {}, 5s));
  EXPECT_EQ(playback.results.at(0).frames, 301U);  // with the encoder's delay
  const std::vector<float> crossed = encoder.take();
  static_cast<void>(play({file(song)}, {128'000, 1.0, {}}));
  EXPECT_EQ(crossed, encoder.take());
}

TEST(Fades, TakeTheClickOffATrackThatIsCut) {
  const std::string cut = tone("cut.flac", 400, "-af atrim=end_sample=100123");
  media::PipelineOptions options{128'000, 1.0, {}};
  EncoderTap encoder;
  static_cast<void>(play({file(cut)}, options));
  const std::vector<float> plain = encoder.take();
  options.sound.cut_ends = true;
  static_cast<void>(play({file(cut)}, options));
  const std::vector<float> soft = encoder.take();
  ASSERT_EQ(soft.size(), plain.size());
  const std::size_t end = std::size_t{100'123} * 48'000 / 44'100;
  const std::size_t fade = end - 1440;
  EXPECT_TRUE(std::equal(soft.begin(), soft.begin() + 2 * (fade - 50), plain.begin())) << "but for its end";
  float last = 0;
  for (std::size_t i = 2 * (end - 48); i < 2 * end; ++i) last = std::max(last, std::fabs(soft[i]));
  EXPECT_LT(last, 0.03F);
}

TEST(Fades, AreHeardInEveryTrack) {
  const std::string song = tone("faded.flac", 400);
  const std::vector<float> heard = play({file(song), file(song)}, joined(2s, 1s, {})).heard();
  for (const std::size_t start : {std::size_t{0}, std::size_t{6} * 48'000}) {
    EXPECT_LT(power_of(400, heard, start), 0.03);
    EXPECT_NEAR(power_of(400, heard, start + 3 * 48'000), 0.25, 0.01);
    EXPECT_LT(power_of(400, heard, start + 5 * 48'000 + 24'000), 0.07);
  }
}

}  // namespace
}  // namespace vcplay::testing
