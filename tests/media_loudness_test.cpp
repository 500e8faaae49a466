// Volume and its limiter: never a hard edge, and nothing at all at 100 %.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <algorithm>
#include <cmath>

#include "media/riff_head.hpp"
#include "media/soft_limiter.hpp"
#include "support/audio_files.hpp"
#include "support/playback.hpp"

namespace vcplay::testing {
namespace {

using media::SoftLimiter;

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
  SoftLimiter limiter(volume);
  const std::span<float> all(samples);
  for (std::size_t first = 0; first < samples.size(); first += kFrameValues) {
    const std::size_t next = first + kFrameValues;
    const std::size_t ahead = std::min(SoftLimiter::kAheadSamples * kChannels, samples.size() - next);
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
    EXPECT_LE(peak(limited(samples, volume)), SoftLimiter::kCeiling * 1.000001F) << volume;
  }
}

TEST(Limiter, LeavesWhatFitsUntouched) {
  const std::vector<float> samples = sine(0.9, 440, 20);
  EXPECT_EQ(limited(samples, 1.0F), samples);
  std::vector<float> doubled = sine(0.45, 440, 20);
  const std::vector<float> result = limited(doubled, 2.0F);
  for (float& sample : doubled) sample *= 2.0F;
  EXPECT_EQ(result, doubled);
}

TEST(Limiter, KeepsTheShapeOfATooLoudTone) {
  for (const double hertz : {50.0, 440.0, 5'000.0}) {
    const std::vector<float> original = sine(1.0, hertz, 50);
    const std::vector<float> result = limited(original, 4.0F);
    EXPECT_GT(correlation(original, result, 0), 0.9999) << hertz;
    EXPECT_GT(correlation(original, result, 1), 0.9999) << hertz;
    EXPECT_GT(peak(result), 0.9F) << hertz;
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

TEST(Volume, FourHundredPercentOfAFullScaleSineIsStillASine) {
  const std::string full = make_file(
      "full.wav", "-f lavfi -i \"aevalsrc=sin(880*PI*t)|sin(880*PI*t):s=48000:d=2\"", "-c:a pcm_s16le");
  const Playback playback = play({{full, {}, 0, 0}}, {128'000, 4.0, {}});
  EXPECT_EQ(playback.frames.size(), 101U);
  const std::vector<float> heard = playback.heard();
  EXPECT_LT(peak(heard), 1.05F);
  EXPECT_GT(correlation(heard, ffmpeg_decode(full), 0), 0.999);
}

TEST(Volume, QuietensToo) {
  const std::string tone = make_file("tone.wav", "-f lavfi -i \"aevalsrc=0.8*sin(880*PI*t):s=48000:d=2\"");
  const std::vector<float> heard = play({{tone, {}, 0, 0}}, {128'000, 0.25, {}}).heard();
  EXPECT_NEAR(peak(heard), 0.2F, 0.02F);
  EXPECT_LT(peak(play({{tone, {}, 0, 0}}, {128'000, 0.0, {}}).heard()), 1e-6F);
}

TEST(Volume, AMonoSourceIsAsLoudOnBothSides) {
  const std::string tone = make_file("mono.wav", "-f lavfi -i \"aevalsrc=0.5*sin(880*PI*t):s=48000:d=2\"");
  const std::vector<float> heard = play(tone).heard();
  EXPECT_NEAR(peak(heard), 0.5F, 0.02F);
  EXPECT_GT(correlation(heard, ffmpeg_decode(tone), 0), 0.999);
  EXPECT_GT(correlation(heard, ffmpeg_decode(tone), 1), 0.999);
}

TEST(Volume, ADownmixDoesNotClip) {
  const std::string everywhere = make_file(
      "everywhere.wav",
      "-f lavfi -i "
      "\"aevalsrc=0.9*sin(880*PI*t)|0.9*sin(880*PI*t)|0.9*sin(880*PI*t)|0|0.9*sin(880*PI*t)|0.9*sin(880*PI*t)"
      ":c=5.1:s=48000:d=2\"",
      "-c:a pcm_f32le");
  const std::vector<float> heard = play(everywhere).heard();
  EXPECT_LT(peak(heard), 1.05F);
  EXPECT_GT(correlation(heard, ffmpeg_decode(everywhere), 0), 0.999);
}

// What the encoder gets at 100 % is the source, bit for bit: an encoder of the test's own makes the same
// packets of it.
TEST(Volume, OneHundredPercentChangesNotABit) {
  const std::string hot =
      make_file("hot.wav", "-f lavfi -i \"aevalsrc=1.2*sin(880*PI*t)|0.7*sin(700*PI*t*t):s=48000:d=2\"",
                "-c:a pcm_f32le");
  const std::vector<float> source = ffmpeg_decode(hot);
  const Playback playback = play({{hot, {}, 0, 0}}, {96'000, 1.0, {}});
  ASSERT_EQ(playback.frames.size(), 101U);

  int result = 0;
  OpusEncoder* const encoder = opus_encoder_create(kSampleRate, kChannels, OPUS_APPLICATION_AUDIO, &result);
  opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_MUSIC));
  opus_encoder_ctl(encoder, OPUS_SET_BITRATE(96'000));
  for (std::size_t frame = 0; frame < 100; ++frame) {
    Bytes packet(kMaxOpusBytes);
    const int size =
        opus_encode_float(encoder, source.data() + frame * kFrameValues, static_cast<int>(kSamplesPerFrame),
                          packet.data(), static_cast<opus_int32>(packet.size()));
    ASSERT_GT(size, 0);
    packet.resize(static_cast<std::size_t>(size));
    ASSERT_EQ(to_hex(playback.frames[frame].view()), to_hex(packet)) << "packet " << frame;
  }
  opus_encoder_destroy(encoder);
}

TEST(RiffHead, FindsTheSamplesHoweverTheBytesAreCut) {
  const std::string list(7, 'x');  // an odd chunk has a byte of padding behind it
  const std::string wav = std::string("RIFF\0\0\0\0WAVELIST\7\0\0\0", 20) + list + '\0' +
                          std::string("fmt \4\0\0\0\1\0\2\0data\xff\xff\xff\xff", 20) + "samples";
  for (std::size_t cut = 0; cut <= wav.size(); ++cut) {
    media::RiffHead head;
    head.watch(as_bytes(wav).first(cut));
    head.watch(as_bytes(wav).subspan(cut));
    ASSERT_TRUE(head.data().has_value()) << cut;
    EXPECT_EQ(*head.data(), wav.size() - 7) << cut;
  }
  media::RiffHead other;
  other.watch(as_bytes("OggS, which has no data chunk at all: data data data data"));
  EXPECT_FALSE(other.data().has_value());
}

}  // namespace
}  // namespace vcplay::testing
