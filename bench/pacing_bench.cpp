// How much later than a bare loop the sender sends, measured in interleaved pairs and judged
// by the pairs' ratios.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pacing_runs.hpp"
#include "report.hpp"

namespace vcplay::bench {
namespace {

constexpr double kTarget = 1.25;  // for the median of the pair ratios, p50 and p99 alike

/// The figures of one run, in µs.
struct Summary {
  double p50, p99, p999, max;
};

/// `share` of the samples are at most this large (nearest rank).
double percentile(const std::vector<double>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted.at(std::max<std::size_t>(rank, 1) - 1);
}

Summary summarize(std::vector<double> late_us) {
  std::sort(late_us.begin(), late_us.end());
  return {percentile(late_us, 0.50), percentile(late_us, 0.99), percentile(late_us, 0.999), late_us.back()};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Json tell(int pair, const char* loop, const Run& run, const Summary& summary) {
  fmt::print("{:>4}  {:<6} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>7} {:>6}\n", pair, loop, summary.p50,
             summary.p99, summary.p999, summary.max, run.stalls, run.lost);
  return {{"p50_us", summary.p50},         {"p99_us", summary.p99},     {"p999_us", summary.p999},
          {"max_us", summary.max},         {"stalls", run.stalls},      {"lost", run.lost},
          {"packets", run.late_us.size()}, {"real_time", run.real_time}};
}

/// The pairs' results so far and the verdict on them.
class Comparison {
 public:
  void add_pair(int pair, int packets) {
    Run sender, bare;
    if (pair % 2 == 1) {  // turn about, so that a machine that warms up favours neither
      bare = run_bare_loop(packets);
      sender = run_sender(packets);
    } else {
      sender = run_sender(packets);
      bare = run_bare_loop(packets);
    }
    const Summary of_bare = summarize(bare.late_us);
    const Summary of_sender = summarize(sender.late_us);
    Json both;
    both["bare"] = tell(pair, "bare", bare, of_bare);
    both["sender"] = tell(pair, "sender", sender, of_sender);
    pairs_.push_back(std::move(both));
    p50_.push_back(of_sender.p50 / of_bare.p50);
    p99_.push_back(of_sender.p99 / of_bare.p99);
    p999_.push_back(of_sender.p999 / of_bare.p999);
    rebases_ += sender.stalls;
    stalls_ += bare.stalls;
    fmt::print("      ratio  {:>9.2f} {:>9.2f} {:>9.2f}\n", p50_.back(), p99_.back(), p999_.back());
  }

  Json verdict() const {
    const double p50 = median(p50_), p99 = median(p99_);
    const bool met = p50 <= kTarget && p99 <= kTarget && rebases_ <= stalls_;
    fmt::print(
        "\nmedian of the ratios: p50 {:.2f}, p99 {:.2f}, p99.9 {:.2f} (target: p50 and p99 at most {})\n",
        p50, p99, median(p999_), kTarget);
    fmt::print("rebases of the sender {}, stalls of the bare loop {}\ntarget {}\n", rebases_, stalls_,
               met ? "met" : "missed");
    return {{"pairs", pairs_},
            {"median_ratio", {{"p50", p50}, {"p99", p99}, {"p999", median(p999_)}}},
            {"pair_ratios", {{"p50", p50_}, {"p99", p99_}, {"p999", p999_}}},
            {"rebases", rebases_},
            {"bare_stalls", stalls_},
            {"target", kTarget},
            {"met", met}};
  }

 private:
  Json pairs_ = Json::array();
  std::vector<double> p50_, p99_, p999_;
  std::uint64_t rebases_ = 0;
  std::uint64_t stalls_ = 0;
};

}  // namespace
}  // namespace vcplay::bench

int main(int argc, char** argv) {
  CLI::App app("Compares the sender's pacing with that of a bare clock_nanosleep-and-send loop");
  int pairs = 5;
  int seconds = 60;
  std::string json_file;
  app.add_option("--pairs", pairs, "How many pairs of runs")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--seconds", seconds, "Length of each run")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  app.add_option("--json", json_file, "Also write the figures to this file");
  CLI11_PARSE(app, argc, argv);

  return vcplay::bench::report("pacing_bench", json_file, [&] {
    fmt::print("pair  loop     p50 µs    p99 µs  p99.9 µs    max µs  stalls   lost\n");
    vcplay::bench::Comparison comparison;
    for (int pair = 1; pair <= pairs; ++pair) comparison.add_pair(pair, seconds * 50);
    vcplay::bench::Json verdict = comparison.verdict();
    verdict["seconds_per_run"] = seconds;
    return verdict;
  });
}
