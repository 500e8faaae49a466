// Places where Opus cannot go out as it came, and how the encoder takes over there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <cmath>

#include "base/bytes.hpp"
#include "media/opus_packets.hpp"
#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

// ── what asks for samples ──

TEST(Passthrough, IsNoneAtAnotherVolume) {
  const std::string song = whole_packets("volume.opus", 50, 0);
  const Playback playback = play({file(song)}, {128'000, 0.5, {}});
  EXPECT_EQ(playback.tracks.at(0).reencoded, "the volume is changed");
  EXPECT_EQ(playback.results.at(0).reencoded, "the volume is changed");
  EXPECT_EQ(playback.results[0].passed, 0U);
}

TEST(Passthrough, CanBeForbidden) {
  media::PipelineOptions options{128'000, 1.0, {}};
  options.encoder.passthrough = media::EncoderOptions::Passthrough::off;
  const std::string song = whole_packets("forbidden.opus", 50, 0);
  const Playback playback = play({file(song)}, options);
  EXPECT_EQ(playback.tracks.at(0).reencoded, "asked for");
  EXPECT_EQ(playback.results.at(0).passed, 0U);
}

TEST(Passthrough, IsNoneForWhatIsNotOpus) {
  EXPECT_EQ(play(make_audio("not.mp3", Content::sweep)).tracks.at(0).reencoded, "mp3 is not Opus");
}

TEST(Passthrough, GainOfTheHeaderIsApplied) {
  const std::string song = whole_packets("loud.opus", 100, 0);
  const std::string softer =
      make_file("softer.opus", "-i \"" + song + '"', "-c copy -bsf:a opus_metadata=gain=-1536");
  const Playback playback = play(softer);
  EXPECT_EQ(playback.tracks.at(0).reencoded, "its header asks for -6.0 dB");
  EXPECT_EQ(playback.results.at(0).passed, 0U);
  std::vector<float> expected = opus_decode(song);
  for (float& sample : expected) sample *= std::pow(10.0F, -6.0F / 20);
  EXPECT_LT(residual(playback.heard(), expected, 0, 90'000), -40);
}

TEST(Passthrough, MoreThanTwoChannelsAreMixed) {
  const std::string film =
      make_file("film.mkv", "-f lavfi -i \"sine=d=1,aformat=channel_layouts=5.1\"", "-c:a libopus");
  EXPECT_EQ(play(film).tracks.at(0).reencoded, "6 channels are mixed to two");
}

// ── the beginning ──

/// A WebM whose OpusHead says another pre-skip than its encoder.
std::string with_pre_skip(const std::string& name, const std::string& input, std::size_t samples) {
  std::string path = make_file(name, input, "-c:a libopus -b:a 96k -write_crc32 0");
  const std::string bytes = {static_cast<char>(samples & 0xFF), static_cast<char>(samples >> 8)};
  patch(path, contents_of(path).find("OpusHead") + 10, bytes);
  return path;
}

TEST(Passthrough, SoundInALongPreSkipIsNotHeard) {
  const std::string cut = with_pre_skip("cut.webm", music(48'000), 4'000);
  const Playback playback = play(cut);
  EXPECT_EQ(playback.tracks.at(0).reencoded, "its pre-skip holds sound that is not to be heard");
  const std::vector<float> expected =
      opus_decode(make_file("uncut.opus", music(48'000), "-c:a libopus -b:a 96k"));
  const std::vector<float> heard = playback.heard();
  const std::vector<float> from_there(expected.begin() + (4'000 - kOpusDelay) * kChannels, expected.end());
  EXPECT_LT(residual(heard, from_there, 0, 40'000), -40);
}

TEST(Passthrough, SoundInALongPreSkipIsNotHeardFromAPipeEither) {
  const std::string cut = with_pre_skip("cut-piped.webm", music(48'000), 4'000);
  EXPECT_EQ(play(piped(cut)).tracks.at(0).reencoded, "its pre-skip holds sound that is not to be heard");
}

TEST(Passthrough, OfASilentPreSkipTheLastEightyMillisecondsGoOut) {
  const std::string padded =
      with_pre_skip("padded.webm", "-f lavfi -i \"sine=d=2:r=48000,volume=0:enable='lt(t,0.2)'\"", 9'000);
  const Playback playback = play(padded);
  EXPECT_EQ(playback.tracks.at(0).reencoded, "");
  const std::vector<std::string> stored = packets_in(padded);
  const std::vector<std::string> sent = hashes_of(playback.frames);
  EXPECT_EQ(sent.front(), stored[5]);  // 5 × 960 + 3,840 ≤ 9,000
  EXPECT_EQ(sent[40], stored[45]);
}

// ── the limit ──

TEST(Passthrough, IsNoneAboveTheLimit) {
  media::PipelineOptions options{64'000, 1.0, {}};
  options.encoder.limit = 64'000;
  const Playback playback = play({file(whole_packets("heavy.opus", 150, 0, "160k"))}, options);
  EXPECT_THAT(playback.tracks.at(0).reencoded, HasSubstr("kbit/s are more than the 64 that may be sent"));
  EXPECT_EQ(playback.results.at(0).passed, 0U);
  std::size_t bytes = 0;
  for (const OpusFrame& frame : playback.frames) bytes += frame.size;
  EXPECT_LT(bytes * 8 / 3, 70'000U);
  options.encoder.limit = 192'000;
  EXPECT_EQ(play({file(scratch() + "heavy.opus")}, options).results.at(0).passed, 150U);
}

TEST(Passthrough, OfAPipeGoesOnPacketByPacket) {
  EXPECT_EQ(play(piped(whole_packets("piped.opus", 100, 0))).results.at(0).passed, 100U);
}

TEST(Passthrough, FollowsALimitThatComesDown) {
  const std::string song = whole_packets("long.opus", 400, 0);
  ReadLog queue(16);
  Witness witness;
  media::Pipeline pipeline({file(song)}, {64'000, 1.0, {}}, queue, witness);
  pipeline.start();
  std::size_t frames = 0;
  while (next_frame(queue) != nullptr) {
    queue.pop();
    if (++frames == 200) pipeline.set_bitrate(32'000);
  }
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_EQ(frames, 400U);
  EXPECT_GE(witness.results.at(0).passed, 200U);
  EXPECT_LE(witness.results[0].passed, 217U);
  EXPECT_THAT(witness.results[0].reencoded, HasSubstr("more than the 32 that may be sent"));
}

// ── damage ──

/// An MP4 one packet of which says that it holds no frame.
std::string damaged_at(const std::string& name, const std::string& whole, std::size_t packet) {
  std::string path = make_file(name, "-i \"" + whole + '"', "-c copy");
  patch(path, packet_positions(path).at(packet), std::string("\xFF\0", 2));
  return path;
}

TEST(Passthrough, GoesAroundADamagedPacket) {
  const LogBook log;
  const std::string song = damaged_at("damaged.mp4", whole_packets("undamaged.opus", 200, 0), 120);
  const Playback playback = play(song);
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.results[0].passed, 120U);
  EXPECT_EQ(playback.results[0].reencoded, "a packet of it is damaged (from 2.40 s on)");
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("is damaged at 0:02.4")));
  const std::vector<float> heard = without_delay(decoded(playback.frames));
  const std::vector<float> source = opus_decode(scratch() + "undamaged.opus");
  EXPECT_LT(residual(heard, source, 0, 119 * kSamplesPerFrame), -120);
  EXPECT_LT(residual(heard, source, 130 * kSamplesPerFrame, 60 * kSamplesPerFrame), -35) << "and in time";
}

TEST(Passthrough, ComesBackInSilence) {
  const LogBook log(log::Level::info);
  const std::string pause = make_file("pause.opus", "-f lavfi -i anullsrc=r=48000:d=0.5", "-c:a libopus");
  const std::string song = joined_files("two-verses.mkv", whole_packets("verse.opus", 100, 0), pause);
  const std::string both = joined_files("verses.mkv", song, whole_packets("verse2.opus", 100, 100'000));
  const Playback playback = play(damaged_at("verses.mp4", both, 50));
  EXPECT_EQ(playback.results.at(0).reencoded, "a packet of it is damaged (from 1.00 s on)");
  EXPECT_GE(playback.results[0].passed, 50U + 100U);
  const std::vector<std::string> stored = packets_in(both);
  const std::vector<std::string> sent = hashes_of(playback.frames);
  for (std::size_t back = 1; back < 100; ++back) {
    ASSERT_EQ(sent[sent.size() - back], stored[stored.size() - back]) << back << " from the end";
  }
  EXPECT_LE(sent.size(), stored.size() + 1);
  EXPECT_THAT(log.lines(), Contains(HasSubstr("passes through again")).Times(1));
}

// ── from track to track ──

TEST(Passthrough, AnAlbumOfOpusIsHeardAsOne) {
  const std::string first = make_file("side-a.opus", music(100'123), "-c:a libopus -b:a 96k");
  const std::string second = make_file("side-b.opus", music(100'000, 100'123), "-c:a libopus -b:a 96k");
  const Playback playback = play({file(first), file(second)});
  EXPECT_EQ(playback.tracks.at(0).reencoded, "");
  EXPECT_EQ(playback.tracks.at(1).reencoded, "it goes on where the track before it ended");
  EXPECT_EQ(playback.frames.size(), (200'123U + kOpusDelay + 959) / 960);
  std::vector<float> expected = opus_decode(first);
  const std::vector<float> rest = opus_decode(second);
  expected.insert(expected.end(), rest.begin(), rest.end());
  const std::vector<float> heard = without_delay(decoded(playback.frames));
  EXPECT_LT(residual(heard, expected, 100'123 - 480, 960), -30);
  EXPECT_LT(residual(heard, expected, 102'000, 90'000), -35);
  EXPECT_EQ(playback.results[0].frames + playback.results[1].frames, playback.frames.size());
}

TEST(Passthrough, SamplesGoOnWherePacketsEnd) {
  const std::string opus = whole_packets("opus-half.opus", 100, 0);
  const std::string pcm =
      make_file("pcm-half.wav", music(100'000, 100 * kSamplesPerFrame - kOpusDelay), "-c:a pcm_f32le");
  const Playback playback = play({file(opus), file(pcm)});
  EXPECT_EQ(playback.results.at(0).passed, 100U);
  EXPECT_EQ(playback.results.at(1).reencoded, "pcm_f32le is not Opus");
  std::vector<float> expected = opus_decode(opus);
  const std::vector<float> rest = ffmpeg_decode(pcm);
  expected.insert(expected.end(), rest.begin(), rest.end());
  const std::vector<float> heard = without_delay(decoded(playback.frames));
  const std::size_t border = 100 * kSamplesPerFrame - kOpusDelay;
  EXPECT_LT(residual(heard, expected, border - 480, 960), -35);
  EXPECT_LT(residual(heard, expected, border + 2'000, 90'000), -35);
  EXPECT_EQ(playback.frames.size(), 100 + (100'000U - kOpusDelay + kOpusDelay + 959) / 960);
  EXPECT_EQ(playback.frames[99].track, 0U);
  EXPECT_EQ(playback.frames[100].track, 1U);
  EXPECT_EQ(playback.frames[100].track_frame, 0U);
}

TEST(Passthrough, PacketsFollowSamplesThatFadedOut) {
  const std::string faded = make_file("faded.wav", music(48'000), "-af afade=t=out:d=0.5:st=0.4");
  const std::string opus = whole_packets("after-the-fade.opus", 100, 0);
  const Playback playback = play({file(faded), file(opus), file(faded)});
  EXPECT_EQ(playback.tracks.at(1).reencoded, "");
  EXPECT_EQ(playback.results.at(1).passed, 100U);
  EXPECT_EQ(playback.results[0].frames, 50U);  // and one for the encoder's delay
  const std::vector<std::string> stored = packets_in(opus);
  const std::vector<std::string> sent = hashes_of(playback.frames);
  EXPECT_THAT(playback.frames[51].view(), ElementsAreArray(kOpusReset)) << "the packets expect a new decoder";
  for (std::size_t i = 0; i + 1 < stored.size(); ++i) ASSERT_EQ(sent[52 + i], stored[i]) << "packet " << i;
  EXPECT_EQ(playback.frames[52].track, 1U);
  EXPECT_EQ(playback.results[2].frames, playback.frames.size() - 152);
}

// ── packets ──

TEST(OpusRegrouper, SurvivesGarbage) {
  std::uint32_t state = 1;
  const auto random = [&state] { return (state = state * 1'664'525 + 1'013'904'223) >> 24; };
  media::OpusRegrouper regrouper;
  std::size_t fit = 0;
  for (int i = 0; i < 20'000; ++i) {
    Bytes packet(random() % 64);
    for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random());
    for (const media::OpusPiece& piece : regrouper.take(packet)) {
      if (!piece.trouble.empty()) continue;
      ++fit;
      ASSERT_LE(piece.bytes.size(), kMaxOpusBytes);
      ASSERT_EQ(opus_packet_get_nb_samples(piece.bytes.data(), static_cast<opus_int32>(piece.bytes.size()),
                                           kSampleRate),
                static_cast<int>(kSamplesPerFrame));
    }
  }
  EXPECT_GT(fit, 100U);
}

}  // namespace
}  // namespace vcplay::testing
