// Files that follow each other in one file or in one pipe: `cat a.wav b.wav`, or a program that writes each
// sentence as a WAV of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/purity.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr double kSeconds = 1;

/// A second of a tone, as a file of its own.
std::string tone(int hz, const std::string& name, const std::string& arguments = {}) {
  const std::string input =
      "-f lavfi -i \"sine=" + std::to_string(hz) + ":d=1:r=48000,aformat=channel_layouts=stereo,volume=9dB\"";
  return contents_of(make_file(name, input, arguments));
}

/// The same as a program writes it that cannot go back to its head.
std::string streamed_tone(int hz, const std::string& name, const std::string& arguments) {
  const std::string format = name.substr(name.find('.') + 1);
  const std::string input =
      "-f lavfi -i \"sine=" + std::to_string(hz) + ":d=1:r=48000,aformat=channel_layouts=stereo,volume=9dB\"";
  return contents_of(make_file(name, input, arguments + " -seekable 0 -f " + format));
}

/// Plays `bytes` from a file and from a pipe. Each tone is heard for a second, and nothing else.
void expect_tones(const std::string& name, const std::string& bytes, const std::vector<int>& tones) {
  for (const bool is_pipe : {false, true}) {
    const std::string what = name + (is_pipe ? " in a pipe" : " in a file");
    const LogBook log;
    const std::string path = write_file("pieces-" + name, bytes);
    const Playback playback = play(is_pipe ? piped(path) : path);
    EXPECT_THAT(log.lines(), IsEmpty()) << what;
    ASSERT_EQ(playback.results.size(), 1U) << what;
    EXPECT_EQ(playback.results[0].error, "") << what;
    const std::vector<float> heard = playback.heard();
    const double seconds = static_cast<double>(heard.size()) / kChannels / kSampleRate;
    ASSERT_NEAR(seconds, kSeconds * static_cast<double>(tones.size()), 0.15) << what;
    for (std::size_t i = 0; i < tones.size(); ++i) {
      const double from = kSeconds * static_cast<double>(i) + 0.1;
      EXPECT_GT(purity(heard, tones[i], from, from + 0.75), 0.98) << what << ", tone " << i;
    }
  }
}

// ── all that one can name a file ──

struct Kind {
  const char* ending;
  const char* arguments;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.ending << ' ' << kind.arguments; }

class Pieces : public ::testing::TestWithParam<Kind> {};

TEST_P(Pieces, AreAllHeard) {
  const auto& [ending, arguments] = GetParam();
  const std::string dot = std::string(".") + ending;
  const std::string bytes =
      tone(440, "a" + dot, arguments) + tone(880, "b" + dot, arguments) + tone(660, "c" + dot, arguments);
  expect_tones(dot, bytes, {440, 880, 660});
}

INSTANTIATE_TEST_SUITE_P(
    OfOneKind, Pieces,
    ::testing::Values(Kind{"wav", ""}, Kind{"wav", "-c:a pcm_u8"}, Kind{"wav", "-rf64 always"},
                      Kind{"wav", "-c:a adpcm_ms"}, Kind{"wav", "-c:a libmp3lame"}, Kind{"aiff", ""},
                      Kind{"aiff", "-c:a pcm_alaw"}, Kind{"caf", ""}, Kind{"caf", "-c:a pcm_s24be"},
                      Kind{"au", ""}, Kind{"wma", ""}, Kind{"wv", ""}, Kind{"w64", ""},
                      Kind{"mka", "-c:a flac"}, Kind{"webm", "-c:a libvorbis"}, Kind{"webm", "-c:a libopus"},
                      Kind{"m4a", "-movflags +faststart"}, Kind{"flac", ""}, Kind{"ogg", "-c:a libvorbis"},
                      Kind{"mp3", ""}, Kind{"m4a", "-movflags +frag_keyframe+empty_moov"}));

class StreamedPieces : public ::testing::TestWithParam<Kind> {};

TEST_P(StreamedPieces, AreAllHeard) {
  const auto& [ending, arguments] = GetParam();
  const std::string dot = std::string(".") + ending;
  const std::string bytes = streamed_tone(440, "a" + dot, arguments) +
                            streamed_tone(880, "b" + dot, arguments) +
                            streamed_tone(660, "c" + dot, arguments);
  expect_tones(dot, bytes, {440, 880, 660});
}

// Nobody knew the lengths of these when their heads were written.
INSTANTIATE_TEST_SUITE_P(OfOneKind, StreamedPieces,
                         ::testing::Values(Kind{"wav", ""}, Kind{"wav", "-c:a pcm_f32le"},
                                           Kind{"wav", "-c:a adpcm_ima_wav"}, Kind{"au", ""}, Kind{"caf", ""},
                                           Kind{"asf", "-c:a wmav2"}, Kind{"webm", "-c:a libopus"},
                                           Kind{"matroska", "-c:a pcm_s16le"}));

TEST(MixedPieces, MayHaveOtherRatesChannelsAndFormats) {
  const std::string a = tone(440, "a.wav", "-ar 44100 -ac 1");
  const std::string b = tone(880, "b.wav", "-ar 22050 -c:a pcm_s24le");
  const std::string c = tone(660, "c.wav", "-ar 48000 -c:a pcm_f32le");
  expect_tones("rates.wav", a + b + c, {440, 880, 660});
}

TEST(MixedPieces, MayBeOfDifferentKinds) {
  const std::string wav = tone(440, "a.wav");
  const std::string streamed = streamed_tone(440, "a.wav", "");
  const std::string aiff = tone(880, "b.aiff");
  const std::string mp3 = tone(660, "c.mp3");
  const std::string bare_mp3 = tone(660, "d.mp3", "-write_xing 0 -id3v2_version 0");
  const std::string aac = tone(660, "e.aac", "-b:a 192k");
  const std::string flac = tone(550, "f.flac");
  const std::string webm = tone(770, "g.webm", "-c:a libopus");
  const std::string ogg = tone(990, "h.ogg", "-c:a libvorbis");
  expect_tones("wav-aiff", streamed + aiff, {440, 880});
  expect_tones("wav-mp3", streamed + mp3, {440, 660});
  expect_tones("wav-bare-mp3", wav + bare_mp3, {440, 660});
  expect_tones("wav-aac", wav + aac, {440, 660});
  expect_tones("wav-aiff-flac", streamed + aiff + flac, {440, 880, 550});
  expect_tones("webm-wav", webm + wav, {770, 440});
  expect_tones("aiff-webm", aiff + webm, {880, 770});
  expect_tones("mp3-wav", mp3 + wav, {660, 440});
  expect_tones("flac-wav-ogg", flac + wav + ogg, {550, 440, 990});
  expect_tones("ogg-mp3", ogg + mp3, {990, 660});
  expect_tones("aac-flac", aac + flac, {660, 550});
}

TEST(MixedPieces, GoOnWithAnOpusThatPassed) {
  const std::string second = tone(880, "b.opus", "-c:a libopus");
  expect_tones("opus-opus-wav", tone(770, "a.opus", "-c:a libopus") + second + tone(440, "c.wav"),
               {770, 880, 440});
  const std::string opus = tone(770, "a.opus", "-c:a libopus");
  expect_tones("opus-mp3", opus + tone(660, "b.mp3"), {770, 660});
  expect_tones("opus-wav-opus", opus + tone(440, "c.wav") + opus, {770, 440, 770});
}

// In a file packets are looked at a second ahead, and so beyond the end of this one.
TEST(MixedPieces, HearAShortOpusBeforeSomethingElse) {
  const std::string half = " -af atrim=end=0.5";
  const std::string bytes =
      tone(770, "a.opus", "-c:a libopus") + tone(880, "b.opus", "-c:a libopus" + half) + tone(440, "c.wav");
  for (const bool is_pipe : {false, true}) {
    const LogBook log;
    const std::string path = write_file("short.opus", bytes);
    const std::vector<float> heard = play(is_pipe ? piped(path) : path).heard();
    EXPECT_THAT(log.lines(), IsEmpty());
    ASSERT_NEAR(static_cast<double>(heard.size()) / kChannels / kSampleRate, 2.5, 0.1);
    EXPECT_GT(purity(heard, 880, 1.1, 1.4), 0.98) << is_pipe;
    EXPECT_GT(purity(heard, 440, 1.6, 2.4), 0.98) << is_pipe;
  }
}

// ── what stands between them ──

TEST(BetweenPieces, TagsAndPaddingAreNotHeard) {
  const std::string a = tone(440, "a.wav");
  const std::string b = tone(880, "b.wav");
  const std::string id3v1 = "TAG" + std::string(125, ' ');
  const std::string ape_head("APETAGEX\xD0\7\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32);
  const std::string ape = ape_head + ape_head;  // and its foot, which its size counts
  expect_tones("padded.wav", a + std::string(1'000, '\0') + b, {440, 880});
  expect_tones("id3v1.wav", a + id3v1 + b, {440, 880});
  expect_tones("ape.wav", a + ape + std::string(3, '\0') + b + ape, {440, 880});
}

TEST(BetweenPieces, APadByteMayBeMissing) {
  std::string odd = tone(440, "a.wav", "-c:a pcm_u8 -ac 1 -af atrim=end_sample=47999");
  ASSERT_EQ(odd.back(), '\0') << "it is padded";
  odd.pop_back();
  expect_tones("odd.wav", odd + tone(880, "b.wav"), {440, 880});
  expect_tones("padded.wav", odd + '\0' + tone(880, "b.wav"), {440, 880});
}

TEST(BetweenPieces, AnEmptyOneIsNothing) {
  const std::string empty = tone(440, "a.wav", "-t 0");
  const std::string b = tone(880, "b.wav");
  expect_tones("empty.wav", empty + b + empty + b + empty, {880, 880});
}

TEST(BehindPieces, ATagIsNoPiece) {
  const std::string id3v2 = std::string("ID3\4\0\0\0\0\0\x0CTIT2\0\0\0\2\0\0\3a", 22);
  expect_tones("tag.wav", tone(440, "a.wav") + id3v2, {440});
}

// ── parts, failures, names ──

TEST(RangeOfPieces, GoesFromOneToTheNext) {
  media::Media part{
      write_file("part.wav", tone(440, "a.wav", "-ar 22050") + tone(880, "b.wav") + tone(660, "c.wav")),
      {},
      0,
      0};
  part.start = std::chrono::milliseconds(1'500);
  part.end = std::chrono::milliseconds(2'500);
  const LogBook log;
  const std::vector<float> heard = play({part}).heard();
  EXPECT_THAT(log.lines(), IsEmpty());
  EXPECT_NEAR(static_cast<double>(heard.size()) / kChannels / kSampleRate, 1.0, 0.03);
  EXPECT_GT(purity(heard, 880, 0.05, 0.45), 0.98);
  EXPECT_GT(purity(heard, 660, 0.55, 0.95), 0.98);
}

TEST(RangeOfPieces, MayBeginBehindThemAll) {
  media::Media part{write_file("part.wav", tone(440, "a.wav") + tone(880, "b.wav")), {}, 0, 0};
  part.start = std::chrono::seconds(3);
  EXPECT_THAT(refusal(part), HasSubstr("is over at 0:02.000; it was to begin at 0:03.000"));
}

TEST(RangeOfPieces, IsFoundBehindAShortOneInAFile) {
  media::Media part{
      write_file("long.wav", tone(440, "a.wav") + tone(880, "b.wav", "-af aloop=-1:48000,atrim=end=20")),
      {},
      0,
      0};
  part.start = std::chrono::seconds(15);
  part.end = std::chrono::seconds(16);
  const LogBook log;
  const std::vector<float> heard = play({part}).heard();
  EXPECT_THAT(log.lines(), IsEmpty());
  EXPECT_NEAR(static_cast<double>(heard.size()) / kChannels / kSampleRate, 1.0, 0.03);
  EXPECT_GT(purity(heard, 880, 0.05, 0.95), 0.98);
}

TEST(BrokenPiece, LeavesNothingWhereNothingElseSounds) {
  std::string broken = tone(880, "b.wav");
  broken.replace(20, 2, "\x99\x99");
  const std::string empty = tone(440, "a.wav", "-t 0");
  EXPECT_THAT(refusal({write_file("nothing.wav", empty + broken), {}, 0, 0}), HasSubstr("nothing.wav"));
  EXPECT_THAT(refusal({write_file("empty.wav", empty + empty), {}, 0, 0}),
              HasSubstr("ends before any sound comes"));
}

TEST(BrokenPiece, MayBeSmallOrLargeAndNotTheOnlyOne) {
  std::string broken = tone(880, "b.wav");
  broken.replace(20, 2, "\x99\x99");
  const std::string small = broken.substr(0, 40) + std::string("\x10\0\0\0", 4) + std::string(16, 'a');
  const std::string large = broken.substr(0, 40) + std::string("\0\0\x30\0", 4) + std::string(0x300000, 'a');
  const std::string bytes = tone(440, "a.wav") + small + large + tone(660, "c.wav");
  for (const bool is_pipe : {false, true}) {
    const LogBook log;
    const std::string path = write_file("two-broken.wav", bytes);
    const std::vector<float> heard = play(is_pipe ? piped(path) : path).heard();
    EXPECT_NEAR(static_cast<double>(heard.size()) / kChannels / kSampleRate, 2.0, 0.1) << is_pipe;
    EXPECT_THAT(log.lines(), Not(IsEmpty()));
  }
}

TEST(BrokenPiece, IsToldAFewTimesAndNoMore) {
  std::string broken = tone(880, "b.wav");
  broken.replace(20, 2, "\x99\x99");
  std::string bytes;
  for (int i = 0; i < 20; ++i) bytes += tone(440, "a.wav", "-t 0.1") + broken;
  const LogBook log;
  static_cast<void>(play(write_file("many-broken.wav", bytes)));
  EXPECT_LE(log.lines().size(), 6U);
}

TEST(BrokenPiece, IsLeftOutAndTold) {
  std::string broken = tone(880, "b.wav");
  broken.replace(20, 2, "\x99\x99");  // a format that nobody knows
  const std::string bytes = tone(440, "a.wav") + broken + tone(660, "c.wav");
  for (const bool is_pipe : {false, true}) {
    const LogBook log;
    const std::string path = write_file("broken.wav", bytes);
    const std::vector<float> heard = play(is_pipe ? piped(path) : path).heard();
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("From 0:01.000 on ")));
    EXPECT_NEAR(static_cast<double>(heard.size()) / kChannels / kSampleRate, 2.0, 0.1);
    EXPECT_GT(purity(heard, 660, 1.1, 1.85), 0.98);
  }
}

TEST(PassingPieces, OfOpusPassLikeTheLinksOfAChain) {
  const std::string quiet_ends = " -af adelay=150:all=1,apad=pad_dur=0.15";
  const std::string bytes = tone(440, "a.webm", "-c:a libopus -b:a 96k" + quiet_ends) +
                            tone(880, "b.webm", "-c:a libopus -b:a 64k" + quiet_ends);
  const Playback playback = play(write_file("passing.webm", bytes));
  ASSERT_EQ(playback.results.size(), 1U);
  EXPECT_EQ(playback.results[0].reencoded, "");
  EXPECT_GE(playback.results[0].passed, 126U);
}

TEST(NamedPieces, TellTheirTitles) {
  const std::string bytes = tone(440, "a.wav", "-metadata title=One") +
                            tone(880, "b.wav", "-metadata title=Two -metadata artist=Her");
  Witness witness;
  ReadLog queue(1'000);
  media::Pipeline pipeline({{write_file("named.wav", bytes), {}, 0, 0}}, {128'000, 1.0, {}}, queue, witness);
  pipeline.start();
  ASSERT_TRUE(witness.wait_for_end());
  ASSERT_EQ(witness.tracks.size(), 1U);
  EXPECT_EQ(witness.tracks[0].title, "One");
  EXPECT_EQ(witness.tracks[0].duration, std::nullopt) << "it is longer than its first piece";
  EXPECT_THAT(witness.titles, ElementsAre("0 Her - Two"));
}

}  // namespace
}  // namespace vcplay::testing
