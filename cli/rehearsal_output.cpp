#include "cli/rehearsal_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/milliseconds.hpp"
#include "cli/track_report.hpp"
#include "dave/displayable_code.hpp"

namespace vcplay::cli {
namespace {

nlohmann::ordered_json to_json(const rehearsal::Pacing& pacing) {
  return {{"p50_us", pacing.p50},
          {"p99_us", pacing.p99},
          {"p999_us", pacing.p999},
          {"max_us", pacing.max},
          {"samples", pacing.samples}};
}

std::string row(std::string_view what, const rehearsal::Pacing& pacing) {
  return fmt::format("  {:<28} p50 {:>7.1f}   p99 {:>7.1f}   p99.9 {:>7.1f}   max {:>8.1f}\n", what,
                     pacing.p50, pacing.p99, pacing.p999, pacing.max);
}

/// Value below which `share` of the samples fall: the upper edge of the histogram's bucket.
double quantile(const std::vector<std::uint64_t>& buckets, std::uint64_t total, double share) {
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    seen += buckets[i];
    if (seen > wanted) return static_cast<double>(i + 1);
  }
  return static_cast<double>(buckets.size());
}

/// The join as our own side saw it: how long each phase took.
struct Step {
  std::string_view name;
  double at_ms;
};

std::vector<Step> steps_of(const RehearsalResult& result) {
  std::vector<Step> steps;
  for (const PhaseTime& phase : result.phases) {
    if (phase.phase > voice::ConnectionPhase::ready) break;
    steps.push_back({voice::name(phase.phase), milliseconds(phase.when - result.started)});
  }
  if (result.first_key != TimePoint{}) {
    steps.push_back({"key", milliseconds(result.first_key - result.started)});
  }
  if (result.first_packet != TimePoint{}) {
    steps.push_back({"first-packet", milliseconds(result.first_packet - result.started)});
  }
  if (result.first_audio != TimePoint{}) {
    steps.push_back({"first-audio", milliseconds(result.first_audio - result.started)});
  }
  return steps;
}

}  // namespace

rehearsal::Pacing sender_pacing(const voice::SenderStats& stats) {
  std::vector<std::uint64_t> buckets;
  std::uint64_t total = 0;
  for (const auto& bucket : stats.late_us) {
    buckets.push_back(bucket.load(std::memory_order_relaxed));
    total += buckets.back();
  }
  if (total == 0) return {};
  return {.p50 = quantile(buckets, total, 0.5),
          .p99 = quantile(buckets, total, 0.99),
          .p999 = quantile(buckets, total, 0.999),
          .max = static_cast<double>(stats.worst_late_ns.load(std::memory_order_relaxed)) / 1000.0,
          .samples = total};
}

std::optional<bool> codes_agree(const RehearsalResult& result) {
  const std::vector<std::string>& theirs = result.report.encryption.recent_codes;
  if (result.privacy_code.empty() || theirs.empty()) return std::nullopt;
  return std::find(theirs.begin(), theirs.end(), result.privacy_code) != theirs.end();
}

std::string to_json_line(const RehearsalResult& result) {
  nlohmann::ordered_json object = nlohmann::ordered_json::parse(rehearsal::to_json(result.report));
  nlohmann::ordered_json join = nlohmann::ordered_json::array();
  for (const Step& step : steps_of(result)) join.push_back({{"phase", step.name}, {"ms", step.at_ms}});
  object["join"] = std::move(join);
  object["sender"] = {{"packets", result.packets_sent},
                      {"audio_packets", result.audio_packets_sent},
                      {"underruns", result.underruns},
                      {"live_latency_ms", milliseconds(result.live.latency)},
                      {"live_drift_ppm", std::round(result.live.drift * 1e6)},
                      {"live_stalls", result.live.stalls},
                      {"live_left_out_ms", milliseconds(result.live.left_out)},
                      {"rebases", result.rebases},
                      {"pacing", to_json(result.sender)}};
  object["privacy_code"] =
      result.privacy_code.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(result.privacy_code);
  object["tracks"] = nlohmann::ordered_json::array();
  for (const media::TrackResult& track : result.tracks) object["tracks"].push_back(to_json(track));
  const auto agree = codes_agree(result);
  object["privacy_codes_agree"] = agree ? nlohmann::ordered_json(*agree) : nlohmann::ordered_json();
  object["bare_loop"] = to_json(result.bare);
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string to_report_text(const RehearsalResult& result) {
  std::string text = rehearsal::to_text(result.report);
  auto out = std::back_inserter(text);
  fmt::format_to(out, "Join, ms after the program's start\n ");
  for (const Step& step : steps_of(result)) fmt::format_to(out, " {} {:.0f}", step.name, step.at_ms);
  fmt::format_to(out, "\nSender\n  {} packets, {} of audio, {} underruns, {} rebases\n", result.packets_sent,
                 result.audio_packets_sent, result.underruns, result.rebases);
  for (const media::TrackResult& track : result.tracks) text += to_text(track);
  if (result.live.latency > Duration::zero()) {
    fmt::format_to(out,
                   "  live input: {:.0f} ms behind, its clock {:+.2f} %, {} stalls, {:.0f} ms left out\n",
                   milliseconds(result.live.latency), result.live.drift * 100, result.live.stalls,
                   milliseconds(result.live.left_out));
  } else if (result.live.left_out > Duration::zero()) {
    fmt::format_to(out, "  live input: {:.0f} ms left out\n", milliseconds(result.live.left_out));
  }
  if (const auto agree = codes_agree(result)) {
    fmt::format_to(out, "Voice privacy code {}, {}\n", dave::in_groups(result.privacy_code),
                   *agree ? "the same on both sides" : "DIFFERENT ON THE TWO SIDES");
  }
  if (result.bare.samples == 0) return text;
  fmt::format_to(out, "Pacing, µs late\n");
  text += row("deadline to send", result.sender);
  text += row("a bare sleep loop here", result.bare);
  return text;
}

}  // namespace vcplay::cli
