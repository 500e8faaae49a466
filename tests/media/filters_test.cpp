// --af: FFmpeg's filters, and no way past the fence with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include "base/error.hpp"
#include "media/filter_graph.hpp"
#include "media/filter_names.hpp"
#include "words/audio_files.hpp"
#include "words/encoder_tap.hpp"
#include "words/playback.hpp"

namespace vcplay::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

media::Media file(const std::string& location) { return {location, {}, 0, 0}; }

media::PipelineOptions filtered(const std::string& graph) {
  media::PipelineOptions options{128'000, 1.0, {}};
  options.sound.filters = graph;
  return options;
}

std::vector<float> encoded(const std::string& location, const std::string& graph) {
  EncoderTap encoder;
  static_cast<void>(play({file(location)}, filtered(graph)));
  return encoder.take();
}

/// What is wrong with `graph`, as the command line would say it.
std::string complaint(const std::string& graph) {
  try {
    media::check_filters(graph);
  } catch (const Error& error) {
    EXPECT_EQ(error.cause(), Cause::usage);
    return error.what();
  }
  return {};
}

std::string song() { return make_audio("filtered.flac", Content::sweep, "-t 3"); }

/// The greatest difference between what we encode and what ffmpeg's own command line makes of it.
double difference(const std::string& location, const std::string& graph) {
  const std::vector<float> ours = encoded(location, graph);
  const std::string theirs_file =
      make_file("theirs.wav", "-i \"" + location + '"', "-af \"" + graph + "\" -c:a pcm_f32le");
  const std::vector<float> theirs = ffmpeg_decode(theirs_file);
  EXPECT_GE(ours.size(), theirs.size());
  EXPECT_LT(ours.size(), theirs.size() + 3 * 1920);
  double worst = 0;
  for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
    worst = std::max(worst, std::fabs(double{ours[i]} - double{theirs[i]}));
  }
  return worst;
}

TEST(Filters, AreWhatFfmpegMakesOfThem) {
  const std::string location = song();
  EXPECT_LT(difference(location, "highpass=f=400,volume=0.5"), 1e-3);
  EXPECT_LT(difference(location, "atempo=1.25"), 1e-3);
  EXPECT_LT(difference(location, "asplit[a][b];[a]lowpass=f=300[c];[b][c]amix=inputs=2"), 1e-3);
  EXPECT_LT(difference(location, "[in]volume=0.25[out]"), 1e-3);
}

TEST(Filters, KeepWhatTheyHoldForTheEnd) {
  const std::size_t plain = play(song()).frames.size();
  EXPECT_EQ(play({file(song())}, filtered("adelay=500|500")).frames.size(), plain + 25);
  EXPECT_EQ(play({file(song())}, filtered("atrim=end=1")).frames.size(), 51U);
}

// FFmpeg before 7 reads past the end of a track that is shorter than dynaudnorm's frame.
TEST(Filters, TakeAClipThatIsShorterThanTheirFrame) {
  for (const char* const length : {"0.01", "0.3", "2"}) {
    const std::string clip = make_audio("clip.wav", Content::sweep, std::string("-t ") + length);
    const std::size_t plain = play(clip).frames.size();
    for (const char* const graph : {"dynaudnorm", "dynaudnorm=f=3000:g=31", "dynaudnorm=f=8000:g=301:o=0",
                                    "loudnorm", "afftdn", "superequalizer", "speechnorm", "adeclick"}) {
      const Playback playback = play({file(clip)}, filtered(graph));
      EXPECT_EQ(playback.results.at(0).error, "") << graph << ' ' << length;
      EXPECT_NEAR(static_cast<double>(playback.frames.size()), static_cast<double>(plain), 1.0) << graph;
    }
  }
}

/// A second of a tone, `wild` in its midst, and two seconds more of the tone, as floating-point samples.
std::string tone_with(float wild) {
  std::vector<float> samples(std::size_t{3} * 48'000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = 0.3F * static_cast<float>(std::sin(static_cast<double>(i) * 0.0576));
  }
  samples[48'000] = wild;
  return write_file(
      "wild.pcm", std::string(reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(float)));
}

TEST(Filters, ForgetSamplesThatAreNoNumbers) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float wild : {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity, 3e38F}) {
    EncoderTap encoder;
    const media::Media pcm{tone_with(wild), "f32le", 48'000, 1};
    EXPECT_EQ(play({pcm}, filtered("highpass=f=120,acompressor")).results.at(0).error, "");
    const std::vector<float> heard = encoder.take();
    const auto loudest = [&](std::size_t from, std::size_t to) {
      float peak = 0;
      for (std::size_t i = from * kChannels; i < to * kChannels; ++i)
        peak = std::max(peak, std::fabs(heard[i]));
      return peak;
    };
    ASSERT_GT(heard.size(), 140'000U * kChannels);
    EXPECT_GT(loudest(120'000, 140'000), 0.02F) << "behind " << wild;
    EXPECT_LT(loudest(120'000, 140'000), 1.0F) << "behind " << wild;
  }
}

TEST(Filters, AreAnewInEveryTrack) {
  const std::string location = song();
  const Playback both = play({file(location), file(location)}, filtered("atrim=end=1"));
  EXPECT_EQ(both.frames.size(), 101U);
  EXPECT_EQ(both.results.at(1).error, "");
}

TEST(Filters, TakeEveryForm) {
  for (const char* arguments : {"-ac 1 -ar 8000", "-ac 6 -ar 96000", "-ac 8 -c:a pcm_f64le"}) {
    const std::string location = make_audio("form.wav", Content::sweep, arguments);
    const Playback playback = play({file(location)}, filtered("acompressor"));
    EXPECT_EQ(playback.frames.size(), 251U) << arguments << playback.results.at(0).error;
  }
  // Four channels that nobody gave a place.
  const Playback raw =
      play({{write_file("four.raw", std::string(4 * 2 * 48'000, '\x11')), "s16le", 48'000, 4}},
           filtered("volume=0.5"));
  EXPECT_EQ(raw.frames.size(), 51U) << raw.results.at(0).error;
}

media::FramePtr frame_of(int rate, int channels, int samples) {
  media::FramePtr frame(av_frame_alloc());
  frame->format = AV_SAMPLE_FMT_FLT;
  frame->sample_rate = rate;
  frame->nb_samples = samples;
  av_channel_layout_default(&frame->ch_layout, channels);
  EXPECT_EQ(av_frame_get_buffer(frame.get(), 0), 0);
  std::fill_n(reinterpret_cast<float*>(frame->data[0]), samples * channels, 0.25F);
  return frame;
}

TEST(Filters, NeverSeeAnAbsurdForm) {
  const std::string pcm = write_file("absurd.pcm", std::string(40'000, '\1'));
  const std::string sentence =
      play({{pcm, "s16le", 1'000'000'000, 1}}, filtered("atempo=1.25")).results.at(0).error;
  EXPECT_THAT(sentence,
              HasSubstr("absurd.pcm\" cannot be played: audio of an impossible form: 1000000000 Hz"));
}

TEST(Filters, FollowAFormThatChangesInMidStream) {
  media::FilterGraph graph("adelay=delays=100S:all=1", "test");
  std::vector<std::pair<int, int>> came;  // rate, samples
  const auto take_all = [&] {
    while (const AVFrame* frame = graph.take()) {
      if (came.empty() || came.back().first != frame->sample_rate) came.emplace_back(frame->sample_rate, 0);
      came.back().second += frame->nb_samples;
    }
  };
  for (const auto& [rate, channels] : {std::pair{44'100, 2}, {48'000, 1}, {22'050, 6}}) {
    for (int i = 0; i < 3; ++i) {
      const media::FramePtr frame = frame_of(rate, channels, 1000);
      graph.give(*frame);
      take_all();
    }
  }
  graph.give_end();
  take_all();
  EXPECT_THAT(came, ElementsAre(std::pair(44'100, 3100), std::pair(48'000, 3100), std::pair(22'050, 3100)));
}

TEST(Filters, ThatLetNothingThroughAreSaidSo) {
  EXPECT_THAT(refusal(file(song()), filtered("atrim=start=100")), HasSubstr("--af lets nothing through"));
  EXPECT_THAT(refusal(file(song()), filtered("atrim=end_sample=0")), HasSubstr("--af lets nothing through"))
      << "the filters are done before the track is";
}

TEST(Filters, ThatOnlyTakeAreCutOff) {
  const std::string hours = make_file("hours.wav", "-f lavfi -i \"anullsrc=r=8000:cl=mono:d=1200\"");
  const std::string hoarder = "[in]asplit[a][b];[b]atrim=start=99999[c];[a][c]amerge[out]";
  EXPECT_THAT(refusal(file(hours), filtered(hoarder)), HasSubstr("nothing through for ten minutes"));
}

TEST(Filters, ThatNeverEndAreCutOff) {
  const LogBook log;
  EXPECT_NEAR(static_cast<double>(play({file(song())}, filtered("apad")).frames.size()), 150 + 60 * 50, 10);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("cut off")));
}

TEST(Filters, ThatPlayByThemselvesAreAnError) {
  const Playback playback = play({file(song())}, filtered("[in]anullsink;sine=f=440[out]"));
  EXPECT_THAT(playback.results.at(0).error, HasSubstr("without end"));
}

TEST(Filters, ThatCannotTakeAFormNameTheFile) {
  const std::string mono = make_audio("one.wav", Content::sweep, "-ac 1");
  const std::string error = refusal(file(mono), filtered("pan=stereo|c0=FL|c1=FR,channelmap=map=5"));
  EXPECT_THAT(error, StartsWith('"' + mono + "\" cannot pass --af: "));
}

TEST(FilterGraph, IsRefusedWithFfmpegsReason) {
  EXPECT_EQ(complaint("atempo=1.25"), "");
  EXPECT_EQ(complaint(" highpass=f=120 , acompressor "), "");
  EXPECT_EQ(complaint("nonsense"), "--af: No such filter: 'nonsense'");
  EXPECT_EQ(complaint("nonsense=3"), "--af: No such filter: 'nonsense'");
  EXPECT_EQ(complaint("volume=2,nonsense@mine=x=3[a];[a]anull"), "--af: No such filter: 'nonsense'");
  EXPECT_THAT(complaint("atempo=1000"), HasSubstr("out of range"));
  EXPECT_THAT(complaint("volume=volume=bogus*"), StartsWith("--af: "));
  EXPECT_THAT(complaint("scale=2:2"), StartsWith("--af: "));
  EXPECT_THAT(complaint("showwaves"), StartsWith("--af: "));
  EXPECT_THAT(complaint("asplit"), StartsWith("--af: "));
  EXPECT_THAT(complaint("amix"), StartsWith("--af: "));
  EXPECT_THAT(complaint(","), StartsWith("--af: "));
  EXPECT_THAT(complaint("[in"), StartsWith("--af: "));
}

// However libavfilter can be made to read such a name.
TEST(FilterGraph, OpensNothing) {
  const std::string secret = write_file("secret.wav", "x");
  for (const std::string& graph : {"amovie=" + secret,
                                   "amovie@x=" + secret,
                                   "anullsink;amovie=" + secret,
                                   "anull,amovie=" + secret,
                                   "[in]anullsink;[x]amovie=" + secret + "[out]",
                                   "'amovie'=" + secret,
                                   "am\\ovie=" + secret,
                                   "  amovie =" + secret,
                                   "volume='1,anull';amovie=" + secret,
                                   "volume=1\\,anull;amovie=" + secret,
                                   "movie=" + secret,
                                   "ladspa=f=" + secret,
                                   "lv2=" + secret,
                                   "asendcmd=f=" + secret,
                                   "arnndn=m=" + secret,
                                   "sofalizer=" + secret,
                                   "ametadata=print:file=" + secret,
                                   std::string("azmq"),
                                   "flite=textfile=" + secret,
                                   "anull[a];[a]asendcmd=f=" + secret,
                                   std::string("asr"),
                                   "firequalizer=dumpfile=" + secret}) {
    EXPECT_THAT(media::reason_against_filters(graph), HasSubstr("is not allowed")) << graph;
  }
  EXPECT_NE(media::reason_against_filters("sws_flags=[;amovie=" + secret), "");
  for (const std::string options :
       {"/volume=", " /volume=", "1:/volume=", "1: /volume=", "eval=once:\t/volume="}) {
    EXPECT_NE(media::reason_against_filters("volume=" + options + secret), "") << options;
  }
  EXPECT_EQ(media::reason_against_filters("volume=1,aecho=0.8:0.9:1000:0.3"), "");
  std::ifstream unchanged(secret);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(unchanged), {}), "x");
}

TEST(FilterGraph, TakesOnlyWhatTurnsSoundIntoSound) {
  const std::string file = scratch() + "statistics.txt";
  for (const std::string& graph :
       {"psnr=stats_file=" + file, "[in]anullsink;color,split,ssim=stats_file=" + file,
        "[in]anullsink;color,signature=filename=" + file, std::string("showwaves"),
        std::string("afir@x,scale"), std::string("asetnsamples=n=100000000"), std::string("aphasemeter"),
        "blackdetect,vmafmotion=" + file}) {
    EXPECT_THAT(complaint(graph), HasSubstr("is not allowed")) << graph;
  }
  std::ifstream written(file);
  EXPECT_FALSE(written.is_open());
}

TEST(FilterGraph, OverrunsNothing) {
  for (const char* graph : {"anlmdn", "apsyclip", "dialoguenhance", "asplit[a][b];[a][b]axcorrelate"}) {
    EXPECT_THAT(complaint(graph), HasSubstr("past the end of a short track")) << graph;
  }
}

TEST(FilterGraph, NeitherWaitsNorHoards) {
  for (const char* graph :
       {"arealtime", "acue=cue=9999999999999999", "areverse", "aloop=-1:size=2147483647"}) {
    EXPECT_THAT(complaint(graph), HasSubstr("is not allowed")) << graph;
  }
}

}  // namespace
}  // namespace vcplay::testing
