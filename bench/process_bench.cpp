// Whole processes, measured from outside: what `vcplay play` costs in processor time, memory, system calls
// and in time until its first packet, with the loopback Discord in another process.
#include <arpa/inet.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "children.hpp"
#include "loopback.hpp"
#include "report.hpp"

namespace vcplay::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kCpuTarget = 1.10;
constexpr double kCallsTarget = 2;         // per packet
constexpr double kFirstPacketTarget = 80;  // ms
constexpr int kFastSeconds = 300;          // are rehearsed with --fast
constexpr double kFastEncodedTarget = 30;  // times real time
constexpr double kFastPassingTarget = 100;

std::string make_song(const Programs& programs, int seconds) {
  std::string file = (programs.scratch / fmt::format("song-{}.mp3", seconds)).string();
  // Not silence and not one tone: an encoder must have something to do.
  const std::string sound = fmt::format(
      "aevalsrc=exprs='0.25*sin(2*PI*(220+20*sin(t))*t)+0.15*sin(2*PI*660*t)*exp(-4*mod(t\\,0.5))+0.05*"
      "random(0)|"
      "0.25*sin(2*PI*(330+15*sin(1.3*t))*t)+0.15*sin(2*PI*880*t)*exp(-4*mod(t\\,0.5))+0.05*random(1)'"
      ":s=44100:d={}",
      seconds);
  run({"ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", sound, "-b:a", "192k", file});
  return file;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Reads datagrams in this process, as the loopback Discord does in its own: who sends one pays
/// for waking the reader.
class Reader {
 public:
  Reader() : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no socket to read from");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      std::array<char, 2048> packet{};
      while (recv(socket_, packet.data(), packet.size(), 0) > 1) {
      }
    });
  }
  ~Reader() {
    const sockaddr_in self = loopback(port_);
    sendto(socket_, "", 1, 0, reinterpret_cast<const sockaddr*>(&self), sizeof self);
    thread_.join();
    close(socket_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// The child mode `bare`: as many packets as a play sends, each after a sleep to its deadline.
int bare_loop(int packets, std::uint16_t port) {
  const int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (connect(sender, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 1;
  const std::array<char, 360> packet{};
  timespec deadline{};
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  for (int i = 0; i < packets; ++i) {
    deadline.tv_nsec += 20'000'000;
    if (deadline.tv_nsec >= 1'000'000'000) {
      deadline.tv_nsec -= 1'000'000'000;
      ++deadline.tv_sec;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr) == EINTR) {
    }
    static_cast<void>(send(sender, packet.data(), packet.size(), MSG_DONTWAIT));
  }
  close(sender);
  return 0;
}

Json processor_time(const Programs& programs, int seconds) {
  const std::string song = make_song(programs, seconds);
  const Loopback discord(programs);
  const double play = run(discord.play({}, {song}), discord.token()).cpu_seconds;
  const double ffmpeg = run({"ffmpeg", "-loglevel", "error", "-threads", "1", "-i", song, "-ar", "48000",
                             "-c:a", "libopus", "-b:a", "128k", "-f", "null", "-"})
                            .cpu_seconds;
  const Reader reader;
  const double bare =
      run({programs.self, "--bare", std::to_string(seconds * 50), "--port", std::to_string(reader.port())})
          .cpu_seconds;
  const double ratio = play / (ffmpeg + bare);
  verdict(
      fmt::format("CPU of a {} s song: {:.2f} s, ffmpeg {:.2f}, bare {:.2f}", seconds, play, ffmpeg, bare),
      fmt::format("ratio {:.2f}", ratio), ratio <= kCpuTarget, fmt::format("{:.2f}", kCpuTarget));
  return {{"song_seconds", seconds},   {"play_seconds", play}, {"ffmpeg_seconds", ffmpeg},
          {"bare_loop_seconds", bare}, {"ratio", ratio},       {"target", kCpuTarget},
          {"met", ratio <= kCpuTarget}};
}

Json memory_of(const std::string& what, const Child& play, int seconds) {
  const Memory most = watch_memory(play, seconds);
  verdict("memory, " + what, fmt::format("{:.1f} MB, {:.1f} anonymous", most.resident, most.anonymous),
          most.meets_target(), fmt::format("{} and {}", kResidentTarget, kAnonymousTarget));
  return {{"resident_mb", most.resident},
          {"anonymous_mb", most.anonymous},
          {"watched_seconds", seconds},
          {"target_resident_mb", kResidentTarget},
          {"target_anonymous_mb", kAnonymousTarget},
          {"met", most.meets_target()}};
}

/// Ten hours: one minute's frames six hundred times over.
std::string make_ten_hours(const Programs& programs) {
  const std::string minute = (programs.scratch / "minute.mp3").string();
  run({"ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "anoisesrc=d=60:a=0.2:r=24000", "-b:a",
       "32k", "-write_xing", "0", "-id3v2_version", "0", minute});
  std::string file = (programs.scratch / "ten-hours.mp3").string();
  std::ifstream in(minute, std::ios::binary);
  const std::string frames((std::istreambuf_iterator<char>(in)), {});
  std::ofstream out(file, std::ios::binary);
  for (int i = 0; i < 600; ++i) out.write(frames.data(), static_cast<std::streamsize>(frames.size()));
  return file;
}

Json memory(const Programs& programs, int seconds) {
  const Loopback discord(programs);
  Json results;
  {
    const Child play(discord.play({}, {make_ten_hours(programs)}), discord.token());
    results["ten_hours"] = memory_of("a file of ten hours", play, seconds);
    play.signal(SIGINT);
  }
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  const Child source(
      {"sh", "-c",
       fmt::format("exec ffmpeg -loglevel quiet -f lavfi -i anoisesrc=r=44100 -f wav - >&{}", ends[1])});
  close(ends[1]);
  const Child play(discord.play({}, {"-"}), discord.token(), Child::Input::none, ends[0]);
  close(ends[0]);
  results["endless_pipe"] = memory_of("an endless pipe", play, seconds);
  return results;
}

/// System calls per packet on the thread that sends most, between its first and its last audio packet.
Json system_calls(const Programs& programs) {
  const std::string song = make_song(programs, 10);
  const std::string trace = (programs.scratch / "trace").string();
  {
    const Loopback discord(programs);
    run(discord.play({"strace", "-f", "-qq", "-o", trace}, {song}), discord.token());
  }
  struct Thread {
    int sends = 0;
    int calls = 0;          // all, up to now
    int first_send_at = 0;  // calls when the tenth packet went: sockets and threads are set up by then
    int last_send_at = 0;
  };
  std::map<int, Thread> threads;
  const std::regex call("^(\\d+) +([a-z0-9_]+)\\(.*");
  std::ifstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, call)) continue;  // "resumed" lines were counted when they began
    Thread& thread = threads[std::stoi(match[1])];
    ++thread.calls;
    const std::string name = match[2];
    if (name != "sendto" && name != "sendmsg" && name != "send") continue;
    if (++thread.sends == 10) thread.first_send_at = thread.calls;
    thread.last_send_at = thread.calls;
  }
  const auto busiest = std::max_element(threads.begin(), threads.end(), [](const auto& a, const auto& b) {
    return a.second.sends < b.second.sends;
  });
  if (busiest == threads.end() || busiest->second.sends < 100)
    throw std::runtime_error("strace saw no packets");
  const Thread& sender = busiest->second;
  const int packets = sender.sends - 10;
  const double calls = static_cast<double>(sender.last_send_at - sender.first_send_at) / packets;
  // A packet less at one end of the window, a late wake-up: no reason to call 2.00 a miss.
  const bool met = calls <= kCallsTarget + 0.02;
  verdict(fmt::format("system calls of the sender over {} packets", packets),
          fmt::format("{:.2f} per packet", calls), met, fmt::format("{}", kCallsTarget));
  return {{"packets", packets}, {"per_packet", calls}, {"target", kCallsTarget}, {"met", met}};
}

Json first_packet(const Programs& programs) {
  const std::string song = make_song(programs, 1);
  std::vector<double> link;  // from exec to main() and out again: dynamic linking for the most part
  std::vector<std::string> order;
  std::map<std::string, std::vector<double>> phases;
  for (int i = 0; i < 9; ++i) {
    link.push_back(run({programs.vcplay, "--help"}).wall_seconds * 1000);
    Child rehearsal({programs.vcplay, "rehearse", "--json", "--quiet", song});
    const Json report = Json::parse(rehearsal.line());
    order.clear();
    for (const Json& step : report.at("join")) {
      order.push_back(step.at("phase"));
      phases[order.back()].push_back(step.at("ms"));
    }
  }
  Json result = {{"linking_ms", median(link)}, {"phases_ms", Json::object()}};
  std::string story = fmt::format("exec {:.0f}", median(link));
  for (const std::string& phase : order) {
    result["phases_ms"][phase] = median(link) + median(phases[phase]);
    story += fmt::format(", {} {:.0f}", phase, median(link) + median(phases[phase]));
  }
  const double total = result.at("phases_ms").at("first-packet");
  verdict("from exec to the first packet", fmt::format("{:.0f} ms", total), total < kFirstPacketTarget,
          fmt::format("{} ms", kFirstPacketTarget));
  fmt::print("    {}\n", story);
  result["target_ms"] = kFirstPacketTarget;
  result["met"] = total < kFirstPacketTarget;
  return result;
}

/// Pacing while members come and go, each time with a Commit of ours or a Welcome to follow: beside a bare
/// loop that runs in the same process at the same time.
Json churn(const Programs& programs, int seconds) {
  const std::string song = make_song(programs, seconds);
  Child rehearsal(
      {programs.vcplay, "rehearse", "--json", "--quiet", "--listeners", "20", "--churn", "250ms", song});
  const Json report = Json::parse(rehearsal.line());
  const Json& sender = report.at("sender");
  const Json& late = sender.at("pacing");
  const Json& bare = report.at("bare_loop");
  const int rebases = sender.at("rebases");
  const int epochs = report.at("e2ee").at("epochs");
  const bool heard = report.at("e2ee").at("frames").at("undecryptable") == 0 && report.at("findings").empty();
  verdict(fmt::format("20 members come and go, {} epochs in {} s", epochs, seconds),
          fmt::format("{} rebases, all {}", rebases, heard ? "heard" : "NOT HEARD"), rebases == 0 && heard,
          "none lost");
  const auto pacing = [](const Json& of) {
    return fmt::format("p50 {:.0f}, p99 {:.0f}, max {:.0f} µs", of.at("p50_us").get<double>(),
                       of.at("p99_us").get<double>(), of.at("max_us").get<double>());
  };
  fmt::print("    deadline to send: {}; a bare loop at the same time: {}\n", pacing(late), pacing(bare));
  return {
      {"epochs", epochs}, {"rebases", rebases}, {"all_heard", heard}, {"sender", late}, {"bare_loop", bare}};
}

/// How many times faster than real time `rehearse --fast` hears a song, its start and its end included.
Json fast_rehearsal(const Programs& programs) {
  const std::string song = make_song(programs, kFastSeconds);
  const std::string opus = (programs.scratch / "song.opus").string();
  run({programs.vcplay, "encode", "--quiet", "--bitrate", "96k", song, "-o", opus});
  const auto one = [&](const char* what, const std::string& media, double target) -> Json {
    const Usage usage = run({programs.vcplay, "rehearse", "--fast", "--quiet", media});
    const double ratio = kFastSeconds / usage.wall_seconds;
    const double by_processor = kFastSeconds / usage.cpu_seconds;
    verdict(fmt::format("rehearse --fast, {}: {:.1f} s for a song of {} s", what, usage.wall_seconds,
                        kFastSeconds),
            fmt::format("{:.0f} times real time", ratio), ratio >= target, fmt::format("{}", target));
    fmt::print("    by processor time {:.0f} times\n", by_processor);
    return {{"seconds", usage.wall_seconds},
            {"cpu_seconds", usage.cpu_seconds},
            {"ratio", ratio},
            {"ratio_by_cpu", by_processor},
            {"target", target},
            {"met", ratio >= target}};
  };
  return {{"song_seconds", kFastSeconds},
          {"encoded", one("encoded", song, kFastEncodedTarget)},
          {"passing", one("passing", opus, kFastPassingTarget)}};
}

Json measure(const Programs& programs, int song_seconds, int watch_seconds) {
  return {{"cpu", processor_time(programs, song_seconds)}, {"memory", memory(programs, watch_seconds)},
          {"system_calls", system_calls(programs)},        {"first_packet", first_packet(programs)},
          {"fast_rehearsal", fast_rehearsal(programs)},    {"churn", churn(programs, watch_seconds)}};
}

}  // namespace
}  // namespace vcplay::bench

int main(int argc, char** argv) {
  using namespace vcplay::bench;
  CLI::App app("Measures `vcplay play` from outside");
  Programs programs;
  programs.self = std::filesystem::read_symlink("/proc/self/exe").string();
  std::string json_file;
  int song_seconds = 180;
  int watch_seconds = 30;
  int bare_packets = 0;
  std::uint16_t bare_port = 0;
  app.add_option("--vcplay", programs.vcplay, "The program");
  app.add_option("--song", song_seconds, "Length in seconds of the song whose CPU time is compared")
      ->capture_default_str();
  app.add_option("--watch", watch_seconds, "For how long memory is watched, in seconds")
      ->capture_default_str();
  app.add_option("--json", json_file, "Also write the figures to this file");
  app.add_option("--bare", bare_packets)->group("");
  app.add_option("--port", bare_port)->group("");
  CLI11_PARSE(app, argc, argv);
  if (bare_packets > 0) return bare_loop(bare_packets, bare_port);

  return report("process_bench", json_file, [&] {
    const Scratch scratch;
    programs.scratch = scratch.path();
    return measure(programs, song_seconds, watch_seconds);
  });
}
