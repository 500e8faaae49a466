// Opus that goes out as it came, from its first packet to its last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Wrapping {
  const char* file;
  const char* arguments;
};
void PrintTo(const Wrapping& wrapping, std::ostream* out) { *out << wrapping.file; }

class EveryOpusContainer : public ::testing::TestWithParam<Wrapping> {};

TEST_P(EveryOpusContainer, LetsItsPacketsOutAsTheyAre) {
  const LogBook log;
  const std::string song = make_file(GetParam().file, music(230'000), GetParam().arguments);
  const std::vector<std::string> stored = packets_in(song);
  const Playback playback = play(song);
  ASSERT_EQ(playback.tracks.size(), 1U);
  EXPECT_EQ(playback.tracks[0].reencoded, "");
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.results[0].reencoded, "");
  ASSERT_EQ(playback.frames.size(), stored.size());
  EXPECT_EQ(playback.results[0].frames, stored.size());
  // The last one may have an end that is cut, and one of SILK before it says where it goes on.
  const std::size_t most = std::string(GetParam().arguments).find("voip") == std::string::npos ? 1 : 2;
  EXPECT_GE(playback.results[0].passed + most, stored.size());
  const std::vector<std::string> sent = hashes_of(playback.frames);
  for (std::size_t i = 0; i + most < stored.size(); ++i) ASSERT_EQ(sent[i], stored[i]) << "packet " << i;
  EXPECT_EQ(playback.frames[7].track_frame, 7U);
  EXPECT_THAT(log.lines(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Media, EveryOpusContainer,
    ::testing::Values(Wrapping{"p.opus", "-c:a libopus -b:a 96k"},
                      Wrapping{"p.webm", "-c:a libopus -b:a 96k"}, Wrapping{"p.mkv", "-c:a libopus -b:a 96k"},
                      Wrapping{"p.mp4", "-c:a libopus -b:a 96k"}, Wrapping{"p.caf", "-c:a libopus -b:a 96k"},
                      Wrapping{"mono.opus", "-ac 1 -c:a libopus -b:a 48k"},
                      Wrapping{"voip.opus", "-ac 1 -c:a libopus -b:a 16k -application voip"}),
    [](const ::testing::TestParamInfo<Wrapping>& wrapping) {
      std::string name = wrapping.param.file;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

// ── the end ──

std::string with_an_end(const std::string& name, std::size_t samples) {
  static_cast<void>(make_file("end-reference.opus", music(samples), "-c:a libopus -b:a 96k"));
  std::string song = make_file(name, music(samples), "-c:a libopus -b:a 96k");
  if (name == "end.caf") {  // ffmpeg writes no priming and no remainder: say what is true
    const std::size_t table = contents_of(song).find("pakt") + 12 + 8;
    patch(song, table, std::string("\0\0\0\0\0\x01\x87\x1B\0\0\x01\x38\0\0\x01\xED", 16));
  }
  return song;
}

class EveryOpusEnd : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryOpusEnd, IsCutToTheSampleWithoutAClick) {
  constexpr std::size_t kSamples = 100'123;
  const std::string song = with_an_end(GetParam(), kSamples);
  const Playback playback = play(song);
  const std::size_t packets = (kSamples + kOpusDelay + kSamplesPerFrame - 1) / kSamplesPerFrame;
  const std::vector<std::string> stored = packets_in(song);
  ASSERT_EQ(stored.size(), packets);
  // The encoder needs one packet more where its delay reaches beyond the last one.
  ASSERT_GE(playback.frames.size(), packets);
  ASSERT_LE(playback.frames.size(), packets + 1);
  EXPECT_EQ(playback.results.at(0).passed, packets - 1);

  const std::vector<float> heard = without_delay(decoded(playback.frames));
  std::vector<float> expected = opus_decode(scratch() + "end-reference.opus");
  ASSERT_EQ(expected.size(), kSamples * kChannels);
  expected.resize(heard.size(), 0.0F);
  EXPECT_LT(residual(heard, expected, 0, kSamples - 2 * kSamplesPerFrame), -120);
  EXPECT_LT(residual(heard, expected, kSamples - 600, 590), -33);
  EXPECT_LT(residual(heard, expected, kSamples + 150, heard.size() / kChannels - kSamples - 150), -45);
}

TEST_P(EveryOpusEnd, IsCutToTheSampleWhereAllIsEncodedAnew) {
  constexpr std::size_t kSamples = 100'123;
  const std::string song = with_an_end(GetParam(), kSamples);
  media::PipelineOptions options{128'000, 1.0, {}};
  options.encoder.passthrough = media::EncoderOptions::Passthrough::off;
  const Playback playback = play({file(song)}, options);
  EXPECT_EQ(playback.frames.size(), (kSamples + kOpusDelay + kSamplesPerFrame - 1) / kSamplesPerFrame);
  std::vector<float> expected = opus_decode(scratch() + "end-reference.opus");
  ASSERT_EQ(expected.size(), kSamples * kChannels);
  const std::vector<float> heard = playback.heard();
  expected.resize(heard.size(), 0.0F);
  EXPECT_LT(residual(heard, expected, 0, heard.size() / kChannels), -33);
}

INSTANTIATE_TEST_SUITE_P(Media, EveryOpusEnd, ::testing::Values("end.opus", "end.webm", "end.mp4", "end.caf"),
                         [](const ::testing::TestParamInfo<const char*>& name) {
                           return std::string(name.param).substr(4);
                         });

TEST(Passthrough, OfATrackOfOnePacketIsNone) {
  const std::string blip = make_file("blip.opus", music(500), "-c:a libopus");
  const Playback playback = play(blip);
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.results[0].passed, 0U);
  EXPECT_EQ(playback.frames.size(), 1U);  // 500 samples and the delay
}

// ── packets of other lengths ──

class EveryPacketLength : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryPacketLength, BecomesTwentyMillisecondsWithoutLoss) {
  const std::string song = make_file(std::string("length") + GetParam() + ".opus", music(96'000),
                                     std::string("-c:a libopus -b:a 96k -frame_duration ") + GetParam());
  const Playback playback = play(song);
  EXPECT_EQ(playback.tracks.at(0).reencoded, "");
  EXPECT_EQ(playback.results.at(0).reencoded, "");
  EXPECT_GE(playback.results[0].passed, 96U);  // of 101, the last of which may come from a packet of 120 ms
  // ffmpeg takes the encoder's delay from libopus, which has less of it for packets under 10 ms.
  const std::size_t delay = std::stod(GetParam()) < 10 ? 120 : kOpusDelay;
  const std::vector<float> heard = without_delay(decoded(playback.frames), delay);
  EXPECT_LT(residual(heard, opus_decode(song), 0, 90'000), -120);
}

INSTANTIATE_TEST_SUITE_P(Media, EveryPacketLength, ::testing::Values("2.5", "5", "10", "40", "60", "120"),
                         [](const ::testing::TestParamInfo<const char*>& length) {
                           return length.param == std::string("2.5") ? std::string("2_5") : length.param;
                         });

TEST(Passthrough, DoesNotForgetTheLastFewMilliseconds) {
  const std::string song =
      make_file("odd.opus", music(51 * 480 - kOpusDelay), "-c:a libopus -vbr off -frame_duration 10");
  const Playback playback = play(song);
  EXPECT_EQ(playback.results.at(0).passed, 25U);
  EXPECT_EQ(playback.results[0].reencoded, "");
  ASSERT_EQ(playback.frames.size(), 26U);
  EXPECT_LT(residual(without_delay(decoded(playback.frames)), opus_decode(song), 0, 51 * 480 - kOpusDelay),
            -40);
}

TEST(Passthrough, OfAChainOfFilesIsHeardWhole) {
  // As radio stations send them: each has a head, a pre-skip and an end of its own.
  const std::string first = contents_of(make_file("chain-a.opus", music(100'123), "-c:a libopus"));
  const std::string second = contents_of(make_file("chain-b.opus", music(100'000), "-c:a libopus"));
  const Playback playback = play(write_file("chain.opus", first + second));
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.results[0].passed,
            104U);  // up to the end of the first, which is as loud as what follows
  EXPECT_THAT(playback.results[0].reencoded,
              HasSubstr("it goes on where the track before it ended (from 2.1"));
  const std::vector<float> source = ffmpeg_decode(scratch() + "chain.opus");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), static_cast<double>(source.size()) / 1920, 2);
  EXPECT_LT(residual(playback.heard(), source, 0, 200'000), -25);
}

/// A song that begins and ends in silence, as songs do.
std::string whole_song(const std::string& name, const std::string& title) {
  return make_file(
      name, music(100'123),
      "-af \"afade=t=in:d=0.1,afade=t=out:st=1.5:d=0.5,adelay=50:all=1\" -metadata artist=Somebody "
      "-metadata title=\"" +
          title + "\" -c:a libopus");
}

TEST(Passthrough, BeginsAnewWithEachSongOfAChain) {
  const std::string first = whole_song("song-a.opus", "First");
  const std::string second = whole_song("song-b.opus", "Second");
  const std::string third = whole_song("song-c.opus", "Third");
  const std::string radio =
      write_file("radio.opus", contents_of(first) + contents_of(second) + contents_of(third));
  ReadLog queue(1'024);
  Witness witness;
  media::PipelineOptions options;
  options.live.which = media::LiveOptions::Which::none;
  media::Pipeline pipeline({file(piped(radio))}, options, queue, witness);
  pipeline.start();
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_EQ(witness.results.at(0).error, "");
  EXPECT_EQ(witness.results[0].reencoded, "") << "nothing but the ends, which are cut";
  EXPECT_EQ(witness.tracks.at(0).title, "First");
  EXPECT_THAT(witness.titles, ElementsAre("0 Somebody - Second", "0 Somebody - Third"));

  std::vector<OpusFrame> frames;
  for (; queue.front() != nullptr; queue.pop()) frames.push_back(*queue.front());
  const std::vector<std::string> sent = hashes_of(frames);
  for (const std::string& song : {first, second, third}) {
    const std::vector<std::string> stored = packets_in(song);
    const auto at = std::search(sent.begin(), sent.end(), stored.begin() + 1, stored.end() - 1);
    EXPECT_NE(at, sent.end()) << song;
  }
}

TEST(Passthrough, OfAChainEndsWhereALinkHasAGain) {
  const std::string first = whole_song("plain.opus", "Plain");
  const std::string second = make_file("gain.opus", "-i \"" + whole_song("no-gain.opus", "Loud") + '"',
                                       "-c copy -bsf:a opus_metadata=gain=-1536");
  const Playback playback = play(write_file("gains.opus", contents_of(first) + contents_of(second)));
  EXPECT_EQ(playback.tracks.at(0).reencoded, "");
  EXPECT_THAT(playback.results.at(0).reencoded, HasSubstr("its header asks for -6.0 dB (from 2.1"));
  const std::vector<float> heard = playback.heard();
  std::vector<float> expected = opus_decode(scratch() + "no-gain.opus");
  for (float& sample : expected) sample *= std::pow(10.0F, -6.0F / 20);
  const std::vector<float> from_there(heard.begin() + static_cast<std::ptrdiff_t>(opus_decode(first).size()),
                                      heard.end());
  EXPECT_LT(residual(from_there, expected, 5'000, 80'000), -35);
}

TEST(Passthrough, IsMissedAloudOncePerFileInHoweverManyRounds) {
  const LogBook log(log::Level::info);
  const std::string speech = make_audio("silk60-again.opus", Content::speech,
                                        "-ac 1 -c:a libopus -b:a 9k -application voip -frame_duration 60");
  EXPECT_EQ(play({file(speech), file(speech), file(speech)}).tracks.size(), 3U);
  EXPECT_THAT(log.lines(), Contains(HasSubstr("is re-encoded: ")).Times(1));
}

TEST(Passthrough, IsNoneWherePacketsCannotBeSplit) {
  const std::string speech = make_audio("silk60.opus", Content::speech,
                                        "-ac 1 -c:a libopus -b:a 9k -application voip -frame_duration 60");
  const Playback playback = play(speech);
  EXPECT_EQ(playback.tracks.at(0).reencoded, "its frames of 60 ms cannot be split");
  EXPECT_EQ(playback.results.at(0).passed, 0U);
  EXPECT_GE(correlation(playback.heard(), ffmpeg_decode(speech), 0), 0.98);
}

TEST(Passthrough, EndsWhereTheLengthOfPacketsChangesWithinTwentyMilliseconds) {
  // 5 packets of 10 ms, then some of 20 ms.
  const std::string first =
      make_file("tens.opus", music(5 * 480 - kOpusDelay), "-c:a libopus -frame_duration 10");
  const std::string song = joined_files("uneven.mkv", first, whole_packets("twenties.opus", 50, 5 * 480));
  const Playback playback = play(song);
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.tracks.at(0).reencoded, "its coding changes within 20 ms");
  EXPECT_EQ(playback.frames.size(), 53U);
}

}  // namespace
}  // namespace vcplay::testing
