// What a minute of audio costs by the kind of its source, beside ffmpeg, and what the encoder's settings do
// to sound and cost.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "children.hpp"
#include "report.hpp"
#include "spectrum.hpp"

namespace vcplay::bench {
namespace {

constexpr double kPassthroughTarget = 0.05;  // of transcoding
constexpr int kRuns = 3;

struct Bench {
  std::string vcplay;
  std::filesystem::path scratch;
  int minutes = 10;

  [[nodiscard]] std::string file(const std::string& name) const { return (scratch / name).string(); }
};

// Not silence and not one tone: an encoder must have something to do.
const std::string kMusic =
    "aevalsrc=exprs='0.25*sin(2*PI*(220+20*sin(t))*t)+0.15*sin(2*PI*660*t)*exp(-4*mod(t\\,0.5))+0.05*random("
    "0)|"
    "0.25*sin(2*PI*(330+15*sin(1.3*t))*t)+0.15*sin(2*PI*880*t)*exp(-4*mod(t\\,0.5))+0.05*random(1)':s=48000";
const std::string kSpeech =
    "flite=text='When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow. The "
    "rainbow is "
    "a division of white light into many beautiful colors. These take the shape of a long round arch, with "
    "its path "
    "high above, and its two ends apparently beyond the horizon.',aresample=48000";

void ffmpeg(Arguments words) {
  words.insert(words.begin(), {"ffmpeg", "-nostdin", "-loglevel", "error", "-y"});
  run(words);
}

double best_cpu(const Arguments& words) {
  double best = 1e9;
  for (int i = 0; i < kRuns; ++i) best = std::min(best, run(words).cpu_seconds);
  return best;
}

/// Processor seconds per minute of audio; what it takes to start is measured with a second of
/// it and left out.
double cpu_per_minute(const Bench& bench, const std::function<Arguments(const std::string&)>& command,
                      const std::string& kind) {
  const double all = best_cpu(command("long." + kind));
  const double start = best_cpu(command("short." + kind));
  return (all - start) / (bench.minutes - 1.0 / 60);
}

void make_sources(const Bench& bench) {
  const std::string seconds = std::to_string(bench.minutes * 60);
  for (const auto& [name, length] :
       {std::pair{std::string("long"), seconds}, {std::string("short"), std::string("1")}}) {
    const std::string wav = bench.file(name + ".wav");
    ffmpeg({"-f", "lavfi", "-i", kMusic + ":d=" + length, "-c:a", "pcm_s16le", wav});
    ffmpeg({"-i", wav, "-b:a", "192k", bench.file(name + ".mp3")});
    ffmpeg({"-i", wav, bench.file(name + ".flac")});
    ffmpeg({"-i", wav, "-c:a", "aac", "-b:a", "192k", bench.file(name + ".m4a")});
    ffmpeg({"-i", wav, "-c:a", "libopus", "-vbr", "off", "-b:a", "128k", bench.file(name + ".opus")});
  }
}

struct Row {
  std::string what;
  std::string kind;
  bool passes = false;
};

Json costs(const Bench& bench) {
  make_sources(bench);
  fmt::print("Processor time per minute of audio, to Opus at 128 kbit/s\n");
  fmt::print("  {:<24} {:>12} {:>12} {:>8}\n", "source", "vcplay", "ffmpeg", "ratio");
  Json rows = Json::array();
  double transcoded = 0;
  double passed = 0;
  for (const Row& row : {Row{"raw PCM", "wav"},
                         {"mp3", "mp3"},
                         {"flac", "flac"},
                         {"aac", "m4a"},
                         {"opus, encoded anew", "opus"},
                         {"opus, passed through", "opus", true}}) {
    const double ours = cpu_per_minute(
        bench,
        [&](const std::string& file) -> Arguments {
          return {bench.vcplay,
                  "encode",
                  "--quiet",
                  "--bitrate",
                  "128k",
                  "--passthrough",
                  row.passes ? "auto" : "off",
                  bench.file(file),
                  "-o",
                  bench.file("out.opus")};
        },
        row.kind);
    const double theirs = cpu_per_minute(
        bench,
        [&](const std::string& file) -> Arguments {
          Arguments words = {
              "ffmpeg", "-nostdin",       "-loglevel", "error", "-y", "-threads", "1",
              "-i",     bench.file(file), "-c:a",      "copy",  "-f", "opus",     bench.file("theirs.opus")};
          if (!row.passes) {
            words[10] = "libopus";
            words.insert(words.begin() + 11, {"-b:a", "128k", "-ar", "48000"});
          }
          return words;
        },
        row.kind);
    fmt::print("  {:<24} {:>9.1f} ms {:>9.1f} ms {:>8.2f}\n", row.what, ours * 1000, theirs * 1000,
               ours / theirs);
    rows.push_back({{"source", row.what}, {"vcplay_seconds", ours}, {"ffmpeg_seconds", theirs}});
    if (row.kind == "opus") (row.passes ? passed : transcoded) = ours;
  }
  const double share = passed / transcoded;
  fmt::print("  passing through takes {:.1f} % of encoding anew   {} {:.0f} %\n", share * 100,
             share <= kPassthroughTarget ? "meets" : "MISSES", kPassthroughTarget * 100);
  return {{"per_minute", rows},
          {"passthrough_share", share},
          {"target", kPassthroughTarget},
          {"met", share <= kPassthroughTarget}};
}

std::vector<float> mono_samples(const Bench& bench, const std::string& file) {
  ffmpeg({"-i", file, "-af", "pan=mono|c0=c0", "-ar", "48000", "-f", "f32le", bench.file("samples")});
  std::ifstream in(bench.file("samples"), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::vector<float> samples(bytes.size() / sizeof(float));
  std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(float));
  return samples;
}

struct Setting {
  std::string name;
  Arguments options;
};

Json qualities(const Bench& bench) {
  ffmpeg({"-f", "lavfi", "-i", kMusic + ":d=60", "-c:a", "pcm_f32le", bench.file("music.wav")});
  ffmpeg({"-f", "lavfi", "-i", kSpeech, "-ac", "2", "-c:a", "pcm_f32le", bench.file("speech.wav")});
  const std::vector<Setting> settings = {
      {"default, 64k", {}},
      {"96k", {"--bitrate", "96k"}},
      {"128k", {"--bitrate", "128k"}},
      {"complexity 0", {"--complexity", "0"}},
      {"complexity 5", {"--complexity", "5"}},
      {"complexity 10", {"--complexity", "10"}},
      {"voip", {"--application", "voip"}},
      {"lowdelay", {"--application", "lowdelay"}},
      {"24k", {"--bitrate", "24k"}},
      {"24k voip", {"--bitrate", "24k", "--application", "voip"}},
      {"packet loss 20 %", {"--packet-loss", "20"}},
      {"FEC, packet loss 20 %", {"--fec", "on", "--packet-loss", "20"}},
  };
  fmt::print(
      "\nThe encoder's settings: distance from the source in 24 bands (signal to noise), processor time per "
      "minute\n");
  fmt::print("  {:<24} {:>18} {:>18} {:>10}\n", "setting", "music", "speech", "cpu");
  Json rows = Json::array();
  for (const Setting& setting : settings) {
    Json row = {{"setting", setting.name}};
    std::string line;
    double cpu = 0;
    for (const std::string sound : {"music", "speech"}) {
      Arguments words = {bench.vcplay,          "encode", "--quiet", bench.file(sound + ".wav"), "-o",
                         bench.file("out.opus")};
      words.insert(words.end(), setting.options.begin(), setting.options.end());
      const double taken = best_cpu(words);
      if (sound == "music") cpu = taken;
      const Distance from = distance(mono_samples(bench, bench.file(sound + ".wav")),
                                     mono_samples(bench, bench.file("out.opus")));
      line += fmt::format(" {:>8.2f} dB ({:>4.1f})", from.spectrum_db, from.snr_db);
      row[sound] = {{"spectrum_db", from.spectrum_db}, {"snr_db", from.snr_db}};
    }
    fmt::print("  {:<24}{} {:>7.0f} ms\n", setting.name, line, cpu * 1000);
    row["cpu_seconds"] = cpu;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace
}  // namespace vcplay::bench

int main(int argc, char** argv) {
  using namespace vcplay::bench;
  CLI::App app("Measures what a minute of audio costs and what the encoder's settings do");
  Bench bench;
  std::string json_file;
  app.add_option("--vcplay", bench.vcplay, "The program")->required();
  app.add_option("--minutes", bench.minutes, "Length of the sources")->capture_default_str();
  app.add_option("--json", json_file, "Also write the figures to this file");
  CLI11_PARSE(app, argc, argv);
  return report("codec_bench", json_file, [&]() -> Json {
    const Scratch scratch;
    bench.scratch = scratch.path();
    return {{"costs", costs(bench)}, {"settings", qualities(bench)}};
  });
}
