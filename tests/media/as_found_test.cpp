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

#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/purity.hpp"
#include "words/temporary_folder.hpp"
#include "words/whole_files.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

media::Media at(const std::string& location) { return {location, {}, 0, 0}; }

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

// The longest block of each link is in its own head, and another rate has another one.
TEST(Chain, OfFlacMayGoOnWithAnyRate) {
  const auto link = [](int rate) {
    return contents_of(
        make_file("link.oga", "-f lavfi -i sine=440:d=2:r=" + std::to_string(rate), "-c:a flac -ac 2"));
  };
  for (const auto& [first, second] :
       {std::pair{44'100, 96'000}, {48'000, 96'000}, {96'000, 44'100}, {8'000, 192'000}}) {
    for (const bool is_pipe : {false, true}) {
      const LogBook log;
      const std::string path = write_file("chain.oga", link(first) + link(second) + link(first));
      const std::vector<float> heard = play(is_pipe ? piped(path) : path).heard();
      EXPECT_THAT(log.lines(), IsEmpty()) << first << ", " << second;
      ASSERT_NEAR(static_cast<double>(heard.size()) / kChannels / kSampleRate, 6.0, 0.1)
          << first << ", " << second;
      for (const double at : {0.2, 2.2, 4.2})
        EXPECT_GT(purity(heard, 440, at, at + 1.6), 0.98) << second << ' ' << at;
    }
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
  const std::string opus = bytes_of("whole.opus", "-c:a libopus");
  for (const auto& [name, sound] : {std::pair{"a.flac", flac},
                                    {"a.mp3", mp3},
                                    {"a.aac", aac},
                                    {"a.ac3", bytes_of("whole.ac3")},
                                    {"a.eac3", bytes_of("whole.eac3")},
                                    {"a.dts", bytes_of("whole.dts", "-ar 48000 -strict -2")},
                                    {"a.mp2", bytes_of("whole.mp2")},
                                    {"a.w64", bytes_of("whole.w64")},
                                    {"a.tta", bytes_of("whole.tta")},
                                    {"a.wv", bytes_of("whole.wv")},
                                    {"a.ogg", bytes_of("whole.ogg", "-c:a libvorbis")},
                                    {"a.opus", opus},
                                    {"a.oga", bytes_of("whole.oga", "-c:a flac")},
                                    {"a.wav", bytes_of("whole.wav")},
                                    {"a.aiff", bytes_of("whole.aiff")},
                                    {"a.au", bytes_of("whole.au")},
                                    {"a.caf", bytes_of("whole.caf")}}) {
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

// More sound, or anything else: what nobody knows is not heard.
TEST(BehindTheSound, WhatNobodyKnowsIsLeftOutAndTold) {
  using std::string_literals::operator""s;
  const std::string wav = bytes_of("whole.wav", "-bitexact -map_metadata -1");
  const std::string short_one = with_at(wav, 40, "\0\0\2\0"s);  // 128 KiB of 882,000 bytes
  for (const bool is_pipe : {false, true}) {
    const LogBook log;
    const std::string path = write_file("short.wav", short_one);
    EXPECT_NEAR(static_cast<double>(play(is_pipe ? piped(path) : path).frames.size()), 0.743 * 50, 3);
    EXPECT_THAT(log.lines(),
                ElementsAre(AllOf(HasSubstr("ends at 0:00.743 by its header"), HasSubstr("751 kB"))))
        << is_pipe;
  }
  expect_whole("junk.wav", wav + std::string(2'000, '\x81'));
}

// ── lengths ──

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

// ── blocks ──

// The last block of each channel is filled up: the head says how many samples there are.
TEST(Dsf, MayEndWithinABlock) {
  constexpr std::uint64_t kRate = 2'822'400;
  constexpr std::size_t kBlock = 4'096;
  constexpr std::size_t kBlocks = 101;
  constexpr std::uint64_t kSamples = (kBlocks * 2 - 1) * kBlock * 8 / 2;  // half of the last one
  const std::string sound(kBlocks * kBlock * 2, '\x69');
  const std::string format = number(1, 4) + number(0, 4) + number(2, 4) + number(2, 4) + number(kRate, 4) +
                             number(1, 4) + number(kSamples, 8) + number(kBlock, 4) + number(0, 4);
  const std::string dsf = "DSD " + number(28, 8) + number(92 + sound.size(), 8) + number(0, 8) + "fmt " +
                          number(52, 8) + format + "data" + number(12 + sound.size(), 8) + sound;
  expect_whole("a.dsf", dsf, static_cast<double>(kSamples) / kRate);
}

TEST(EightBitVoice, HasSamplesOfOneByte) {
  using std::string_literals::operator""s;
  const std::string samples(22'051, '\x10');
  const std::string head = "\0\0\x56\x23\0\0\0\0\0\0\0\x20\x56\x22\1\0\0\1\0\0"s;  // 22,050 Hz
  const std::string body = "8SVXVHDR\0\0\0\x14"s + head + "BODY\0\0\x56\x23"s + samples + '\0';
  const std::string size = number(body.size(), 4);
  const LogBook log;
  const Playback playback =
      play(write_file("a.8svx", "FORM" + std::string(size.rbegin(), size.rend()) + body));
  EXPECT_THAT(log.lines(), IsEmpty());
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 50, 2);
}

TEST(Adpcm, MayEndInAShortBlock) {
  for (const auto& [codec, block] : {std::pair{"adpcm_ima_wav", 1'024U}, {"adpcm_ms", 1'024U}}) {
    std::string wav = bytes_of("block.wav", std::string("-bitexact -map_metadata -1 -c:a ") + codec);
    const std::size_t data = wav.find("data");
    wav.resize(wav.size() - (wav.size() - data - 8) % block - block / 2);
    wav.replace(4, 4, number(wav.size() - 8, 4)).replace(data + 4, 4, number(wav.size() - data - 8, 4));
    expect_whole("short-block.wav", wav);
  }
}

// Decoders return numbers of their own.
TEST(Damage, IsToldInWords) {
  const auto noise = [](std::size_t bytes) {
    std::string text;
    for (std::uint32_t value = 1; text.size() < bytes; value = value * 1'664'525 + 1'013'904'223) {
      text += static_cast<char>(value >> 24U);
    }
    return text;
  };
  const std::string ac3 = bytes_of("whole.ac3");
  const LogBook log;
  static_cast<void>(play(write_file("noise.ac3", ac3.substr(0, 20'000) + noise(3'000) + ac3)));
  static_cast<void>(play(write_file("behind.ac3", ac3 + noise(3'000))));
  EXPECT_THAT(log.lines(), Each(AllOf(HasSubstr(" is damaged at "), Not(HasSubstr("Error number")))));
  EXPECT_THAT(log.lines(), Not(IsEmpty()));
}

// ── lists that come once ──

TEST(Pipe, OfAPlaylistSaysWhatItIs) {
  for (const char* const list :
       {"#EXTM3U\na.wav\n", "[playlist]\nFile1=a.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ns0.ts\n#EXT-X-ENDLIST\n",
        "<?xml version=\"1.0\"?>\n<playlist version=\"1\"></playlist>\n",
        "PERFORMER \"A\"\r\nFILE \"a b.wav\" WAVE\r\n  TRACK 01 AUDIO\r\n    INDEX 01 00:00:00\r\n",
        "file a.mp3 mp3\n", "REM DATE 1999\nTRACK 1 audio\n"}) {
    EXPECT_THAT(refusal(at(piped(write_file("list", list)))),
                HasSubstr(" is a playlist, which can be played from a file"))
        << list;
  }
}

}  // namespace
}  // namespace vcplay::testing
