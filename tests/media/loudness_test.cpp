// Volume: nothing at all changes at 100 %.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <algorithm>
#include <cmath>

#include "media/riff_head.hpp"
#include "words/audio_files.hpp"
#include "words/playback.hpp"

namespace vcplay::testing {
namespace {

constexpr std::size_t kFrameValues = kSamplesPerFrame * kChannels;

float peak(const std::vector<float>& samples) {
  float highest = 0;
  for (const float sample : samples) highest = std::max(highest, std::fabs(sample));
  return highest;
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
    opus_encoder_ctl(encoder, OPUS_SET_PREDICTION_DISABLED(frame == 0 ? 1 : 0));
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
