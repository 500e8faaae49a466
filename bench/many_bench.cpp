// What a channel more costs the sender: one stream into many channels, beside a bare loop that encrypts,
// seals and sends as much. The receiving side is another process, which counts.
#include <fmt/core.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "many_runs.hpp"
#include "report.hpp"

namespace vcplay::bench {
namespace {

constexpr double kMostCost = 1.3;       // × the bare loop's processor time for a packet
constexpr double kMostLateUs = 1000;    // p99
constexpr double kMostLateRatio = 2.0;  // × the bare loop's p99

double cost_us(const ManyRun& run) {
  return std::chrono::duration<double, std::micro>(run.processor_time).count() /
         static_cast<double>(std::max<std::uint64_t>(run.packets + run.lost, 1));
}

double share(const ManyRun& run) {
  return std::chrono::duration<double>(run.processor_time) / std::chrono::duration<double>(run.time);
}

Json tell(std::size_t channels, const char* loop, const ManyRun& run, std::uint64_t received) {
  fmt::print("{:>8}  {:<6} {:>8.2f} {:>6.1f} {:>8.0f} {:>8.0f} {:>8.0f} {:>7} {:>7} {:>6} {:>6} {:>9.1f}\n",
             channels, loop, cost_us(run), 100 * share(run), percentile(run.late, 0.5),
             percentile(run.late, 0.99), percentile(run.late, 0.999), run.stalls, run.skipped, run.lost,
             run.threads, run.kib_per_channel);
  return {{"cost_us", cost_us(run)},
          {"share", share(run)},
          {"p50_us", percentile(run.late, 0.5)},
          {"p99_us", percentile(run.late, 0.99)},
          {"p999_us", percentile(run.late, 0.999)},
          {"stalls", run.stalls},
          {"skipped", run.skipped},
          {"lost", run.lost},
          {"packets", run.packets},
          {"received", received},
          {"threads", run.threads},
          {"kib_per_channel", run.kib_per_channel}};
}

/// Both loops with so many channels, one after the other.
Json compare(std::size_t channels, Duration time, const CountingPeer& peer, bool senders_first) {
  ManyRun bare;
  ManyRun senders;
  Json both;
  const auto measure_bare = [&] {
    const std::uint64_t before = peer.count();
    bare = run_bare(channels, time, peer);
    both["bare"] = tell(channels, "bare", bare, peer.count() - before);
  };
  if (!senders_first) measure_bare();
  const std::uint64_t before = peer.count();
  senders = run_senders(channels, time, peer);
  both["senders"] = tell(channels, "sender", senders, peer.count() - before);
  if (senders_first) measure_bare();
  const double cost = cost_us(senders) / cost_us(bare);
  const double late = percentile(senders.late, 0.99);
  const double late_ratio = late / percentile(bare.late, 0.99);
  const bool met = cost <= kMostCost && late <= kMostLateUs && late_ratio <= kMostLateRatio &&
                   (senders.stalls == 0 || bare.stalls > 0);
  fmt::print("{:>8}  {:<6} {:>8.2f} {:>6} {:>8} {:>8.2f}   {}\n", "", "ratio", cost, "", "", late_ratio,
             met ? "met" : "missed");
  both["channels"] = channels;
  both["cost_ratio"] = cost;
  both["p99_ratio"] = late_ratio;
  both["met"] = met;
  return both;
}

/// A thousand channels have two descriptors each.
void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace vcplay::bench

int main(int argc, char** argv) {
  CLI::App app(
      "Compares one stream into many channels with a bare loop that encrypts, seals and sends as much");
  std::vector<std::size_t> channels = {1, 10, 100, 500, 1000};
  int seconds = 20;
  int runs = 1;
  std::string json_file;
  app.add_option("--channels", channels, "How many channels, each a run of its own")->capture_default_str();
  app.add_option("--seconds", seconds, "Length of each run")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  app.add_option("--runs", runs, "How often each is measured")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_option("--json", json_file, "Also write the figures to this file");
  CLI11_PARSE(app, argc, argv);

  return vcplay::bench::report("many_bench", json_file, [&] {
    vcplay::bench::allow_many_descriptors();
    const vcplay::bench::CountingPeer peer;
    fmt::print(
        "channels  loop   µs/pckt  core %   p50 µs   p99 µs p99.9 µs  stalls skipped   lost threads "
        "KiB/chan\n");
    vcplay::bench::Json all = vcplay::bench::Json::array();
    for (const std::size_t many : channels) {
      for (int run = 0; run < runs; ++run) {
        all.push_back(vcplay::bench::compare(many, std::chrono::seconds(seconds), peer, run % 2 == 1));
      }
    }
    return vcplay::bench::Json{{"seconds", seconds}, {"runs", std::move(all)}};
  });
}
