#include "words/ebur128_witness.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "words/audio_files.hpp"

namespace vcplay::testing {
namespace {

/// The number behind `name` in the summary at the end of what ffmpeg says.
double summed_up(const std::string& said, const std::string& name) {
  const std::size_t summary = said.rfind("Summary:");
  const std::size_t place = said.find(name, summary == std::string::npos ? said.size() : summary);
  if (place == std::string::npos) throw std::runtime_error("ffmpeg says nothing of " + name + '\n' + said);
  return std::strtod(said.c_str() + place + name.size(), nullptr);
}

Loudness measure(const std::string& input) {
  const std::string command = "ffmpeg -nostdin -nostats -hide_banner " + input +
                              " -af ebur128=peak=true:framelog=verbose -f null - 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("failed: " + command);
  std::string said;
  char block[4096];
  while (const std::size_t got = std::fread(block, 1, sizeof block, pipe)) said.append(block, got);
  if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command + '\n' + said);
  return {summed_up(said, "I:"), summed_up(said, "Peak:")};
}

}  // namespace

Loudness ffmpeg_loudness(const std::vector<float>& samples) {
  const std::string bytes(reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(float));
  return measure("-f f32le -ar 48000 -ac 2 -i \"" + write_file("loudness.raw", bytes) + '"');
}

Loudness ffmpeg_loudness(const std::string& path) { return measure("-i \"" + path + '"'); }

}  // namespace vcplay::testing
