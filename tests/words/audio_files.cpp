#include "words/audio_files.hpp"

extern "C" {
#include <libavutil/cpu.h>
}

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

constexpr const char* kSweep =
    "-f lavfi -i \"aevalsrc=0.5*sin(2*PI*(100*t+700*t*t))|0.5*sin(2*PI*(120*t+650*t*t)):s=44100:d=5\"";
constexpr const char* kSpeech =
    "-f lavfi -i \"flite=text='When the sunlight strikes raindrops in the air, they act as a prism and form "
    "a "
    "rainbow. The rainbow is a division of white light into many beautiful colors.'\""
    " -af \"aresample=44100,apad=whole_dur=5,atrim=end_sample=220500,pan=stereo|c0=c0|c1=0.7*c0\"";

void run(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

/// VCPLAY_TEST_CPU_FLAGS=0 has FFmpeg decode and resample with plain C, as it does on a processor that it
/// does not know.
[[maybe_unused]] const bool cpu_flags_are_set = [] {
  if (const char* const flags = std::getenv("VCPLAY_TEST_CPU_FLAGS")) av_force_cpu_flags(std::atoi(flags));
  return true;
}();

}  // namespace

const std::string& scratch() {
  static const TemporaryFolder folder;
  static const std::string path = folder.file("");
  return path;
}

std::string make_file(const std::string& name, const std::string& input, const std::string& arguments) {
  std::string path = scratch() + name;
  run("ffmpeg -nostdin -v error -y " + input + ' ' + arguments + " \"" + path + '"');
  return path;
}

std::string make_audio(const std::string& name, Content content, const std::string& arguments) {
  const std::string master =
      scratch() + (content == Content::sweep ? "sweep-master.wav" : "speech-master.wav");
  if (!std::filesystem::exists(master)) {
    run(std::string("ffmpeg -nostdin -v error -y ") + (content == Content::sweep ? kSweep : kSpeech) +
        " -c:a pcm_f32le \"" + master + '"');
  }
  return make_file(name, "-i \"" + master + '"', arguments);
}

std::vector<float> ffmpeg_decode(const std::string& path) {
  const std::string command = "ffmpeg -nostdin -v error -i \"" + path + "\" -ac 2 -ar 48000 -f f32le -";
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("failed: " + command);
  std::vector<float> samples;
  std::vector<float> block(65'536);
  while (const std::size_t got = std::fread(block.data(), sizeof(float), block.size(), pipe)) {
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
  if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return samples;
}

std::string write_file(const std::string& name, const std::string& contents) {
  std::string path = scratch() + name;
  std::ofstream(path, std::ios::binary) << contents;
  return path;
}

}  // namespace vcplay::testing
