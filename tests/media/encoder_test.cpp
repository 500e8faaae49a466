// What the encoder's options do to its packets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "media/opus_encoder.hpp"
#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"

namespace vcplay::testing {
namespace {

using media::EncoderOptions;

media::PipelineOptions with(int bitrate, const EncoderOptions& encoder) {
  media::PipelineOptions options{bitrate, 1.0, {}};
  options.encoder = encoder;
  return options;
}

/// RFC 6716 s3.1: SILK, alone or below CELT, up to configuration 15; from 16 on there is no speech coder.
std::size_t celt_packets(const std::vector<OpusFrame>& frames) {
  return static_cast<std::size_t>(std::count_if(
      frames.begin(), frames.end(), [](const OpusFrame& frame) { return frame.bytes[0] >> 3 >= 16; }));
}

/// What libopus itself makes of the samples.
std::vector<OpusFrame> by_libopus(const std::vector<float>& samples, int bitrate, int complexity) {
  int result = 0;
  OpusEncoder* const encoder = opus_encoder_create(kSampleRate, kChannels, OPUS_APPLICATION_AUDIO, &result);
  opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_MUSIC));
  opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate));
  opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(complexity));
  std::vector<OpusFrame> frames;
  for (std::size_t at = 0; at + kSamplesPerFrame * kChannels <= samples.size();
       at += kSamplesPerFrame * kChannels) {
    // The first one is made for decoders that may have heard anything before.
    opus_encoder_ctl(encoder, OPUS_SET_PREDICTION_DISABLED(frames.empty() ? 1 : 0));
    OpusFrame& frame = frames.emplace_back();
    frame.size = static_cast<std::uint16_t>(opus_encode_float(encoder, &samples[at], kSamplesPerFrame,
                                                              frame.bytes.data(),
                                                              static_cast<opus_int32>(frame.bytes.size())));
  }
  opus_encoder_destroy(encoder);
  return frames;
}

std::vector<std::size_t> sizes_of(const std::vector<OpusFrame>& frames) {
  std::vector<std::size_t> sizes;
  for (const OpusFrame& frame : frames) sizes.push_back(frame.size);
  return sizes;
}

/// RFC 6716 s3.1: one bit of the first byte.
bool is_stereo(const OpusFrame& frame) { return (frame.bytes[0] & 4) != 0; }

TEST(Mono, StaysMono) {
  const std::string song = make_file("mono.wav", music(96'000), "-ac 1");
  for (const OpusFrame& frame : play(song).frames) ASSERT_FALSE(is_stereo(frame)) << frame.track_frame;
  const std::string both = make_file("dual-mono.wav", music(96'000), "-af \"pan=stereo|c0=c0|c1=c0\"");
  for (const OpusFrame& frame : play(both).frames) ASSERT_FALSE(is_stereo(frame)) << frame.track_frame;
}

TEST(Mono, BecomesStereoAndBackWithoutAClick) {
  // Two seconds of mono, two of stereo and two of mono; the left channel goes on unchanged.
  const std::string song =
      make_file("changing.wav",
                "-f lavfi -i \"aevalsrc='0.4*sin(2*PI*(200*t+90*t*t))+0.1*sin(2*PI*1000*t)|"
                "if(between(t,2,4),0.4*cos(2*PI*(210*t+80*t*t)),"
                "0.4*sin(2*PI*(200*t+90*t*t))+0.1*sin(2*PI*1000*t))':s=48000:d=6\"",
                "-c:a pcm_f32le");
  const Playback playback = play(song);
  EXPECT_FALSE(is_stereo(playback.frames[99]));
  EXPECT_TRUE(is_stereo(playback.frames[100]));
  EXPECT_TRUE(is_stereo(playback.frames[205]));
  EXPECT_FALSE(is_stereo(playback.frames[220]));
  const std::vector<float> source = ffmpeg_decode(song);
  const std::vector<float> heard = playback.heard();
  std::vector<float> as_stereo = decoded(by_libopus(source, 128'000, 9));
  as_stereo.erase(as_stereo.begin(), as_stereo.begin() + 312 * kChannels);
  for (std::size_t frame = 95; frame < 215; ++frame) {
    const std::size_t at = frame * kSamplesPerFrame;
    EXPECT_LT(residual(heard, source, at, kSamplesPerFrame),
              std::max(residual(as_stereo, source, at, kSamplesPerFrame), -50.0) + 3)
        << frame;
  }
}

TEST(Application, VoipTakesTheSpeechCoderForSpeech) {
  const std::string speech = make_audio("speech.wav", Content::speech);
  const Playback voip =
      play({file(speech)}, with(24'000, {.application = EncoderOptions::Application::voip}));
  EXPECT_LT(celt_packets(voip.frames), voip.frames.size() / 4);
  const Playback lowdelay =
      play({file(speech)}, with(24'000, {.application = EncoderOptions::Application::lowdelay}));
  EXPECT_EQ(celt_packets(lowdelay.frames), lowdelay.frames.size());
}

TEST(Application, LowDelayIsFourMillisecondsEarlier) {
  const std::string song = make_file("early.wav", music(96'000 - 120), "-c:a pcm_f32le");
  const Playback playback =
      play({file(song)}, with(128'000, {.application = EncoderOptions::Application::lowdelay}));
  EXPECT_EQ(playback.frames.size(), 100U) << "its delay is 120 samples";
  std::vector<float> heard = decoded(playback.frames);
  heard.erase(heard.begin(), heard.begin() + 120 * kChannels);
  EXPECT_GT(correlation(heard, ffmpeg_decode(song), 0), 0.999);
}

TEST(Complexity, IsLibopussOwnAndNineUnlessToldOtherwise) {
  const std::string song = make_file("complex.wav", music(96'000), "-c:a pcm_f32le");
  const std::vector<float> samples = ffmpeg_decode(song);
  const auto sizes = [&](const EncoderOptions& options) {
    std::vector<std::size_t> all = sizes_of(play({file(song)}, with(96'000, options)).frames);
    all.resize(100);  // without what follows for the encoder's delay
    return all;
  };
  EXPECT_EQ(sizes({}), sizes_of(by_libopus(samples, 96'000, 9)));
  EXPECT_EQ(sizes({.complexity = 2}), sizes_of(by_libopus(samples, 96'000, 2)));
  EXPECT_NE(sizes({.complexity = 2}), sizes({}));
}

/// A listener loses every tenth packet and recovers it from the next one. The power of what is recovered.
double power_of_recovered(const std::vector<OpusFrame>& frames) {
  int result = 0;
  OpusDecoder* const decoder = opus_decoder_create(kSampleRate, kChannels, &result);
  PcmFrame pcm{};
  double power = 0;
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
    const bool lost = i % 10 == 5;
    const OpusFrame& given = frames[lost ? i + 1 : i];
    const int made = opus_decode_float(decoder, given.bytes.data(), given.size, pcm.data(), kSamplesPerFrame,
                                       lost ? 1 : 0);
    EXPECT_EQ(made, static_cast<int>(kSamplesPerFrame));
    if (!lost) continue;
    for (const float sample : pcm) power += double{sample} * double{sample};
  }
  opus_decoder_destroy(decoder);
  return power;
}

TEST(Fec, PutsThePacketBeforeIntoEachAndNeedsTheSpeechCoder) {
  const std::string speech = make_audio("lossy.wav", Content::speech);
  const Playback protected_ = play({file(speech)}, with(32'000, {.fec = true, .packet_loss = 20}));
  // libopus chooses the coder of each packet by estimates that differ from one processor and version to
  // another. A choice or two that fall otherwise are not heard: one packet in twenty may.
  EXPECT_LT(celt_packets(protected_.frames), protected_.frames.size() / 20)
      << "20 % pulls even music into SILK";
  EXPECT_GT(power_of_recovered(protected_.frames), 0);
  const Playback mild = play({file(speech)}, with(64'000, {.fec = true, .packet_loss = 5}));
  EXPECT_GT(celt_packets(mild.frames), mild.frames.size() - mild.frames.size() / 20) << "and 5 % do not";
}

TEST(Fec, IsAReasonToEncodeOpusAnew) {
  const std::string song = make_file("unprotected.opus", music(48'000), "-c:a libopus");
  EXPECT_EQ(play({file(song)}, with(64'000, {.fec = true})).tracks.at(0).reencoded,
            "forward error correction is asked for");
}

TEST(Bitrate, OfTheChannelIsFollowedWhileItPlays) {
  const std::string song = make_file("followed.wav", music(480'000), "-c:a pcm_s16le");
  ReadLog queue(8);
  Witness witness;
  media::Pipeline pipeline({file(song)}, {128'000, 1.0, {}}, queue, witness);
  pipeline.start();
  std::size_t before = 0;
  std::size_t after = 0;
  for (std::size_t frames = 0; frames < 500;) {
    const OpusFrame* const frame = next_frame(queue);
    ASSERT_NE(frame, nullptr) << "after " << frames;
    if (frames < 250) before += frame->size;
    if (frames >= 260) after += frame->size;
    queue.pop();
    if (++frames == 250) pipeline.set_bitrate(32'000);
  }
  pipeline.stop();
  EXPECT_NEAR(static_cast<double>(before) * 8 / 5, 128'000, 20'000);
  EXPECT_NEAR(static_cast<double>(after) * 8 / 4.8, 32'000, 5'000);
}

}  // namespace
}  // namespace vcplay::testing
