#include "rehearsal/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace vcplay::rehearsal {
namespace {

using json = nlohmann::ordered_json;

double milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

double rounded(double value, double step) { return std::round(value / step) * step; }

json pacing_object(const Pacing& pacing) {
  return {{"p50_us", rounded(pacing.p50, 0.1)},
          {"p99_us", rounded(pacing.p99, 0.1)},
          {"p999_us", rounded(pacing.p999, 0.1)},
          {"max_us", rounded(pacing.max, 0.1)},
          {"samples", pacing.samples}};
}

json finding_array(const Report& report) {
  json findings = json::array();
  for (const Finding& finding : report.findings) {
    findings.push_back({{"rule", finding.rule}, {"detail", finding.detail}, {"count", finding.count}});
  }
  return findings;
}

json phase_array(const Report& report) {
  json phases = json::array();
  for (const Phase& phase : report.phases) {
    phases.push_back({{"name", phase.name}, {"ms", rounded(milliseconds(phase.since_start), 0.001)}});
  }
  return phases;
}

void write_phases(fmt::memory_buffer& out, const Report& report) {
  for (const Phase& phase : report.phases) {
    fmt::format_to(std::back_inserter(out), "  {:>12.3f} ms  {}\n", milliseconds(phase.since_start),
                   phase.name);
  }
}

void write_heard(fmt::memory_buffer& out, const Report& report) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "packets     {} received, {} heard, {} lost ({} audio, {} silence)\n",
                 report.packets_received, report.packets_heard, report.packets_lost, report.audio_packets,
                 report.silence_packets);
  fmt::format_to(to, "heard       {:.2f} s of audio\n", milliseconds(report.heard) / 1e3);
  if (report.loudness_lufs) {
    fmt::format_to(to, "loudness    {:.1f} LUFS, true peak {:.1f} dBTP, {} clipped samples\n",
                   *report.loudness_lufs, report.true_peak_dbtp, report.clipped_samples);
  } else {
    fmt::format_to(to, "loudness    nothing above silence\n");
  }
  fmt::format_to(to, "arrival     off the 20 ms grid: p50 {:.1f}, p99 {:.1f}, p99.9 {:.1f}, max {:.1f} µs\n",
                 report.arrival.p50, report.arrival.p99, report.arrival.p999, report.arrival.max);
}

}  // namespace

Pacing pacing_of(std::vector<double> errors_us) {
  Pacing result;
  result.samples = errors_us.size();
  if (errors_us.empty()) return result;
  std::sort(errors_us.begin(), errors_us.end());
  const auto rank = [&](double share) {
    const auto nth = static_cast<std::size_t>(std::ceil(share * static_cast<double>(errors_us.size())));
    return errors_us[std::max<std::size_t>(nth, 1) - 1];
  };
  result.p50 = rank(0.5);
  result.p99 = rank(0.99);
  result.p999 = rank(0.999);
  result.max = errors_us.back();
  return result;
}

std::string to_json(const Report& report) {
  json object = {{"findings", finding_array(report)},
                 {"phases", phase_array(report)},
                 {"mode", report.mode},
                 {"packets",
                  {{"received", report.packets_received},
                   {"forwarded", report.packets_forwarded},
                   {"heard", report.packets_heard},
                   {"lost", report.packets_lost},
                   {"audio", report.audio_packets},
                   {"silence", report.silence_packets}}},
                 {"bytes_received", report.bytes_received},
                 {"keepalives", report.keepalives},
                 {"heard_seconds", rounded(milliseconds(report.heard) / 1e3, 0.01)},
                 {"arrival", pacing_object(report.arrival)},
                 {"loudness_lufs", nullptr},
                 {"true_peak_dbtp", rounded(report.true_peak_dbtp, 0.01)},
                 {"clipped_samples", report.clipped_samples},
                 {"speaking_ended", report.speaking_ended},
                 {"left_cleanly", report.left_cleanly}};
  if (report.loudness_lufs) object["loudness_lufs"] = rounded(*report.loudness_lufs, 0.01);
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string to_text(const Report& report) {
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "encryption  {}\n", report.mode.empty() ? "none was agreed on" : report.mode);
  write_heard(out, report);
  const char* const otherwise = report.packets_received > 0 ? "was still speaking" : "never spoke";
  fmt::format_to(to, "ended       {}, {}\n", report.speaking_ended ? "stopped speaking" : otherwise,
                 report.left_cleanly ? "left the channel" : "never left the channel");
  fmt::format_to(to, "phases\n");
  write_phases(out, report);
  fmt::format_to(to, "findings    {}\n",
                 report.findings.empty() ? "none" : std::to_string(report.findings.size()));
  for (const Finding& finding : report.findings) {
    fmt::format_to(to, "  {} ({} ×): {}\n", finding.rule, finding.count, display_safe(finding.detail));
  }
  return fmt::to_string(out);
}

}  // namespace vcplay::rehearsal
