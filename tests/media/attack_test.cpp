// Sound that begins after silence is as loud to a decoder as it really is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <cmath>
#include <functional>
#include <memory>
#include <span>
#include <thread>

#include "media/opus_encoder.hpp"
#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

constexpr double kNear = 2.5;  // dB
constexpr std::size_t kValues = kSamplesPerFrame * kChannels;

/// A second of it and more: as loud from its first sample on as everywhere, in all bands.
const char* const kNoise = "-f lavfi -i anoisesrc=color=pink:seed=7:r=48000:d=1.2:a=0.5 -ac 2";
const char* const kNoiseAndAPause =
    "-f lavfi -i anoisesrc=color=pink:seed=7:r=48000:d=1.2:a=0.5,apad=pad_dur=0.5 -ac 2";

double level(std::span<const float> samples) {
  double power = 0;
  for (const float sample : samples) power += double{sample} * double{sample};
  return 10 * std::log10(power / static_cast<double>(samples.size()) + 1e-12);
}

/// A listener, who decodes what comes with libopus.
class Listener {
 public:
  Listener() : decoder_(opus_decoder_create(kSampleRate, kChannels, nullptr), opus_decoder_destroy) {}

  std::vector<float> hear(ByteView packet) {
    std::vector<float> samples(kValues);
    EXPECT_EQ(opus_decode_float(decoder_.get(), packet.data(), static_cast<opus_int32>(packet.size()),
                                samples.data(), kSamplesPerFrame, 0),
              static_cast<int>(kSamplesPerFrame));
    return samples;
  }
  Listener& hears_silence(int packets) {
    for (int i = 0; i < packets; ++i) static_cast<void>(hear(kOpusSilence));
    return *this;
  }
  /// As a play begins.
  Listener& is_led_in() {
    hears_silence(9);
    EXPECT_LT(level(hear(kOpusReset)), -90);
    return *this;
  }
  std::vector<float> hear_all(std::span<const OpusFrame> frames) {
    std::vector<float> all;
    for (const OpusFrame& frame : frames) {
      const std::vector<float> samples = hear(frame.view());
      all.insert(all.end(), samples.begin(), samples.end());
    }
    return all;
  }

 private:
  std::unique_ptr<::OpusDecoder, decltype(&opus_decoder_destroy)> decoder_;
};

/// Each of the first packets' levels, `sound` being late by the encoder's delay, as far as it says.
void expect_same_start(const std::vector<float>& sound, const std::vector<float>& source) {
  for (std::size_t packet = 0; packet < 6; ++packet) {
    const double heard = level(std::span(sound).subspan(packet * kValues + kOpusDelay * kChannels, kValues));
    EXPECT_NEAR(heard, level(std::span(source).subspan(packet * kValues, kValues)), kNear)
        << "packet " << packet;
  }
}

TEST(Attack, OfEncodedSoundIsWholeWhateverTheListenerHeardBefore) {
  const std::string noise = make_file("noise.wav", kNoise);
  const std::vector<float> source = ffmpeg_decode(noise);
  const Playback playback = play(noise);
  expect_same_start(Listener().hear_all(playback.frames), source);
  expect_same_start(Listener().hears_silence(10).hear_all(playback.frames), source);
  expect_same_start(Listener().is_led_in().hear_all(playback.frames), source);
}

TEST(Attack, OfPacketsThatPassIsWholeBehindTheLeadIn) {
  const std::string opus = make_file("noise.opus", kNoise, "-c:a libopus -b:a 96k");
  const Playback playback = play(opus);
  ASSERT_EQ(playback.results.at(0).reencoded, "");
  expect_same_start(Listener().is_led_in().hear_all(playback.frames), opus_decode(opus, false));
}

TEST(Attack, OfATrackThatPassesIsWholeBehindTheSilenceOfTheOneBefore) {
  const std::string opus = make_file("pause.opus", kNoiseAndAPause, "-c:a libopus -b:a 96k");
  const std::string silence = make_file("silence.wav", "-f lavfi -i anullsrc=r=48000:d=0.5");
  for (const std::string& before : {opus, silence}) {
    const Playback playback = play({file(before), file(opus)});
    ASSERT_EQ(playback.results.at(1).reencoded, "");
    const auto first = std::find_if(playback.frames.begin(), playback.frames.end(),
                                    [](const OpusFrame& frame) { return frame.track == 1; });
    const auto reset = first - 1;
    EXPECT_THAT(reset->view(), ::testing::ElementsAreArray(kOpusReset)) << "hidden by the border's silence";
    Listener listener;
    static_cast<void>(listener.is_led_in().hear_all({playback.frames.begin(), first}));
    expect_same_start(listener.hear_all({first, playback.frames.end()}), opus_decode(opus, false));
  }
}

/// In the midst of noise `told` tells an encoder that nobody knows what came before. The next packet must
/// then sound alike to every listener.
void expect_independence(const std::function<void(media::OpusEncoder&)>& told) {
  const std::vector<float> source = ffmpeg_decode(make_file("noise.wav", kNoise));
  media::OpusEncoder encoder(96'000);
  Listener knows_all;
  OpusFrame frame;
  const auto encode = [&](std::size_t n) {
    frame.size = encoder.encode(std::span(source).subspan(n * kValues, kValues), frame.bytes);
    return frame.view();
  };
  for (std::size_t n = 0; n < 20; ++n) static_cast<void>(knows_all.hear(encode(n)));
  told(encoder);
  const ByteView packet = encode(20);
  constexpr std::size_t kOverlap = 240 * kChannels;  // with the packet before
  const auto loudness = [&](Listener& listener) {
    const std::vector<float> heard = listener.hear(packet);
    return level(std::span(heard).subspan(kOverlap));
  };
  const double right = loudness(knows_all);
  EXPECT_NEAR(right, level(std::span(source).subspan(20 * kValues, kValues)), kNear);
  EXPECT_NEAR(loudness(Listener().hears_silence(5)), right, 0.5);
  EXPECT_NEAR(loudness(Listener().is_led_in()), right, 0.5);
}

TEST(Attack, OfAPacketBehindAnUnderrunIsWhole) {
  expect_independence([](media::OpusEncoder& encoder) { encoder.follow_silence(); });
}

TEST(Attack, OfAPacketBehindAnotherEncodersIsWhole) {
  expect_independence([](media::OpusEncoder& encoder) { encoder.follow_other(true); });
  expect_independence([](media::OpusEncoder& encoder) { encoder.follow_other(false); });
}

TEST(Attack, ThePipelineKnowsOfAnUnderrun) {
  const std::vector<float> source = ffmpeg_decode(make_file("noise.wav", kNoise));
  ReadLog queue(4);
  Witness witness;
  media::Pipeline pipeline({file(make_file("noise.wav", kNoise))}, {128'000, 1.0, {}}, queue, witness);
  pipeline.start();
  std::vector<OpusFrame> frames;
  const auto full_or_finished = [&] { return queue.size() == queue.capacity() || queue.finished(); };
  while (!queue.drained()) {
    ASSERT_TRUE(eventually("the queue is full or finished", full_or_finished));
    if (frames.size() == 20) queue.note_underrun();
    frames.push_back(*queue.front());
    queue.pop();
  }
  ASSERT_TRUE(witness.wait_for_end());
  const std::size_t first = 20 + queue.capacity();  // that was made when it was known
  const std::span<const OpusFrame> all(frames);
  Listener listener;
  static_cast<void>(listener.hear_all(all.first(first)));
  const std::vector<float> heard = listener.hears_silence(5).hear_all(all.subspan(first, 1));
  EXPECT_NEAR(level(std::span(heard).subspan(kOpusDelay * kChannels)),
              level(std::span(source).subspan(first * kValues, kValues)), kNear);
}

}  // namespace
}  // namespace vcplay::testing
