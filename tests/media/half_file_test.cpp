// Half a file plays as far as it goes and says so, where it can be known that it is but half: by a length in
// its head, by the sizes of its parts, or by a frame that is torn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"
#include "words/vandal.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Kind {
  const char* name;
  const char* file;
  const char* arguments;
  bool is_made_of_samples = false;  // then one of four cuts falls between two of them
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

constexpr double kSeconds = 2;
// What is cut between two frames is a shorter file of its own for some kinds.
constexpr std::size_t kTorn = 100;

std::string whole_of(const Kind& kind) {
  return contents_of(make_file(
      kind.file, "-f lavfi -i \"aevalsrc=0.4*sin(2*PI*(300+200*t)*t)|0.3*cos(2*PI*200*t):s=48000:d=2\"",
      kind.arguments));
}

class Half : public ::testing::TestWithParam<Kind> {};

TEST_P(Half, IsTold) {
  const Kind& kind = GetParam();
  const std::string whole = whole_of(kind);
  for (const bool is_pipe : {false, true}) {
    for (std::size_t more = 0; more < (kind.is_made_of_samples ? 4U : 1U); ++more) {
      const std::string path = write_file(kind.file, whole.substr(0, whole.size() / 2 + kTorn + more));
      const LogBook log;
      const Playback playback = play(is_pipe ? piped(path) : path);
      const std::string where =
          std::string(is_pipe ? "in a pipe" : "in a file") + ", " + std::to_string(more);
      ASSERT_EQ(playback.results.size(), 1U) << where;
      EXPECT_EQ(playback.results[0].error, "") << where;
      EXPECT_LT(static_cast<double>(playback.frames.size()), 0.75 * kSeconds * 50) << where;
      EXPECT_THAT(log.lines(),
                  ElementsAre(AnyOf(HasSubstr(": it is truncated"), HasSubstr(" is damaged at 0:0"))))
          << where;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, Half,
    ::testing::Values(
        Kind{"wav", "a.wav", "", true}, Kind{"wav_of_bytes", "u8.wav", "-c:a pcm_u8", true},
        Kind{"adpcm", "adpcm.wav", "-c:a adpcm_ima_wav"}, Kind{"mp3_in_wav", "mp3.wav", "-c:a libmp3lame"},
        Kind{"rf64", "rf64.wav", "-rf64 always", true}, Kind{"w64", "a.w64", "", true},
        Kind{"aiff", "a.aiff", "", true}, Kind{"au", "a.au", "", true}, Kind{"caf", "a.caf", "", true},
        Kind{"mp3", "a.mp3", ""}, Kind{"mp3_vbr", "vbr.mp3", "-q:a 4"},
        Kind{"mp3_mono", "mono.mp3", "-ac 1 -ar 22050"}, Kind{"wma", "a.wma", "-c:a wmav2"},
        Kind{"vorbis", "a.ogg", "-c:a libvorbis -page_duration 200000"},
        Kind{"opus", "a.opus", "-c:a libopus -b:a 96k"}, Kind{"flac_in_ogg", "a.oga", "-c:a flac"},
        Kind{"flac", "a.flac", ""}, Kind{"ac3", "a.ac3", ""}, Kind{"eac3", "a.eac3", ""},
        Kind{"dts", "a.dts", "-strict -2"}, Kind{"mpegts", "a.ts", "-c:a aac"},
        Kind{"ac3_in_ts", "ac3.ts", "-c:a ac3"}, Kind{"wavpack", "a.wv", ""},
        Kind{"tta", "a.tta", "-af aloop=1:96000"}, Kind{"matroska", "a.mka", "-c:a flac"},
        Kind{"webm", "a.webm", "-c:a libopus"}, Kind{"m4a", "a.m4a", "-movflags +faststart"},
        Kind{"fragments", "f.m4a", "-movflags +frag_keyframe+empty_moov"},
        Kind{"avi", "a.avi", "-c:a libmp3lame"}),
    [](const auto& row) { return std::string(row.param.name); });

// Android's recorder and messengers on it never set the mark of the end that RFC 3533 s6 wants.
TEST(Ogg, WithoutTheMarkOfItsEndIsWhole) {
  constexpr std::size_t kFlags = 5;
  for (const Kind& kind :
       {Kind{"vorbis", "a.ogg", "-c:a libvorbis"}, Kind{"opus", "a.opus", "-c:a libopus"}}) {
    std::string ogg = whole_of(kind);
    const std::size_t last = ogg.rfind("OggS");
    ogg[last + kFlags] = static_cast<char>(ogg[last + kFlags] & ~4);
    mend_ogg_checksums(ogg);
    for (const bool is_pipe : {false, true}) {
      const LogBook log;
      const std::string path = write_file(kind.file, ogg);
      EXPECT_NEAR(static_cast<double>(play(is_pipe ? piped(path) : path).frames.size()), kSeconds * 50, 3);
      EXPECT_THAT(log.lines(), IsEmpty()) << kind.name;
    }
  }
}

TEST(TransportStream, IsToldWhereverAPacketIsTorn) {
  constexpr std::size_t kPacket = 188;
  const std::string whole = whole_of({"mpegts", "a.ts", "-c:a aac"});
  const std::size_t half = whole.size() / 2 / kPacket * kPacket;
  for (std::size_t packet = 0; packet < 8; ++packet) {
    const LogBook log;
    static_cast<void>(play(write_file("torn.ts", whole.substr(0, half + packet * kPacket + 24))));
    EXPECT_THAT(log.lines(),
                ElementsAre(AnyOf(HasSubstr(": it is truncated"), HasSubstr(" is damaged at 0:0"))))
        << packet;
  }
}

// As a radio is recorded that changes its song, and stops in the midst of the next one.
TEST(Ogg, ThatIsAChainIsToldOnceWhereItsLastLinkIsCut) {
  const Kind opus{"opus", "a.opus", "-c:a libopus"};
  const std::string last = whole_of(opus);
  const std::string path =
      write_file("chain.opus", whole_of(opus) + whole_of(opus) + last.substr(0, last.size() * 3 / 4));
  for (const bool is_pipe : {false, true}) {
    const LogBook log;
    EXPECT_GT(play(is_pipe ? piped(path) : path).frames.size(), 200U);
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("in the middle of a packet: it is truncated"))) << is_pipe;
  }
}

}  // namespace
}  // namespace vcplay::testing
