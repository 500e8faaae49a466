// Sound as people really have it, with odd headers and padding: what is whole plays without a word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "media/guessed_size.hpp"
#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/purity.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

media::Media at(const std::string& location) { return {location, {}, 0, 0}; }

std::string bytes_of(const std::string& name, const std::string& arguments = {}) {
  return contents_of(make_audio(name, Content::sweep, arguments));
}

/// A WAV of one channel at 48 kHz, or with all numbers the other way round: RIFX.
std::string wav(int tag, std::size_t width, const std::string& samples, bool is_big_endian) {
  const auto number = [is_big_endian](std::uint64_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    if (is_big_endian) std::reverse(text.begin(), text.end());
    return text;
  };
  std::string sound = samples;
  for (std::size_t at = 0; is_big_endian && at + width <= sound.size(); at += width) {
    std::reverse(sound.begin() + static_cast<std::ptrdiff_t>(at),
                 sound.begin() + static_cast<std::ptrdiff_t>(at + width));
  }
  return (is_big_endian ? "RIFX" : "RIFF") + number(36 + sound.size(), 4) + "WAVEfmt " + number(16, 4) +
         number(static_cast<std::uint64_t>(tag), 2) + number(1, 2) + number(48'000, 4) +
         number(48'000 * width, 4) + number(width, 2) + number(8 * width, 2) + "data" +
         number(sound.size(), 4) + sound;
}

/// Plays whole, in a file and in a pipe, and nothing is said about it.
void expect_whole(const std::string& name, const std::string& bytes, double seconds = kContentSeconds) {
  for (const bool is_pipe : {false, true}) {
    const LogBook log;
    const std::string path = write_file(name, bytes);
    const Playback playback = play(is_pipe ? piped(path) : path);
    EXPECT_THAT(log.lines(), IsEmpty()) << name << (is_pipe ? " in a pipe" : "");
    ASSERT_EQ(playback.results.size(), 1U);
    EXPECT_EQ(playback.results[0].error, "") << name;
    EXPECT_NEAR(static_cast<double>(playback.frames.size()), seconds * 50, 3)
        << name << (is_pipe ? " in a pipe" : "");
  }
}

// ── numbers the other way round ──

TEST(BigEndianWav, SoundsLikeTheOtherOne) {
  struct Kind {
    const char* format;
    int tag;
    std::size_t width;
  };
  for (const auto& [format, tag, width] : {Kind{"s16le", 1, 2},
                                           {"s24le", 1, 3},
                                           {"s32le", 1, 4},
                                           {"f32le", 3, 4},
                                           {"f64le", 3, 8},
                                           {"u8", 1, 1}}) {
    const std::string samples = bytes_of("samples.raw", std::string("-ac 1 -ar 48000 -f ") + format);
    const Playback little = play(write_file("l.wav", wav(tag, width, samples, false)));
    const Playback big = play(write_file("b.wav", wav(tag, width, samples, true)));
    EXPECT_EQ(big.results.at(0).error, "") << format;
    EXPECT_GT(correlation(little.heard(), big.heard(), 0), 0.999) << format;
    EXPECT_NEAR(static_cast<double>(big.frames.size()), kContentSeconds * 50, 2) << format;
  }
}

TEST(BigEndianWav, OfWhatNobodyDecodesIsASentence) {
  using std::string_literals::operator""s;
  // IMA ADPCM, one channel, 48 kHz, blocks of 256 bytes, 4 bits
  const std::string format = "\0\x11\0\1\0\0\xBB\x80\0\0\x5D\xC0\1\0\0\4"s;
  const std::string wav =
      "RIFX\0\0\x20\x24WAVEfmt \0\0\0\x10"s + format + "data\0\0\x20\0"s + std::string(0x2000, 'a');
  EXPECT_THAT(refusal(at(write_file("adpcm.wav", wav))),
              HasSubstr("is RIFX (a big-endian WAV) of adpcm_ima_wav"));
}

// ── chains ──

std::string opus_link(const std::string& name, const std::string& input, const std::string& arguments) {
  return contents_of(make_file(name, "-f lavfi -i \"" + input + "\"", "-c:a libopus " + arguments));
}

TEST(Chain, MayGoOnWithAnotherNumberOfChannels) {
  const std::string stereo =
      opus_link("st.opus", "sine=440:d=2:r=48000,aformat=channel_layouts=stereo", "-b:a 96k");
  const std::string surround = opus_link(
      "5.1.opus", "sine=440:d=2:r=48000,pan=5.1|FL=0.5*c0|FR=0.5*c0|FC=0.5*c0|LFE=0*c0|BL=0.3*c0|BR=0.3*c0",
      "-b:a 256k");
  const std::string discrete = opus_link("255.opus", "sine=440:d=2:r=48000,aformat=channel_layouts=stereo",
                                         "-mapping_family 255 -b:a 192k");
  const std::string mono =
      opus_link("mono.opus", "sine=440:d=2:r=48000,aformat=channel_layouts=mono", "-b:a 96k");
  for (const auto& [name, chain] : {std::pair{"stereo, 5.1", stereo + surround},
                                    {"stereo, 255", stereo + discrete},
                                    {"5.1, stereo", surround + stereo},
                                    {"255, mono", discrete + mono},
                                    {"stereo, 5.1, stereo", stereo + surround + stereo},
                                    {"mono, 255, 5.1", mono + discrete + surround}}) {
    const LogBook log;
    const std::vector<float> heard = play(write_file("chain.opus", chain)).heard();
    EXPECT_THAT(log.lines(), IsEmpty()) << name;
    const double seconds = static_cast<double>(heard.size()) / kChannels / kSampleRate;
    EXPECT_NEAR(seconds, 2.0 * static_cast<double>(std::count(name, name + std::strlen(name), ',') + 1), 0.1)
        << name;
    for (double at = 0.2; at + 1.6 < seconds; at += 2)
      EXPECT_GT(purity(heard, 440, at, at + 1.6), 0.98) << name << ' ' << at;
  }
}

/// An Ogg whose OpusHead has another mapping family, with the checksum of its page made right (RFC 3533 s6).
std::string with_family(std::string ogg, char family) {
  const std::size_t head = ogg.find("OpusHead");
  ogg[head + 18] = family;
  const std::size_t page = ogg.find("OggS", head);  // the second one
  std::uint32_t sum = 0;
  ogg.replace(22, 4, std::string(4, '\0'));
  for (std::size_t i = 0; i < page; ++i) {
    sum ^= std::uint32_t{static_cast<std::uint8_t>(ogg[i])} << 24U;
    for (int bit = 0; bit < 8; ++bit) sum = (sum << 1U) ^ ((sum & 0x80000000U) != 0 ? 0x04C11DB7U : 0U);
  }
  for (std::size_t i = 0; i < 4; ++i) ogg[22 + i] = static_cast<char>(sum >> (8 * i));
  return ogg;
}

TEST(Chain, IsSilentWhereItsChannelsCannotBeToldApart) {
  const std::string stereo =
      opus_link("st.opus", "sine=440:d=2:r=48000,aformat=channel_layouts=stereo", "-b:a 96k");
  std::string odd =
      opus_link("255.opus", "sine=440:d=2:r=48000,aformat=channel_layouts=stereo", "-mapping_family 255");
  odd = with_family(odd, 4);
  const LogBook log;
  const std::vector<float> heard = play(write_file("odd-chain.opus", stereo + odd)).heard();
  EXPECT_THAT(log.lines(),
              ElementsAre(HasSubstr("its 2 channels cannot be told apart; that part of it is silent")));
  ASSERT_GT(heard.size(), std::size_t{3} * kSampleRate * kChannels);
  const std::span<const float> silent =
      std::span(heard).subspan(std::size_t{2} * kSampleRate * kChannels + 9'600);
  EXPECT_LT(*std::max_element(silent.begin(), silent.end()), 0.01F);
}

// ── behind the sound ──

TEST(BehindTheSound, TagsAndPaddingAreNoDamage) {
  const std::string id3v1 = "TAG" + std::string(125, ' ');
  const std::string ape =
      "APETAGEX" + std::string("\xD0\x07\0\0\x20\0\0\0\0\0\0\0\0\0\0\0", 16) + std::string(8, '\0');
  const std::string zeros(5'000, '\0');
  const std::string flac = bytes_of("whole.flac");
  const std::string mp3 = bytes_of("whole.mp3", "-c:a libmp3lame -write_xing 0 -id3v2_version 0");
  const std::string aac = bytes_of("whole.aac");
  for (const auto& [name, sound] : {std::pair{"a.flac", flac}, {"a.mp3", mp3}, {"a.aac", aac}}) {
    for (const std::string& behind : {id3v1, ape, zeros, zeros + id3v1}) expect_whole(name, sound + behind);
  }
}

TEST(BehindTheSound, TagsBetweenTwoSongsAreNoDamageEither) {
  const std::string mp3 = bytes_of("one.mp3", "-c:a libmp3lame -write_xing 0 -id3v2_version 0");
  const double seconds = 2 * (kContentSeconds + 0.04);  // without a head nobody knows of an encoder's delay
  expect_whole("two.mp3", mp3 + "TAG" + std::string(125, ' ') + mp3, seconds);
  expect_whole("padded.mp3", mp3 + std::string(4'000, '\0') + mp3, seconds);
}

TEST(BehindTheSound, AFlacThatLacksItsEndIsDamaged) {
  const std::string flac = bytes_of("whole.flac");
  const LogBook log;
  static_cast<void>(play(write_file("cut.flac", flac.substr(0, flac.size() - 2'000))));
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("cut.flac\"")));
}

// ── lengths ──

TEST(GuessedSize, IsWhatWritersPutInWhoDoNotKnowIt) {
  for (const std::uint64_t guess :
       {0ULL, 0x7F000000ULL, 0x7FFFF000ULL, 0x7FFFFFFFULL, 0x80000000ULL, 0xFFFFFFFFULL, 0xFFFFFFDBULL,
        0x7FFFFFFFFFFFFFFFULL, 0xFFFFFFFFFFFFFFFFULL}) {
    EXPECT_TRUE(media::is_guessed_size(guess)) << guess;
  }
  for (const std::uint64_t size : {36ULL, 1'000'000ULL, 0x40000000ULL, 3'000'000'000ULL, 5'000'000'000ULL}) {
    EXPECT_FALSE(media::is_guessed_size(size)) << size;
  }
}

/// `text` with `bytes` in place of what stands at `at`.
std::string with_at(std::string text, std::size_t at, std::string_view bytes) {
  return text.replace(at, bytes.size(), bytes);
}

TEST(GuessedSize, MeansUntilTheEnd) {
  using std::string_literals::operator""s;
  const std::string wav = bytes_of("size.wav", "-bitexact -map_metadata -1");
  ASSERT_EQ(wav.compare(36, 4, "data"), 0);
  for (const std::string& size : {"\0\0\0\0"s, "\xFF\xFF\xFF\xFF"s, "\0\0\0\x7F"s, "\xFF\xFF\xFF\x7F"s,
                                  "\0\xF0\xFF\x7F"s, "\0\0\0\x80"s, "\x24\0\0\x80"s}) {
    expect_whole("size.wav", with_at(with_at(wav, 40, size), 4, size));
  }
  const std::string au = bytes_of("size.au");
  for (const std::string& size : {"\xFF\xFF\xFF\xFF"s, "\x7F\xFF\xFF\xFF"s, "\x7F\0\0\0"s}) {
    expect_whole("size.au", with_at(au, 8, size));
  }
  // FORM size AIFF COMM 18 channels(2) frames(4) …, as sox and others write it into pipes
  const std::string aiff = bytes_of("size.aiff", "-bitexact -map_metadata -1");
  const std::size_t comm = aiff.find("COMM");
  const std::size_t ssnd = aiff.find("SSND");
  ASSERT_NE(ssnd, std::string::npos);
  expect_whole("size.aiff", with_at(with_at(with_at(aiff, 4, "\x7F\0\0\x2E"s), comm + 10, "\x1F\xC0\0\0"s),
                                    ssnd + 4, "\x7F\0\0\x08"s));
  expect_whole("size.aiff",
               with_at(with_at(with_at(aiff, 4, "\xFF\xFF\xFF\xFF"s), comm + 10, "\x3F\xFF\xFF\xFF"s),
                       ssnd + 4, "\xFF\xFF\xFF\xFF"s));
}

TEST(Matroska, WithPausesOrTracksOfDifferentLengthsIsWhole) {
  const std::string gap = contents_of(make_file("gap.webm", "-f lavfi -i sine=d=3:r=48000",
                                                "-af \"asetpts='if(gt(T,1.5),PTS+2/TB,PTS)'\" -c:a libopus"));
  expect_whole("gap.webm", gap, 3);
  const std::string two =
      contents_of(make_file("two.mka", "-f lavfi -i sine=d=2:r=48000 -f lavfi -i sine=d=4:r=48000",
                            "-map 0:a -map 1:a -c:a flac -disposition:a:0 default"));
  expect_whole("two.mka", two, 2);
}

TEST(Matroska, ThatLacksItsEndIsTruncated) {
  const std::string whole = bytes_of("whole.mka", "-c:a libopus");
  for (const bool is_pipe : {false, true}) {
    const LogBook log;
    const std::string path = write_file("cut.mka", whole.substr(0, whole.size() / 2));
    static_cast<void>(play(is_pipe ? piped(path) : path));
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("it is truncated"))) << is_pipe;
  }
}

// ── lists that come once ──

TEST(Pipe, OfAPlaylistSaysWhatItIs) {
  for (const char* const list : {"#EXTM3U\na.wav\n", "[playlist]\nFile1=a.wav\n",
                                 "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ns0.ts\n#EXT-X-ENDLIST\n",
                                 "<?xml version=\"1.0\"?>\n<playlist version=\"1\"></playlist>\n"}) {
    EXPECT_THAT(refusal(at(piped(write_file("list", list)))),
                HasSubstr(" is a playlist, which can be played from a file"))
        << list;
  }
}

}  // namespace
}  // namespace vcplay::testing
