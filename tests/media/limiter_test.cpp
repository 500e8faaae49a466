// The limiter: never a hard edge, never above -1 dBTP, and nothing at all to what fits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "media/true_peak.hpp"
#include "media/true_peak_limiter.hpp"
#include "words/audio_files.hpp"
#include "words/ebur128_witness.hpp"
#include "words/encoder_tap.hpp"
#include "words/playback.hpp"

namespace vcplay::testing {
namespace {

using media::TruePeakLimiter;

constexpr std::size_t kFrameValues = kSamplesPerFrame * kChannels;

std::vector<float> sine(double amplitude, double hertz, std::size_t frames) {
  std::vector<float> samples(frames * kFrameValues);
  for (std::size_t i = 0; i < samples.size() / 2; ++i) {
    const double angle = 2 * M_PI * hertz * static_cast<double>(i) / kSampleRate;
    samples[2 * i] = static_cast<float>(amplitude * std::sin(angle));
    samples[2 * i + 1] = static_cast<float>(amplitude * std::cos(angle));
  }
  return samples;
}

/// All of `samples` through the limiter, frame by frame, with what follows in sight.
std::vector<float> limited(std::vector<float> samples, float volume) {
  TruePeakLimiter limiter(volume);
  const std::span<float> all(samples);
  for (std::size_t first = 0; first < samples.size(); first += kFrameValues) {
    const std::size_t next = first + kFrameValues;
    const std::size_t ahead = std::min(TruePeakLimiter::kAheadSamples * kChannels, samples.size() - next);
    limiter.limit(all.subspan(first, kFrameValues), all.subspan(next, ahead));
  }
  return samples;
}

float peak(const std::vector<float>& samples) {
  float highest = 0;
  for (const float sample : samples) highest = std::max(highest, std::fabs(sample));
  return highest;
}

TEST(Limiter, NeverExceedsItsCeilingWhateverComes) {
  for (const float volume : {1.0F, 1.5F, 4.0F}) {
    std::vector<float> samples = sine(0.1, 440, 40);
    const std::vector<float> loud = sine(1.0, 97, 10);
    std::copy(loud.begin(), loud.end(), samples.begin() + 10 * kFrameValues + 334);  // not at a frame's edge
    samples[25 * kFrameValues + 1] = -8.0F;                                          // a lone spike at one
    samples.back() = 5.0F;
    EXPECT_LE(peak(limited(samples, volume)), TruePeakLimiter::kCeiling * 1.000001F) << volume;
  }
}

TEST(Limiter, LeavesWhatFitsUntouched) {
  const std::vector<float> samples = sine(0.75, 440, 20);
  EXPECT_EQ(limited(samples, 1.0F), samples);
  std::vector<float> doubled = sine(0.375, 440, 20);
  const std::vector<float> result = limited(doubled, 2.0F);
  for (float& sample : doubled) sample *= 2.0F;
  EXPECT_EQ(result, doubled);
}

TEST(Limiter, KeepsTheShapeOfATooLoudTone) {
  for (const double hertz : {50.0, 440.0, 5'000.0}) {
    const std::vector<float> original = sine(1.0, hertz, 50);
    const std::vector<float> result = limited(original, 4.0F);
    EXPECT_GT(correlation(original, result, 0), 0.9995) << hertz;
    EXPECT_GT(correlation(original, result, 1), 0.9995) << hertz;
    EXPECT_GT(peak(result), 0.85F) << hertz;
  }
}

TEST(Limiter, TurnsDownOnASlopeAndUpAgainSlowly) {
  // A constant makes the gain visible.
  std::vector<float> samples(30 * kFrameValues, 0.2F);
  std::fill_n(samples.begin() + 5 * kFrameValues, 2 * kFrameValues, 4.0F);
  const std::vector<float> result = limited(samples, 1.0F);
  float steepest = 0;
  for (std::size_t i = 2; i < result.size(); i += 2) {
    const float before = result[i - 2] / samples[i - 2];
    steepest = std::max(steepest, std::fabs(result[i] / samples[i] - before));
  }
  EXPECT_LT(steepest, 0.01F) << "a step in the gain is a click";
  EXPECT_EQ(result.front(), 0.2F);
  EXPECT_LT(result[8 * kFrameValues], 0.1F) << "it lets go too soon";
  EXPECT_GT(result.back(), 0.15F) << "it does not let go";
}

// ITU-R BS.1770-4 Annex 2: a tone at a quarter of the sampling rate, met 45 degrees beside its peaks, is 3 dB
// higher than its samples.
TEST(TruePeak, SeesWhatIsBetweenTheSamples) {
  constexpr std::size_t kCount = 480;
  std::vector<float> line(kCount + 2 * media::TruePeak::kReach);
  for (std::size_t i = 0; i < line.size(); ++i) {
    line[i] = static_cast<float>(std::sin(M_PI_2 * static_cast<double>(i) + M_PI_4));
  }
  EXPECT_NEAR(*std::max_element(line.begin(), line.end()), M_SQRT1_2, 1e-6);
  EXPECT_NEAR(media::TruePeak::of(line, kCount), 1.0F, 0.005F);
}

// The signs of a sinc, as samples: nothing that stays within 1 adds up to more.
TEST(TruePeak, KnowsItsWorstCase) {
  std::vector<float> line(1 + 2 * media::TruePeak::kReach);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto distance = static_cast<int>(i) - static_cast<int>(media::TruePeak::kReach);
    const int towards = distance <= 0 ? -distance : distance - 1;
    line[i] = towards % 2 == 0 ? 1.0F : -1.0F;
  }
  const float worst = media::TruePeak::of(line, 1);
  EXPECT_GT(worst, 2.2F);
  EXPECT_LE(worst, media::TruePeak::kWorstCase);
}

TEST(TruePeak, IsWhatFfmpegMeasures) {
  std::mt19937 dice(7);
  std::uniform_real_distribution<float> any(-0.3F, 0.3F);
  std::vector<float> noise(100 * kFrameValues);
  for (float& sample : noise) sample = any(dice);
  std::vector<float> left(noise.size() / 2 + 2 * media::TruePeak::kReach);
  for (std::size_t i = 0; i < noise.size() / 2; ++i) left[media::TruePeak::kReach + i] = noise[2 * i];
  for (std::size_t i = 1; i < noise.size(); i += 2) noise[i] = 0.0F;
  const double decibels = 20 * std::log10(media::TruePeak::of(left, noise.size() / 2));
  EXPECT_NEAR(decibels, ffmpeg_loudness(noise).true_peak, 0.25);
}

/// What is hard on a limiter, half a second of each: tones between their samples, noise, steps, clicks.
/// Silence at both ends, where ffmpeg would mirror the signal instead.
std::vector<float> ordeal() {
  std::vector<float> samples(kFrameValues);
  for (const double hertz : {12'000.0, 50.0, 997.0, 7'001.0, 19'997.0}) {
    const std::vector<float> tone = sine(1.0, hertz, 25);
    samples.insert(samples.end(), tone.begin(), tone.end());
  }
  std::mt19937 dice(11);
  std::normal_distribution<float> noise(0.0F, 0.4F);
  for (std::size_t i = 0; i < 25 * kFrameValues; ++i) samples.push_back(noise(dice));
  for (std::size_t i = 0; i < 25 * kFrameValues; ++i) samples.push_back(i / 222 % 2 == 0 ? 0.9F : -0.9F);
  for (std::size_t i = 0; i < 25 * kFrameValues; ++i) samples.push_back(i % 3001 == 0 ? 1.0F : 0.01F);
  samples.resize(samples.size() + kFrameValues);
  return samples;
}

TEST(Limiter, KeepsTheTruePeakByFfmpegsMeasure) {
  for (const float volume : {1.0F, 2.0F, 4.0F}) {
    EXPECT_LE(ffmpeg_loudness(limited(ordeal(), volume)).true_peak, -1.0) << volume;
  }
}

TEST(Limiter, StandsBeforeTheEncoder) {
  const std::string loud = make_file(
      "loud.wav", "-f lavfi -i \"anoisesrc=c=pink:a=0.9:d=3:s=48000:seed=5,pan=stereo|c0=c0|c1=-1*c0\"",
      "-c:a pcm_f32le");
  EncoderTap encoder;
  static_cast<void>(play({{loud, {}, 0, 0}}, {128'000, 4.0, {}}));
  const Loudness given = ffmpeg_loudness(encoder.take());
  EXPECT_LE(given.true_peak, -1.0);
  EXPECT_GT(given.true_peak, -1.5) << "no more than needed";
}

}  // namespace
}  // namespace vcplay::testing
