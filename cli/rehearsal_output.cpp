#include "cli/rehearsal_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/milliseconds.hpp"
#include "base/text.hpp"
#include "cli/finding.hpp"
#include "cli/fleet_output.hpp"
#include "cli/track_report.hpp"

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
  return fmt::format("  {:<18}{:>7.1f} {:>7.1f} {:>7.1f} {:>7.1f}\n", what, pacing.p50, pacing.p99,
                     pacing.p999, pacing.max);
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
    if (phase.phase > channel::Phase::ready) break;
    steps.push_back({channel::name(phase.phase), milliseconds(phase.when - result.started)});
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

/// How long it took to be in so many channels, from the program's start on; nothing for one.
struct Joins {
  std::size_t count;
  double first_ms;
  double half_ms;
  double all_ms;
};

std::optional<Joins> joins_of(const RehearsalResult& result) {
  const std::size_t count = result.joined.size();
  if (count < 2) return std::nullopt;
  const auto ms = [&](std::size_t at) { return milliseconds(result.joined[at] - result.started); };
  return Joins{count, ms(0), ms((count - 1) / 2), ms(count - 1)};
}

}  // namespace

rehearsal::Pacing sender_pacing(const Lateness& late, Duration worst) {
  const std::uint64_t total = std::accumulate(late.late_us.begin(), late.late_us.end(), std::uint64_t{});
  if (total == 0) return {};
  return {.p50 = quantile(late.late_us, total, 0.5),
          .p99 = quantile(late.late_us, total, 0.99),
          .p999 = quantile(late.late_us, total, 0.999),
          .max = static_cast<double>(worst.count()) / 1000.0,
          .samples = total};
}

std::optional<bool> codes_agree(const RehearsalResult& result) {
  const std::vector<std::string>& theirs = result.report.encryption.recent_codes;
  if (result.privacy_code.empty() || theirs.empty()) return std::nullopt;
  return std::find(theirs.begin(), theirs.end(), result.privacy_code) != theirs.end();
}

void add_own_side(nlohmann::ordered_json& object, const RehearsalResult& result) {
  nlohmann::ordered_json join = nlohmann::ordered_json::array();
  for (const Step& step : steps_of(result)) join.push_back({{"phase", step.name}, {"ms", step.at_ms}});
  object["join"] = std::move(join);
  if (const auto joins = joins_of(result)) {
    object["joined"] = {{"channels", joins->count},
                        {"first_ms", joins->first_ms},
                        {"half_ms", joins->half_ms},
                        {"all_ms", joins->all_ms}};
  }
  object["sender"] = {{"packets", result.packets_sent},
                      {"audio_packets", result.audio_packets_sent},
                      {"underruns", result.underruns},
                      {"live_latency_ms", milliseconds(result.live.latency)},
                      {"live_drift_ppm", std::round(result.live.drift * 1e6)},
                      {"live_stalls", result.live.stalls},
                      {"live_left_out_ms", milliseconds(result.live.left_out)},
                      {"rebases", result.rebases},
                      {"pacing", to_json(result.sender)}};
  object["ended_early"] =
      result.ended_early.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(result.ended_early);
  const bool is_one = result.targets.size() < 2;  // otherwise each has its own code
  if (is_one) {
    object["privacy_code"] =
        result.privacy_code.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(result.privacy_code);
  }
  object["tracks"] = nlohmann::ordered_json::array();
  for (const media::TrackResult& track : result.tracks) object["tracks"].push_back(to_json(track));
  const auto agree = codes_agree(result);
  if (is_one)
    object["privacy_codes_agree"] = agree ? nlohmann::ordered_json(*agree) : nlohmann::ordered_json();
  object["bare_loop"] = to_json(result.bare);
}

std::string to_json_line(const RehearsalResult& result) {
  if (result.targets.size() > 1) return fleet_json_line(result);
  nlohmann::ordered_json object = nlohmann::ordered_json::parse(rehearsal::to_json(result.report));
  add_own_side(object, result);
  if (!result.targets.empty()) {
    object["targets"] = nlohmann::ordered_json::parse(rehearsal::targets_json(result.targets));
  }
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

namespace {

/// `missed`: packets that somebody ought to have heard.
std::string loss(const rehearsal::Report& report, std::uint64_t missed) {
  const std::uint64_t dropped = report.packets_dropped_by_script;
  const std::string lost = missed == 0 ? "nothing lost" : fmt::format("{} packets lost", missed);
  return dropped == 0 ? lost : fmt::format("{} but {} packets by the script", lost, dropped);
}

std::string_view protection(const rehearsal::EncryptionReport& e2ee) {
  if (e2ee.decrypted == 0) return "not end-to-end encrypted";
  return e2ee.in_plain_text() > 0 ? "not all of it end-to-end encrypted" : "end-to-end encrypted";
}

std::string verdict_line(const RehearsalResult& result, Style style) {
  const rehearsal::Report& report = result.report;
  std::size_t whole = 0;
  std::uint64_t missed = 0;
  for (const rehearsal::ListenerReport& listener : report.listeners) {
    whole += listener.entitled > 0 && listener.heard == listener.entitled ? 1 : 0;
    missed += listener.entitled - listener.heard;
  }
  const bool is_good = !result.failure && report.findings.empty() && codes_agree(result) != false;
  const bool is_proof = report.audio_packets > 0;
  const Mark mark = is_proof ? Mark::good : Mark::warning;
  std::string line = sign(is_good ? mark : Mark::failed, style);
  auto out = std::back_inserter(line);
  if (is_proof) {
    fmt::format_to(out, " {:.1f} s heard by {} of {} listener{}, {}, {}", milliseconds(report.heard) / 1e3,
                   whole, report.listeners.size(), report.listeners.size() == 1 ? "" : "s",
                   loss(report, missed), protection(report.encryption));
  } else {
    line += " nothing was sent, so nothing is proven";
  }
  if (!result.ended_early.empty()) line += ", ended early";
  line += failed_tracks(result);
  if (codes_agree(result) == false) line += "; THE TWO SIDES COMPUTED DIFFERENT PRIVACY CODES";
  if (!report.findings.empty()) {
    fmt::format_to(out, "; {} finding{}", report.findings.size(), report.findings.size() == 1 ? "" : "s");
  }
  return line + '\n';
}

/// Why it did not go on to the end.
std::string reason_line(const RehearsalResult& result) {
  if (result.ended_early.empty()) return {};
  return fmt::format("reason      {}\n", display_safe(result.ended_early));
}

/// As our own side saw it.
std::string sender_text(const RehearsalResult& result) {
  std::string text = "Join, ms after the program's start\n";
  auto out = std::back_inserter(text);
  for (const Step& step : steps_of(result))
    fmt::format_to(out, "  {:>8.0f}      {}\n", step.at_ms, step.name);
  if (const auto joins = joins_of(result)) {
    fmt::format_to(out, "joined      the first after {:.0f} ms, half after {:.0f}, all {} after {:.0f}\n",
                   joins->first_ms, joins->half_ms, joins->count, joins->all_ms);
  }
  fmt::format_to(out, "sender      {} packets, {} of audio, {} underruns, {} rebases\n", result.packets_sent,
                 result.audio_packets_sent, result.underruns, result.rebases);
  return text;
}

std::string live_text(const media::LiveFigures& live) {
  const double left_out = milliseconds(live.left_out);
  if (live.latency > Duration::zero()) {
    return fmt::format("live        {:.0f} ms behind, its clock {:+.2f} %, {} stalls, {:.0f} ms left out\n",
                       milliseconds(live.latency), live.drift * 100, live.stalls, left_out);
  }
  return left_out > 0 ? fmt::format("live        {:.0f} ms left out\n", left_out) : "";
}

}  // namespace

std::string in_style(std::string_view text, Style style) {
  if (style.utf8) return std::string(text);
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines += ascii_only(text.substr(0, end)) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string all_wrapped(std::string_view text, std::size_t columns) {
  constexpr std::size_t kLabel = 12;
  if (columns == 0) return std::string(text);
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const bool has_label = line.size() > kLabel && line[kLabel - 1] == ' ';
    lines += wrapped(line, columns, has_label ? kLabel : 2) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string failed_tracks(const RehearsalResult& result) {
  const auto failed = std::count_if(result.tracks.begin(), result.tracks.end(),
                                    [](const auto& track) { return !track.error.empty(); });
  if (failed == 0) return {};
  return fmt::format("; {} of {} track{} failed", failed, result.tracks.size(),
                     result.tracks.size() == 1 ? "" : "s");
}

std::string own_side_text(const RehearsalResult& result, rehearsal::Detail detail) {
  std::string text;
  if (detail == rehearsal::Detail::all) text += sender_text(result);
  for (const media::TrackResult& track : result.tracks) text += to_text(track);
  text += live_text(result.live);
  if (result.bare.samples > 0) {
    text += "pacing      µs late:    p50     p99   p99.9     max\n";
    text += row("deadline to send", result.sender);
    text += row("a bare loop here", result.bare);
  }
  return text;
}

std::string to_report_text(const RehearsalResult& result, rehearsal::Detail detail, Style style,
                           std::size_t columns) {
  if (result.targets.size() > 1) return fleet_report_text(result, detail, style, columns);
  const bool is_all = detail == rehearsal::Detail::all;
  if (detail == rehearsal::Detail::findings && result.report.findings.empty()) return {};
  if (detail == rehearsal::Detail::findings)
    return all_wrapped(in_style(rehearsal::to_text(result.report, detail), style), columns);
  const bool is_empty = result.report.packets_received == 0 && result.report.findings.empty();
  if (result.failure && is_empty && !is_all) return {};
  const std::string text =
      reason_line(result) + rehearsal::to_text(result.report, detail) + own_side_text(result, detail);
  return all_wrapped(verdict_line(result, style) + in_style(text, style), columns);
}

}  // namespace vcplay::cli
