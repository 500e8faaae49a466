#include "rehearsal/fleet_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/milliseconds.hpp"
#include "base/text.hpp"

namespace vcplay::rehearsal {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kMostWorst = 5;     // lines about channels
constexpr std::size_t kMostFindings = 3;  // … and about rules
constexpr std::size_t kReasonColumns = 60;

double seconds_of(Duration time) { return milliseconds(time) / 1e3; }

double in_hundredths(Duration time) { return std::round(seconds_of(time) * 100) / 100; }

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// The worst first.
auto badness(const TargetOutcome& target) {
  return std::tuple(target.reason.empty(), target.report.findings.empty(), codes_agree(target) != false,
                    -static_cast<std::int64_t>(missed_in(target.report)), target.report.heard);
}

std::vector<const TargetOutcome*> not_whole(std::span<const TargetOutcome> targets) {
  std::vector<const TargetOutcome*> worst;
  for (const TargetOutcome& target : targets) {
    if (!is_whole(target)) worst.push_back(&target);
  }
  std::stable_sort(worst.begin(), worst.end(),
                   [](const auto* a, const auto* b) { return badness(*a) < badness(*b); });
  return worst;
}

/// "381870553235193857: 2.40 s heard, 3 packets lost; it was kicked".
std::string line_about(const TargetOutcome& target) {
  const Report& report = target.report;
  std::string line = fmt::format("{}: {:.2f} s heard", target.place.channel.str(), seconds_of(report.heard));
  const auto out = std::back_inserter(line);
  if (const std::uint64_t missed = missed_in(report); missed > 0)
    fmt::format_to(out, ", {} packet{} lost", missed, missed == 1 ? "" : "s");
  if (codes_agree(target) == false) line += ", OTHER PRIVACY CODE THAN OURS";
  if (!report.findings.empty()) fmt::format_to(out, ", {}", report.findings.front().rule);
  if (report.findings.size() > 1) fmt::format_to(out, " and {} more", report.findings.size() - 1);
  if (!target.reason.empty()) fmt::format_to(out, "; {}", display_safe(target.reason, kReasonColumns));
  return line;
}

void write_findings(fmt::memory_buffer& out, const FleetSums& sums) {
  const auto to = std::back_inserter(out);
  const std::size_t shown = std::min(sums.findings.size(), kMostFindings);
  for (std::size_t i = 0; i < shown; ++i) {
    const FleetFinding& one = sums.findings[i];
    fmt::format_to(to, "finding     {} ({} ×, in {} channel{}): {}\n", one.finding.rule, one.finding.count,
                   one.channels, one.channels == 1 ? "" : "s", display_safe(one.finding.detail));
  }
  if (shown < sums.findings.size())
    fmt::format_to(to, "            … {} more rules were broken\n", sums.findings.size() - shown);
}

void write_worst(fmt::memory_buffer& out, std::span<const TargetOutcome> targets) {
  const auto to = std::back_inserter(out);
  const std::vector<const TargetOutcome*> worst = not_whole(targets);
  const std::size_t shown = std::min(worst.size(), kMostWorst);
  for (std::size_t i = 0; i < shown; ++i)
    fmt::format_to(to, "{:12}{}\n", i == 0 ? "worst" : "", line_about(*worst[i]));
  if (shown < worst.size()) fmt::format_to(to, "            … {} more\n", worst.size() - shown);
}

void write_sums(fmt::memory_buffer& out, const FleetSums& sums) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "packets     {} received, {} heard, {} lost\n", sums.packets_received,
                 sums.packets_heard, sums.missed);
  fmt::format_to(to, "audience    {} listeners in {} channels\n", sums.listeners, sums.channels);
  fmt::format_to(to, "end to end  encrypted in {} of {} channels\n", sums.encrypted, sums.channels);
  const Pacing& arrival = sums.worst_arrival;
  fmt::format_to(to, "arrival     µs off the grid, worst channel: p50 {:.1f}, p99 {:.1f}, max {:.1f}\n",
                 arrival.p50, arrival.p99, arrival.max);
  if (sums.faults > 0) fmt::format_to(to, "faults      {}, as the script wants it\n", sums.faults);
  if (sums.dropped_by_script > 0)
    fmt::format_to(to, "dropped     {} packets, as the script wants it\n", sums.dropped_by_script);
}

void add_findings(FleetSums& sums, const TargetOutcome& target) {
  for (const Finding& finding : target.report.findings) {
    const auto known = std::find_if(sums.findings.begin(), sums.findings.end(), [&](const FleetFinding& one) {
      return one.finding.rule == finding.rule;
    });
    if (known == sums.findings.end()) {
      sums.findings.push_back({finding, 1, target.place});
    } else {
      known->finding.count += finding.count;
      ++known->channels;
    }
  }
}

void add_heard(FleetSums& sums, const TargetOutcome& target) {
  const Duration heard = target.report.heard;
  if (heard == Duration::zero()) ++sums.silent;
  if (!is_whole(target)) return;
  sums.heard_least = sums.whole == 0 ? heard : std::min(sums.heard_least, heard);
  sums.heard_most = std::max(sums.heard_most, heard);
  ++sums.whole;
}

}  // namespace

std::uint64_t missed_in(const Report& report) {
  if (report.listeners.empty()) return report.packets_lost;
  std::uint64_t most = 0;
  for (const ListenerReport& listener : report.listeners)
    most = std::max(most, listener.entitled - listener.heard);
  return most;
}

std::optional<bool> codes_agree(const TargetOutcome& target) {
  const std::vector<std::string>& theirs = target.report.encryption.recent_codes;
  if (target.privacy_code.empty() || theirs.empty()) return std::nullopt;
  return std::find(theirs.begin(), theirs.end(), target.privacy_code) != theirs.end();
}

bool is_whole(const TargetOutcome& target) {
  const Report& report = target.report;
  return target.reason.empty() && report.heard > Duration::zero() && missed_in(report) == 0 &&
         report.findings.empty() && codes_agree(target) != false;
}

FleetSums sum_of(std::span<const TargetOutcome> targets) {
  FleetSums sums;
  sums.channels = targets.size();
  for (const TargetOutcome& target : targets) {
    const Report& report = target.report;
    add_heard(sums, target);
    add_findings(sums, target);
    const bool is_encrypted = report.encryption.decrypted > 0 && report.encryption.in_plain_text() == 0;
    if (is_encrypted) ++sums.encrypted;
    if (codes_agree(target) == false) ++sums.disputed;
    sums.listeners += report.listeners.size();
    sums.packets_received += report.packets_received;
    sums.packets_heard += report.packets_heard;
    sums.missed += missed_in(report);
    sums.dropped_by_script += report.packets_dropped_by_script;
    sums.bytes_received += report.bytes_received;
    sums.faults += report.faults.size();
    if (report.arrival.p99 >= sums.worst_arrival.p99) sums.worst_arrival = report.arrival;
  }
  return sums;
}

std::string targets_json(std::span<const TargetOutcome> targets) {
  json array = json::array();
  for (const TargetOutcome& target : targets) {
    array.push_back({{"guild", target.place.guild.str()},
                     {"channel", target.place.channel.str()},
                     {"heard_seconds", in_hundredths(target.report.heard)},
                     {"packets", target.report.packets_received},
                     {"lost", missed_in(target.report)},
                     {"status", target.status},
                     {"reason", target.reason.empty() ? json(nullptr) : json(target.reason)}});
  }
  return text_of(array);
}

std::string to_json(const FleetSums& sums) {
  json findings = json::array();
  for (const FleetFinding& one : sums.findings) {
    findings.push_back({{"rule", one.finding.rule},
                        {"detail", one.finding.detail},
                        {"count", one.finding.count},
                        {"channels", one.channels},
                        {"channel", one.first.channel.str()}});
  }
  return text_of(
      {{"findings", std::move(findings)},
       {"channels", sums.channels},
       {"whole", sums.whole},
       {"silent", sums.silent},
       {"encrypted", sums.encrypted},
       {"packets",
        {{"received", sums.packets_received}, {"heard", sums.packets_heard}, {"lost", sums.missed}}},
       {"bytes_received", sums.bytes_received},
       {"packets_dropped_by_script", sums.dropped_by_script},
       {"faults", sums.faults},
       {"arrival",
        {{"p50_us", sums.worst_arrival.p50},
         {"p99_us", sums.worst_arrival.p99},
         {"p999_us", sums.worst_arrival.p999},
         {"max_us", sums.worst_arrival.max},
         {"samples", sums.worst_arrival.samples}}}});
}

std::string to_text(std::span<const TargetOutcome> targets, Detail detail) {
  fmt::memory_buffer out;
  const FleetSums sums = sum_of(targets);
  write_findings(out, sums);
  if (detail == Detail::findings) return fmt::to_string(out);
  write_worst(out, targets);
  write_sums(out, sums);
  if (detail == Detail::one_screen) return fmt::to_string(out);
  fmt::format_to(std::back_inserter(out), "channels\n");
  for (const TargetOutcome& target : targets) {
    fmt::format_to(std::back_inserter(out), "  {}{}\n", line_about(target),
                   target.status == 0 ? "" : fmt::format(" (status {})", target.status));
  }
  return fmt::to_string(out);
}

}  // namespace vcplay::rehearsal
