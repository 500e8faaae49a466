// What a play of each kind of input holds in memory, and how soon a file of hours that nobody has
// read lately is heard.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>

#include "input_kinds.hpp"
#include "loopback.hpp"
#include "report.hpp"

namespace vcplay::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kFirstPacketTarget = 80;  // ms

// ── memory ──

/// Plays it for a while, with what its feeder writes, if it has one.
Memory memory_of(const InputKind& kind, const Loopback& discord, int seconds) {
  std::optional<Child> feeder;
  int input = -1;
  if (!kind.feeder.empty()) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    feeder.emplace(Arguments{"sh", "-c", fmt::format("exec {} >&{}", kind.feeder, ends[1])});
    close(ends[1]);
    input = ends[0];
  }
  const Child play(discord.play({}, kind.media), discord.token(), Child::Input::none, input);
  if (input >= 0) close(input);
  return watch_memory(play, seconds);
}

/// ffmpeg's peak while it transcodes as much of a file.
double memory_of_ffmpeg(const std::string& file) {
  return run({"ffmpeg", "-nostdin", "-loglevel", "error", "-threads", "1", "-i", file, "-t", "5", "-c:a",
              "libopus", "-b:a", "128k", "-f", "null", "-"})
      .peak_mb;
}

Json memories(const Programs& programs, const InputKinds& kinds, int seconds) {
  const Loopback discord(programs);
  fmt::print("Memory of a play of {} s, in MB; ffmpeg's peak while it transcodes 5 s of the same\n", seconds);
  fmt::print("  {:<28} {:>9} {:>10} {:>9} {:>9}\n", "input", "resident", "anonymous", "peak", "ffmpeg");
  Json rows = Json::array();
  for (const InputKind& kind : kinds.all()) {
    const Memory most = memory_of(kind, discord, seconds);
    Json row = {{"input", kind.name},
                {"resident_mb", most.resident},
                {"anonymous_mb", most.anonymous},
                {"peak_mb", most.peak},
                {"met", most.meets_target()}};
    std::string theirs = "-";
    if (!kind.compare.empty()) {
      row["ffmpeg_peak_mb"] = memory_of_ffmpeg(kind.compare);
      theirs = fmt::format("{:.1f}", row["ffmpeg_peak_mb"].get<double>());
    }
    fmt::print("  {:<28} {:>9.1f} {:>10.1f} {:>9.1f} {:>9}   {} {} and {}\n", kind.name, most.resident,
               most.anonymous, most.peak, theirs, most.meets_target() ? "meets" : "MISSES", kResidentTarget,
               kAnonymousTarget);
    rows.push_back(std::move(row));
  }
  return rows;
}

// ── the start ──

/// Drops a file from the page cache and returns how much of it, as a share, stays there all the same.
double make_cold(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("cannot open " + path);
  fsync(fd);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  struct stat status {};
  fstat(fd, &status);
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const map = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (map == MAP_FAILED) throw std::runtime_error("cannot look into " + path);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((size + page - 1) / page);
  mincore(map, size, pages.data());
  munmap(map, size);
  const auto resident =
      std::count_if(pages.begin(), pages.end(), [](unsigned char one) { return (one & 1) != 0; });
  return static_cast<double>(resident) / static_cast<double>(pages.size());
}

/// Milliseconds from exec, the dynamic linker's work included.
struct Start {
  double first_packet = 0;  // silence, before the first word
  double first_audio = 0;
  double warm_share = 0;  // of the file, before
};

Start start_of(const Programs& programs, const std::string& file, bool cold, int runs) {
  std::vector<double> packets;
  std::vector<double> audio;
  Start start;
  for (int i = 0; i < runs; ++i) {
    if (cold) start.warm_share = std::max(start.warm_share, make_cold(file));
    const double linking = run({programs.vcplay, "--help"}).wall_seconds * 1000;
    Child rehearsal({programs.vcplay, "rehearse", "--json", "--quiet", file});
    std::this_thread::sleep_for(800ms);
    rehearsal.signal(SIGINT);
    const Json report = Json::parse(rehearsal.line());
    std::map<std::string, double> phases;
    for (const Json& step : report.at("join")) phases[step.at("phase")] = step.at("ms");
    packets.push_back(linking + phases.at("first-packet"));
    audio.push_back(linking + phases.at("first-audio"));
  }
  start.first_packet = median(packets);
  start.first_audio = median(audio);
  return start;
}

Json starts(const Programs& programs, const InputKinds& kinds, int hours, int runs) {
  fmt::print(
      "\nFrom exec to the first packet and to the first audio, in ms (median of {}). Before each run a file "
      "of "
      "{} hours\nis dropped from the page cache; the programs and the short file beside them are warm.\n",
      runs, hours);
  fmt::print("  {:<28} {:>9} {:>9} {:>8} {:>10}\n", "file", "packet", "audio", "ratio", "in cache");
  Json rows = Json::array();
  double short_one = 0;
  const auto tell = [&](const std::string& what, const Start& start) {
    if (short_one == 0) short_one = start.first_audio;
    fmt::print("  {:<28} {:>9.1f} {:>9.1f} {:>8.2f} {:>8.1f} %   {} {:.0f} ms\n", what, start.first_packet,
               start.first_audio, start.first_audio / short_one, start.warm_share * 100,
               start.first_packet < kFirstPacketTarget ? "meets" : "MISSES", kFirstPacketTarget);
    rows.push_back({{"file", what},
                    {"first_packet_ms", start.first_packet},
                    {"first_audio_ms", start.first_audio},
                    {"ratio_to_short", start.first_audio / short_one},
                    {"share_in_cache", start.warm_share}});
  };
  tell("1 s of mp3, warm", start_of(programs, kinds.short_file(), false, runs));
  for (const InputKinds::LongFile& one : kinds.long_files()) {
    tell(one.what, start_of(programs, one.path, true, runs));
  }
  return rows;
}

}  // namespace
}  // namespace vcplay::bench

int main(int argc, char** argv) {
  using namespace vcplay::bench;
  CLI::App app("Measures memory and start of `vcplay play` for each kind of input");
  Programs programs;
  std::string json_file;
  int seconds = 6;
  int hours = 3;
  int runs = 7;
  app.add_option("--vcplay", programs.vcplay, "The program")->required();
  app.add_option("--seconds", seconds, "For how long the memory of each play is watched")
      ->capture_default_str();
  app.add_option("--hours", hours, "Length of the long files")->capture_default_str();
  app.add_option("--runs", runs, "How many starts of each file")->capture_default_str();
  app.add_option("--json", json_file, "Also write the figures to this file");
  CLI11_PARSE(app, argc, argv);
  return report("input_bench", json_file, [&]() -> Json {
    const Scratch scratch;
    programs.scratch = scratch.path();
    const InputKinds kinds(programs.scratch, hours);
    return {{"memory", memories(programs, kinds, seconds)}, {"start", starts(programs, kinds, hours, runs)}};
  });
}
