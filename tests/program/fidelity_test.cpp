// What the listener of a rehearsal heard, beside what ffmpeg decodes from the same file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using std::chrono_literals::operator""s;

constexpr std::size_t kPacket = 960;  // samples per channel

/// How ffmpeg writes one kind of file.
struct Format {
  std::string name;
  std::string file;
  std::vector<std::string> options;
};

void PrintTo(const Format& format, std::ostream* out) { *out << format.name; }

/// Runs ffmpeg quietly; the test fails where it does.
void ffmpeg(const std::vector<std::string>& words) {
  Command command;
  command.words = {"ffmpeg", "-nostdin", "-loglevel", "error", "-y"};
  command.words.insert(command.words.end(), words.begin(), words.end());
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  const Finished finished = run(command, 60s);
  ASSERT_EQ(finished.exit_status, 0) << finished.err;
}

/// The left channel of interleaved 16-bit stereo, in [-1, 1).
std::vector<double> left_channel(std::string_view s16le) {
  std::vector<double> samples(s16le.size() / 4);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::int16_t value = 0;
    std::memcpy(&value, s16le.data() + 4 * i, 2);
    samples[i] = value / 32768.0;
  }
  return samples;
}

/// The samples of a WAV file as the recorder writes it.
std::string wav_samples(const std::string& path) {
  const std::string file = contents_of(path);
  const std::size_t data = file.find("data");
  return data == std::string::npos ? "" : file.substr(data + 8);
}

/// Normalised correlation of `reference` with what starts at `offset` in `heard`, over `count` samples.
double correlation(const std::vector<double>& reference, std::size_t from, const std::vector<double>& heard,
                   std::size_t offset, std::size_t count) {
  double product = 0;
  double power_a = 0;
  double power_b = 0;
  for (std::size_t i = 0; i < count && offset + from + i < heard.size(); ++i) {
    const double a = reference[from + i];
    const double b = heard[offset + from + i];
    product += a * b;
    power_a += a * a;
    power_b += b * b;
  }
  return product / (std::sqrt(power_a * power_b) + 1e-12);
}

/// The offset at which a second from the middle of `reference` fits best.
std::size_t best_offset(const std::vector<double>& reference, const std::vector<double>& heard) {
  const std::size_t window = std::min<std::size_t>(8192, reference.size() / 2);
  const std::size_t from = reference.size() / 2 - window / 2;
  std::size_t best = 0;
  double best_value = -2;
  for (std::size_t offset = 0; offset < 20 * kPacket; ++offset) {
    const double value = correlation(reference, from, heard, offset, window);
    if (value <= best_value) continue;
    best_value = value;
    best = offset;
  }
  return best;
}

// A sweep that never repeats, and a voice.
const std::string kSweep = "aevalsrc='0.5*sin(2*PI*(100*t+200*t*t))':s=48000:d=3.01";
const std::string kSpeech = "flite=text='The quick brown fox jumps over the lazy dog, and nobody minds.'";

class Fidelity : public ::testing::TestWithParam<std::tuple<std::string, Format>> {};

TEST_P(Fidelity, WhatIsHeardIsWhatTheFileSays) {
  const auto& [source, format] = GetParam();
  const TemporaryFolder folder;
  const std::string file = folder.file(format.file);
  std::vector<std::string> make = {"-f", "lavfi", "-i", source};
  make.insert(make.end(), format.options.begin(), format.options.end());
  make.push_back(file);
  ffmpeg(make);
  ffmpeg({"-i", file, "-ar", "48000", "-ac", "2", "-f", "s16le", folder.file("reference.raw")});
  ffmpeg({"-f", "lavfi", "-i", source, "-ar", "48000", "-ac", "2", "-f", "s16le", folder.file("source.raw")});

  Command rehearse;
  rehearse.words = {kProgram,    "rehearse", "--fast",   "--json",
                    "--bitrate", "128000",   "--output", folder.file("heard.wav"),
                    file};
  const Finished finished = run(rehearse, 60s);
  ASSERT_EQ(finished.exit_status, 0) << finished.err << finished.out;

  const std::vector<double> reference = left_channel(contents_of(folder.file("reference.raw")));
  const std::vector<double> heard = left_channel(wav_samples(folder.file("heard.wav")));
  ASSERT_GT(reference.size(), 48'000U);
  const std::size_t offset = best_offset(reference, heard);
  EXPECT_GE(correlation(reference, 0, heard, offset, reference.size()), 0.99);

  const auto report = nlohmann::json::parse(finished.out);
  const auto samples = report.at("packets").at("audio").get<std::size_t>() * kPacket;
  // To within one packet. ffmpeg 5.1 leaves AAC's padding at the end of an m4a; a Matroska file
  // says nothing of it.
  const std::size_t source_samples = contents_of(folder.file("source.raw")).size() / 4;
  EXPECT_GE(samples + 1, source_samples);  // nothing is cut
  EXPECT_LT(samples, std::max(source_samples, reference.size()) + 2 * kPacket);
  EXPECT_EQ(report.at("packets").at("lost"), 0);
  EXPECT_EQ(report.at("e2ee").at("version"), 1);
  EXPECT_EQ(report.at("privacy_codes_agree"), true);
}

const Format kFormats[] = {
    {"mp3", "a.mp3", {"-c:a", "libmp3lame", "-b:a", "192k"}},
    {"flac", "a.flac", {}},
    {"wav_u8", "a.wav", {"-c:a", "pcm_u8"}},
    {"wav_s24", "a.wav", {"-c:a", "pcm_s24le"}},
    {"wav_f32", "a.wav", {"-c:a", "pcm_f32le"}},
    {"wav_mono_8k", "a.wav", {"-ar", "8000", "-ac", "1"}},
    {"wav_96k_5_1", "a.wav", {"-ar", "96000", "-ac", "6", "-c:a", "pcm_s24le"}},
    {"ogg_vorbis", "a.ogg", {"-c:a", "libvorbis", "-q:a", "6"}},
    {"opus", "a.opus", {"-c:a", "libopus", "-b:a", "128k"}},
    {"m4a_aac", "a.m4a", {"-c:a", "aac", "-b:a", "192k"}},
    {"mkv_aac", "a.mkv", {"-c:a", "aac", "-b:a", "192k"}},
    {"webm_opus", "a.webm", {"-c:a", "libopus", "-b:a", "128k"}},
};

std::string test_name(const ::testing::TestParamInfo<std::tuple<std::string, Format>>& row) {
  return std::get<1>(row.param).name + (std::get<0>(row.param) == kSweep ? "_sweep" : "_speech");
}

INSTANTIATE_TEST_SUITE_P(OfFormats, Fidelity,
                         ::testing::Combine(::testing::Values(kSweep, kSpeech),
                                            ::testing::ValuesIn(kFormats)),
                         test_name);

}  // namespace
}  // namespace vcplay::testing
