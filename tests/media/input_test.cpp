// Bad input gets one clear sentence, and what can be played of it is played.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "base/error.hpp"
#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

media::Media file(const std::string& location) { return {location, {}, 0, 0}; }
media::Media raw(const std::string& location, int rate, int channels) {
  return {location, "s16le", rate, channels};
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(BadInput, MissingFile) {
  EXPECT_EQ(refusal(file("/nowhere/song.mp3")),
            "\"/nowhere/song.mp3\" cannot be opened: No such file or directory");
}

TEST(BadInput, EmptyFile) {
  const std::string empty = write_file("empty.mp3", "");
  EXPECT_EQ(refusal(file(empty)), '"' + empty + "\" is empty");
}

TEST(BadInput, UnreadableFile) {
  if (::geteuid() == 0) GTEST_SKIP() << "root can read everything";
  const std::string secret = write_file("secret.mp3", "x");
  ASSERT_EQ(::chmod(secret.c_str(), 0), 0);
  EXPECT_EQ(refusal(file(secret)), '"' + secret + "\" cannot be opened: Permission denied");
}

TEST(BadInput, VideoWithoutAudio) {
  const std::string film = make_file("silent-film.mp4", "-f lavfi -i testsrc=d=1");
  EXPECT_EQ(refusal(file(film)), '"' + film + "\" has no audio");
}

TEST(BadInput, Picture) {
  const std::string picture = make_file("picture.png", "-f lavfi -i testsrc=d=0.04");
  EXPECT_EQ(
      refusal(file(picture)),
      '"' + picture +
          "\" has no audio of its own: it is a text or a picture, or refers to other files or addresses");
}

TEST(BadInput, Text) {
  const std::string text = write_file("notes.txt", "Buy milk.\n");
  EXPECT_EQ(refusal(file(text)),
            '"' + text + "\" is not audio that FFmpeg can read: Invalid data found when processing input");
}

TEST(BadInput, NoiseOfAnyName) {
  for (const char* const name :
       {"noise.bin", "noise.mp3", "noise.wav", "noise.ogg", "noise.m4a", "noise.flac"}) {
    const std::string garbage = write_file(name, noise(100'000));
    EXPECT_THAT(refusal(file(garbage)), HasSubstr('"' + garbage + '"')) << name;
  }
}

TEST(BadInput, HeadersWithNothingBehindThem) {
  for (const char* const ending : {"mp3", "flac", "wav", "ogg", "m4a", "mkv"}) {
    const std::string whole = contents_of(make_audio(std::string("whole.") + ending, Content::sweep));
    const std::string head = write_file(std::string("head.") + ending, whole.substr(0, 60));
    EXPECT_THAT(refusal(file(head)), HasSubstr('"' + head + '"')) << ending;
  }
}

TEST(BadInput, UnknownFormat) {
  const std::string song = make_audio("song.wav", Content::sweep);
  EXPECT_THAT(refusal({song, "nonsense", 0, 0}), HasSubstr("no input format \"nonsense\""));
  try {
    media::check_format("nonsense");
    FAIL() << "nonsense was taken for a format";
  } catch (const Error& error) {
    EXPECT_EQ(error.cause(), Cause::usage);
    EXPECT_THAT(error.what(), HasSubstr("no input format \"nonsense\""));
  }
  EXPECT_THROW(media::check_format("rtsp"), Error) << "it would open the network by itself";
  EXPECT_NO_THROW(media::check_format("s16le"));
}

TEST(BadInput, TruncatedFilePlaysUpToItsDamageAndSaysWhere) {
  const LogBook log;
  const std::string whole = contents_of(make_audio("whole.mp3", Content::sweep, "-b:a 128k"));
  const std::string half = write_file("half.mp3", whole.substr(0, whole.size() / 2));
  const Playback playback = play(half);
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 125.0, 5.0);
  EXPECT_THAT(log.lines(),
              ElementsAre(AllOf(HasSubstr('"' + half + "\" ends at 0:02."), HasSubstr("truncated"))));
}

TEST(BadInput, AnOggThatBeginsLateIsNotTruncated) {
  const LogBook log;
  const std::string late = make_audio("late.opus", Content::sweep, "-c:a libopus -output_ts_offset 7");
  const Playback playback = play(late);
  EXPECT_GE(playback.frames.size(), 250U);
  EXPECT_NEAR(std::chrono::duration<double>(playback.tracks.at(0).duration.value()).count(), 5.0, 0.1);
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST(BadInput, ATruncatedWavSaysSoToo) {
  const LogBook log;
  const std::string whole = contents_of(make_audio("whole.wav", Content::sweep));
  const std::string half = write_file("half.wav", whole.substr(0, whole.size() / 2));
  EXPECT_NEAR(static_cast<double>(play(half).frames.size()), 125.0, 2.0);
  EXPECT_THAT(log.lines(),
              Contains(HasSubstr("half.wav\" ends at 0:02.500, but its header promises 0:05.0")));
}

TEST(BadInput, ATruncatedWavSaysSoBehindAPictureToo) {
  const LogBook log;
  std::string wav = contents_of(make_audio("painted.wav", Content::sweep));
  const std::string picture = "id3 " + std::string("\xA0\x86\x01\x00", 4) + std::string(0x186A0, 'x');
  wav.insert(wav.find("data"), picture);
  static_cast<void>(play(write_file("torn.wav", wav.substr(0, wav.size() / 2))));
  EXPECT_THAT(log.lines(), Contains(HasSubstr("but its header promises 0:05.0")));
}

TEST(BadInput, AWavWhoseWriterKnewNoLengthIsWhole) {
  const LogBook log;
  std::string wav = contents_of(make_audio("written.wav", Content::sweep));
  const std::size_t data = wav.find("data");
  wav.replace(4, 4, 4, '\xFF').replace(data + 4, 4, 4, '\xFF');
  EXPECT_EQ(play(write_file("piped.wav", wav)).frames.size(), 251U);
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST(BadInput, DamageInTheMiddleIsPlayedOver) {
  const LogBook log;
  std::string song = contents_of(make_audio("song.flac", Content::speech));
  song.replace(song.size() / 2, 2'000, noise(2'000));
  const std::string damaged = write_file("damaged.flac", song);
  const Playback playback = play(damaged);
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_GT(playback.frames.size(), 200U);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr('"' + damaged + "\" is damaged at 0:0")));
}

TEST(BadInput, HalfASampleAtTheEndOfRawPcmIsLeftOut) {
  const LogBook log;
  const std::string pcm = write_file("odd.pcm", std::string(std::size_t{48'000} * 4 + 3, '\1'));
  const Playback playback = play({raw(pcm, 48'000, 2)});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.frames.size(), 51U);
  EXPECT_THAT(log.lines(),
              ElementsAre(AllOf(HasSubstr("middle of a sample"), HasSubstr("last 3 bytes"), HasSubstr(pcm))));
}

TEST(BadInput, RawPcmWithoutItsShapeIsReadAsFFmpegDoesAndSaysSo) {
  const LogBook log;
  const std::string pcm = write_file("shapeless.pcm", std::string(88'200, '\1'));
  EXPECT_EQ(play({raw(pcm, 0, 0)}).frames.size(), 51U);
  EXPECT_THAT(log.lines(), ElementsAre(AllOf(HasSubstr("44100 Hz with 1 channel;"), HasSubstr("--rate"))));
}

TEST(BadInput, ARateForAFileThatKnowsItsOwnIsMentionedAndIgnored) {
  const LogBook log;
  const std::string song = make_audio("song.wav", Content::sweep);
  EXPECT_EQ(play({{song, {}, 8'000, 1}}).frames.size(), 251U);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("are for raw PCM")));
}

TEST(BadInput, AbsurdRatesAreRefusedAndLowOnesNeedNoMemory) {
  const std::string pcm = write_file("slow.pcm", std::string(400, '\1'));
  EXPECT_THAT(refusal(raw(pcm, 2'000'000'000, 1)), HasSubstr("2000000000 Hz"));
  EXPECT_EQ(play({raw(pcm, 100, 1)}).frames.size(), 101U);  // 200 samples at 100 Hz
}

TEST(BadInput, ChannelsWithoutPlacesAreShared) {
  const std::string pcm = make_file(
      "dozen.pcm",
      "-f lavfi -i \"aevalsrc=0.5*sin(880*PI*t)|0|0.5*sin(880*PI*t)|0|0|0|0|0|0|0|0|0:s=48000:d=1\"",
      "-f s16le");
  const Playback playback = play({raw(pcm, 48'000, 12)});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(playback.frames.size(), 51U);
}

TEST(BadInput, AFileIsAFileWhateverColonsItHas) {
  const std::string song = make_audio("song.mp3", Content::sweep);
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch());
  for (const char* const name :
       {"01: Intro.mp3", "concat:song.mp3|song.mp3", "data:audio", "pipe:0", "file:x", "tcp:127.0.0.1",
        "subfile,,start,0,end,0,,:song.mp3", "%03d.mp3"}) {
    std::filesystem::copy_file(song, name);
    EXPECT_EQ(play(name).frames.size(), 251U) << name;
  }
  EXPECT_THAT(refusal(file("ftp://127.0.0.1/song.mp3")),
              HasSubstr("(of addresses, http:// and https:// are played)"));
  EXPECT_THAT(refusal(file("file:song.mp3")), HasSubstr("No such file"));
  EXPECT_THAT(refusal(file("concat:song.mp3")), HasSubstr("No such file"));
  std::filesystem::current_path(before);
}

TEST(BadInput, AFileOpensNothingButItself) {
  const std::string song = make_audio("song.ts", Content::sweep, "-c:a mp2");
  const std::string script = write_file("list.ffconcat", "ffconcat version 1.0\nfile 'song.ts'\n");
  const std::string session = write_file("list.sdp",
                                         "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
                                         "m=audio 5004 RTP/AVP 0\n");
  for (const std::string& list : {script, session}) {
    EXPECT_EQ(
        refusal(file(list)),
        '"' + list +
            "\" has no audio of its own: it is a text or a picture, or refers to other files or addresses");
  }
}

TEST(BadInput, AFailureWritesNothingByItself) {
  const LogBook log;
  static_cast<void>(refusal(file(write_file("noise.mp3", noise(50'000)))));
  EXPECT_THAT(log.lines(), IsEmpty());
}

TEST(BadInput, AnIndexAtTheEndIsOutOfAPipesReach) {
  const std::string song = make_audio("song.m4a", Content::sweep);
  EXPECT_THAT(refusal(file(piped(song))), HasSubstr("whose index stands behind the sound"));
  EXPECT_GT(play(piped(make_audio("fast.m4a", Content::sweep, "-movflags +faststart"))).frames.size(), 100U);
}

TEST(BadInput, FFmpegsOwnWordsAreThereForThoseWhoAsk) {
  const LogBook log(log::Level::info);
  const std::string cut =
      write_file("cut.m4a", contents_of(make_audio("whole.m4a", Content::sweep)).substr(0, 9'000));
  EXPECT_THAT(refusal(file(cut)), HasSubstr("moov atom not found"));
  EXPECT_THAT(log.lines(), ElementsAre(AllOf(HasSubstr("FFmpeg: "), HasSubstr("moov atom not found"),
                                             Not(HasSubstr("0x")))));
}

}  // namespace
}  // namespace vcplay::testing
