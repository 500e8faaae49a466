#include "words/opus_files.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/bytes.hpp"
#include "words/audio_files.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

std::string sha256(ByteView bytes) {
  std::array<std::uint8_t, 32> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return to_hex(digest);
}

std::string output_of(const std::string& command) {
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> block{};
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe))
    text.append(block.data(), got);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

std::vector<std::size_t> packet_numbers(const std::string& file, const std::string& what) {
  std::istringstream lines(
      output_of("ffprobe -v error -show_entries packet=" + what + " -of csv=p=0 \"" + file + '"'));
  std::vector<std::size_t> numbers;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != ',')
      numbers.push_back(std::stoul(line));  // side data has lines of its own
  }
  return numbers;
}

}  // namespace

std::vector<std::string> packets_in(const std::string& file) {
  std::istringstream lines(
      output_of("ffprobe -v error -show_packets -show_data_hash sha256 "
                "-show_entries packet=data_hash -of csv=p=0 \"" +
                file + '"'));
  std::vector<std::string> hashes;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find("SHA256:");
    if (at != std::string::npos) hashes.push_back(line.substr(at + 7, 64));
  }
  return hashes;
}

std::vector<std::string> hashes_of(const std::vector<OpusFrame>& frames) {
  std::vector<std::string> hashes;
  for (const OpusFrame& frame : frames) hashes.push_back(sha256(frame.view()));
  return hashes;
}

std::string music(std::size_t samples, std::size_t from) {
  const std::string end = std::to_string(from + samples);
  return "-f lavfi -i "
         "\"aevalsrc='0.4*sin(2*PI*(200*t+90*t*t))+0.1*sin(2*PI*1000*t)|0.4*cos(2*PI*(210*t+80*t*t))"
         "+0.05*sin(2*PI*3000*t)':s=48000:d=" +
         std::to_string((from + samples) / 48'000 + 1) + ",atrim=start_sample=" + std::to_string(from) +
         ":end_sample=" + end + ",asetpts=N/SR/TB\"";
}

std::vector<float> decoded(const std::vector<OpusFrame>& frames) {
  int result = 0;
  OpusDecoder* const decoder = opus_decoder_create(kSampleRate, kChannels, &result);
  std::vector<float> samples(frames.size() * kSamplesPerFrame * kChannels);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(opus_decode_float(decoder, frames[i].bytes.data(), frames[i].size,
                                samples.data() + i * kSamplesPerFrame * kChannels, kSamplesPerFrame, 0),
              static_cast<int>(kSamplesPerFrame));
  }
  opus_decoder_destroy(decoder);
  return samples;
}

std::string tag_of(const std::string& file, const std::string& name) {
  std::string text = output_of("ffprobe -v error -show_entries stream_tags=" + name +
                               " -of default=nw=1:nk=1 \"" + file + '"');
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::vector<std::size_t> packet_sizes(const std::string& file) { return packet_numbers(file, "size"); }

std::vector<std::size_t> packet_positions(const std::string& file) { return packet_numbers(file, "pos"); }

std::vector<float> opus_decode(const std::string& file, bool mono) {
  const std::string bytes =
      output_of("ffmpeg -nostdin -v error -c:a libopus -request_sample_fmt flt -i \"" + file +
                "\" -af \"pan=stereo|c0=c0|c1=" + (mono ? "c0" : "c1") + "\" -f f32le -");
  std::vector<float> samples(bytes.size() / sizeof(float));
  std::copy_n(bytes.data(), samples.size() * sizeof(float), reinterpret_cast<char*>(samples.data()));
  return samples;
}

std::vector<float> without_delay(std::vector<float> samples, std::size_t delay) {
  samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(delay * kChannels));
  return samples;
}

std::string piped(const std::string& path) {
  static int number = 0;
  std::string pipe = scratch() + "pipe" + std::to_string(++number);
  const std::string command = "mkfifo '" + pipe + "' && (cat '" + path + "' > '" + pipe + "' &)";
  EXPECT_EQ(std::system(command.c_str()), 0);
  return pipe;
}

double residual(const std::vector<float>& a, const std::vector<float>& b, std::size_t from,
                std::size_t samples) {
  if (std::min(a.size(), b.size()) < (from + samples) * kChannels)
    throw std::out_of_range("too little is heard");
  double power = 0;
  for (std::size_t i = from * kChannels; i < (from + samples) * kChannels; ++i) {
    power += std::pow(double{a[i]} - double{b[i]}, 2);
  }
  return std::max(-200.0, 10 * std::log10(power / static_cast<double>(samples * kChannels) + 1e-30));
}

std::string whole_packets(const std::string& name, std::size_t packets, std::size_t from,
                          const std::string& bitrate) {
  return make_file(name, music(packets * kSamplesPerFrame - kOpusDelay, from),
                   "-c:a libopus -vbr off -b:a " + bitrate);
}

std::string joined_files(const std::string& name, const std::string& first, const std::string& second) {
  const std::string list = write_file(name + ".txt", "file '" + first + "'\nfile '" + second + "'\n");
  return make_file(name, "-f concat -safe 0 -i \"" + list + '"', "-c copy");
}

void patch(const std::string& path, std::size_t at, const std::string& bytes) {
  std::string all = contents_of(path);
  if (at + bytes.size() > all.size()) throw std::out_of_range(path + " is too short to be patched");
  all.replace(at, bytes.size(), bytes);
  std::ofstream(path, std::ios::binary) << all;
}

}  // namespace vcplay::testing
