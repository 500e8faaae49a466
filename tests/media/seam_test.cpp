// Where Opus that went out as it came goes on encoded anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <ostream>
#include <span>

#include "media/opus_bridge.hpp"
#include "media/opus_encoder.hpp"
#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"

namespace vcplay::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

struct Coding {
  const char* name;
  const char* arguments;
};
void PrintTo(const Coding& coding, std::ostream* out) { *out << coding.name; }

/// A file whose packets pass for about a second. Then a limit is noticed, and the rest is encoded anew.
struct Seam {
  std::vector<float> heard;
  std::vector<float> seamless;  // its source, encoded from the beginning on
  std::vector<float> source;
  std::size_t passed = 0;  // packets
  std::size_t at = 0;      // of the seam, in samples of all of them
  std::string reason;

  Seam(const std::string& song, const std::string& arguments) {
    media::PipelineOptions options{96'000, 1.0, {}};
    options.encoder.limit = 6'000;
    options.live.which = media::LiveOptions::Which::none;  // however slow this machine is
    const Playback playback = play({file(piped(song))}, options);
    reason = playback.results.at(0).reencoded;
    const std::size_t delay = arguments.find("duration 5") != std::string::npos ? 120 : kOpusDelay;
    heard = without_delay(decoded(playback.frames), delay);
    source = opus_decode(song, arguments.find("-ac 1") != std::string::npos);
    passed = playback.results[0].passed;
    at = passed * kSamplesPerFrame - delay;
    const auto* const bytes = reinterpret_cast<const char*>(source.data());
    const std::string samples = write_file("seamless.raw", {bytes, source.size() * sizeof(float)});
    seamless = play({{samples, "f32le", kSampleRate, kChannels}}, options).heard();
  }
  [[nodiscard]] double lost(std::ptrdiff_t from, std::size_t samples) const {
    return residual(heard, source, at + static_cast<std::size_t>(from), samples);
  }
  [[nodiscard]] double neighbours() const { return lost(kSamplesPerFrame, 10 * kSamplesPerFrame); }
  /// The most that is lost within any `samples` of the 200 ms behind it.
  [[nodiscard]] double worst_neighbour(std::size_t samples) const {
    double worst = -200;
    for (std::size_t from = kSamplesPerFrame; from + samples <= 11 * kSamplesPerFrame; from += samples) {
      worst = std::max(worst, lost(static_cast<std::ptrdiff_t>(from), samples));
    }
    return worst;
  }
  /// The most that is lost within 20 ms before or behind it.
  [[nodiscard]] double around() const { return std::max(lost(-960, 960), lost(0, 960)); }
  /// The same without it: in speech a packet and its neighbours are seldom alike.
  [[nodiscard]] double without_it() const {
    return std::max(residual(seamless, source, at - 960, 960), residual(seamless, source, at, 960));
  }
};

class EverySeam : public ::testing::TestWithParam<Coding> {};

TEST_P(EverySeam, IsFreeOfClicks) {
  const LogBook log(log::Level::info);
  const std::string song =
      make_file(std::string("seam-") + GetParam().name + ".opus", music(200'000), GetParam().arguments);
  const Seam seam(song, GetParam().arguments);
  EXPECT_THAT(seam.reason, HasSubstr("more than the 6 that may be sent (from 0.9"));
  EXPECT_THAT(log.lines(), Contains(HasSubstr("is re-encoded: ")).Times(1));

  // Within 20 ms of the seam no more is lost than elsewhere.
  EXPECT_LT(seam.lost(-960, kSamplesPerFrame), -120) << "untouched until then";
  EXPECT_LT(seam.neighbours(), -35);
  EXPECT_LT(seam.lost(0, kSamplesPerFrame), seam.neighbours() + 3);
  // A click is 5 ms that stick out. What CELT loses differs by several dB from one 5 ms to the next, and by
  // some tenths from one processor to another (libopus estimates square roots with instructions that each
  // maker rounds in his own way): the measure is the worst 5 ms that are heard next to the seam anyway, and 1
  // dB, a step in level that nobody hears.
  for (std::ptrdiff_t part = 0; part < 4; ++part) {
    EXPECT_LT(seam.lost(part * 240, 240), seam.worst_neighbour(240) + 1) << "quarter " << part;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Media, EverySeam,
    ::testing::Values(Coding{"celt", "-c:a libopus -b:a 96k"}, Coding{"celt_fine", "-c:a libopus -b:a 256k"},
                      Coding{"celt_mono", "-ac 1 -c:a libopus -b:a 64k"},
                      Coding{"celt_of_2_times_10_ms", "-c:a libopus -b:a 96k -frame_duration 10"},
                      Coding{"celt_of_4_times_5_ms", "-c:a libopus -b:a 96k -frame_duration 5"}),
    [](const ::testing::TestParamInfo<Coding>& coding) { return coding.param.name; });

constexpr double kInaudible = -65;  // dB of full scale

class EverySeamInSpeech : public ::testing::TestWithParam<Coding> {};

// The last packet of SILK is made to end in CELT; one with CELT above SILK loses that.
TEST_P(EverySeamInSpeech, IsFreeOfClicks) {
  const std::string coding = GetParam().arguments;
  std::vector<double> more;  // is lost than elsewhere
  for (int start = 0; start < 16; ++start) {
    const std::string name = std::string("seam-") + GetParam().name + std::to_string(start) + ".opus";
    // The encoder removes what is below 3 Hz, of which this voice has much, wherever it begins.
    const std::string place = "-ss " + std::to_string(start * 0.2) + " -t 1.9 -af highpass=f=40 ";
    const Seam seam(make_audio(name, Content::speech, place + coding), coding);
    EXPECT_LT(seam.lost(-2 * 960, kSamplesPerFrame), -120) << "untouched until then";
    if (GetParam().name == std::string("silk")) {
      EXPECT_LT(seam.lost(-960, 960 - 120), -120) << "but for its last 2.5 ms";
    }
    more.push_back(seam.around() - std::max(seam.neighbours(), seam.without_it()));
    EXPECT_LT(seam.around(), std::max({seam.neighbours() + 3, seam.without_it() + 3, kInaudible}))
        << "from " << start * 0.2 << " s on";
  }
  // A single seam may lose 3 dB more than its neighbours: a click is far more than that. Most of them lose
  // less than half the power (-3 dB) of what a cut would lose or speech loses anyway, or the bridge would be
  // of no use. The median of sixteen places does not move with the last bits of one of them.
  std::sort(more.begin(), more.end());
  EXPECT_LT(more[8], -3) << "the median";
}

INSTANTIATE_TEST_SUITE_P(Media, EverySeamInSpeech,
                         ::testing::Values(Coding{"hybrid", "-ac 1 -c:a libopus -b:a 24k -application voip"},
                                           Coding{"hybrid_stereo", "-c:a libopus -b:a 32k -application voip"},
                                           Coding{"silk", "-ac 1 -c:a libopus -b:a 12k -application voip"}),
                         [](const ::testing::TestParamInfo<Coding>& coding) { return coding.param.name; });

constexpr const char* kHybrid = "-ac 1 -c:a libopus -b:a 18k -application voip";

/// A hum that hisses up to `end`, in seconds: above 8 kHz, which SILK leaves to CELT, as loudly as below.
std::string hissing(const std::string& name, const std::string& end) {
  return make_file(name,
                   "-f lavfi -i \"aevalsrc=0.2*sin(2*PI*300*t)+(0.3*random(0)-0.15)*between(t\\,0.5\\," +
                       end + "):s=48000:d=2.5\"",
                   kHybrid);
}

TEST(Seam, WaitsUntilAHissIsOver) {
  const Seam seam(hissing("hiss.opus", "1.2"), kHybrid);
  EXPECT_GT(seam.passed, 59U);
  EXPECT_LT(seam.passed, 64U);
  EXPECT_LT(seam.around(), std::max(seam.neighbours(), seam.without_it()) + 3);
  EXPECT_THAT(seam.reason, HasSubstr("(from 1.2"));
}

TEST(Seam, WaitsForHalfASecondAtTheMost) {
  const Seam seam(hissing("hisses.opus", "9"), kHybrid);
  // Noise may have a quieter packet before the half second is over, on one processor and not on another; 80
  // ms sooner or later is not heard. Later than half a second it must not be.
  EXPECT_GE(seam.passed, 49U + 21U);
  EXPECT_LE(seam.passed, 49U + 25U);
  EXPECT_LT(seam.around(), -20) << "it loses what is above 8 kHz, for 20 ms";
}

// ── each packet's own bridge ──

using Packets = std::deque<std::vector<std::uint8_t>>;

/// Speech as an encoder for telephones sends it, one channel of it.
Packets spoken(int bitrate) {
  const std::vector<float> speech =
      ffmpeg_decode(make_audio("speech.wav", Content::speech, "-ac 1 -af highpass=f=40"));
  int result = 0;
  OpusEncoder* const encoder = opus_encoder_create(kSampleRate, kChannels, OPUS_APPLICATION_VOIP, &result);
  opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate));
  opus_encoder_ctl(encoder, OPUS_SET_FORCE_CHANNELS(1));
  Packets packets;
  for (std::size_t at = 0; at + 2 * kSamplesPerFrame <= speech.size(); at += 2 * kSamplesPerFrame) {
    std::vector<std::uint8_t>& packet = packets.emplace_back(kMaxOpusBytes);
    const int size = opus_encode_float(encoder, speech.data() + at, kSamplesPerFrame, packet.data(),
                                       static_cast<opus_int32>(packet.size()));
    packet.resize(static_cast<std::size_t>(std::max(size, 0)));
  }
  opus_encoder_destroy(encoder);
  return packets;
}

std::vector<float> sound_of(const Packets& packets) {
  std::vector<OpusFrame> frames(packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    std::copy(packets[i].begin(), packets[i].end(), frames[i].bytes.begin());
    frames[i].size = static_cast<std::uint16_t>(packets[i].size());
  }
  return decoded(frames);
}

/// The last 5 ms before `end`, of what a decoder gives, in CELT.
std::optional<media::CeltFrame> last_5_ms(const std::vector<float>& heard, std::size_t end,
                                          const media::BridgeForm& form) {
  media::OpusEncoder encoder(96'000, {});
  const std::span<const float> ahead = std::span(heard).subspan(encoder.lookahead() * kChannels);
  std::array<std::uint8_t, kMaxOpusBytes> ignored{};
  for (std::size_t at = end - 2 * kSamplesPerFrame; at < end - media::kBridgeSamples; at += 240) {
    if (at + 2 * 240 == end) encoder.predict(false);
    static_cast<void>(encoder.encode(ahead.subspan(at * kChannels, 240 * kChannels), ignored));
  }
  return encoder.encode_bridge(ahead.subspan((end - 240) * kChannels, 240 * kChannels), form);
}

class EveryBridge : public ::testing::TestWithParam<int> {};

TEST_P(EveryBridge, SoundsLikeTheEndOfItsPacket) {
  const Packets packets = spoken(GetParam());
  const std::vector<float> heard = sound_of(packets);
  int built = 0;
  for (std::size_t count = 10; count + 1 < packets.size(); ++count) {
    Packets until(packets.begin(), packets.begin() + static_cast<std::ptrdiff_t>(count));
    const media::BridgeForm form = media::bridge_form(until.back()[0]);
    if (!form.is_needed || !media::leads_on(until)) continue;
    const std::size_t end = count * kSamplesPerFrame;
    const auto celt = last_5_ms(heard, end, form);
    ASSERT_TRUE(celt) << "packet " << count;
    const auto bridge = media::with_bridge(until, *celt);
    ASSERT_TRUE(bridge) << "packet " << count;
    until.back() = *bridge;
    const std::vector<float> with_it = sound_of(until);
    const std::vector<float> silence(heard.size());
    const double loud = residual(heard, silence, end - kSamplesPerFrame, kSamplesPerFrame);
    EXPECT_LT(residual(with_it, heard, end - 120, 120), std::max(loud - 15, kInaudible))
        << "packet " << count;
    ++built;
  }
  EXPECT_GT(built, 150);
}

INSTANTIATE_TEST_SUITE_P(Of, EveryBridge, ::testing::Values(8'000, 12'000, 24'000),
                         [](const auto& bitrate) { return std::to_string(bitrate.param); });

}  // namespace
}  // namespace vcplay::testing
