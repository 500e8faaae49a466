#include "rehearsal/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/milliseconds.hpp"
#include "base/text.hpp"
#include "dave/displayable_code.hpp"

namespace vcplay::rehearsal {
namespace {

using json = nlohmann::ordered_json;

double rounded(double value, double step) {
  const double per_unit = std::round(1 / step);
  return std::round(value * per_unit) / per_unit;
}

json pacing_object(const Pacing& pacing) {
  return {{"p50_us", rounded(pacing.p50, 0.1)},
          {"p99_us", rounded(pacing.p99, 0.1)},
          {"p999_us", rounded(pacing.p999, 0.1)},
          {"max_us", rounded(pacing.max, 0.1)},
          {"samples", pacing.samples}};
}

/// For each listener who missed something: who, and what.
std::vector<std::string> missed_by(const Report& report) {
  std::vector<std::string> missed;
  for (const ListenerReport& listener : report.listeners) {
    if (listener.heard == listener.entitled) continue;
    missed.push_back(fmt::format("{} missed {} of {} packets ({} lost, {} undecryptable)",
                                 display_safe(listener.name), listener.entitled - listener.heard,
                                 listener.entitled, listener.lost, listener.undecryptable));
  }
  return missed;
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

json e2ee_object(const Report& report) {
  const EncryptionReport& e2ee = report.encryption;
  return {{"version", e2ee.version},
          {"epochs", e2ee.epochs},
          {"epoch", e2ee.epoch},
          {"privacy_code", e2ee.privacy_code.empty() ? json(nullptr) : json(e2ee.privacy_code)},
          {"members", e2ee.members},
          {"confirmations", e2ee.confirmations},
          {"frames",
           {{"decrypted", e2ee.decrypted},
            {"undecryptable", e2ee.undecryptable},
            {"plaintext", e2ee.plaintext},
            {"clear", e2ee.clear},
            {"silence", e2ee.silence}}},
          {"everything_heard", missed_by(report).empty()}};
}

json listener_array(const Report& report) {
  json listeners = json::array();
  for (const ListenerReport& listener : report.listeners) {
    listeners.push_back({{"name", listener.name},
                         {"user_id", listener.user.str()},
                         {"entitled", listener.entitled},
                         {"heard", listener.heard},
                         {"lost", listener.lost},
                         {"undecryptable", listener.undecryptable}});
  }
  return listeners;
}

void write_encryption(fmt::memory_buffer& out, const Report& report, Detail detail) {
  const auto to = std::back_inserter(out);
  const EncryptionReport& e2ee = report.encryption;
  fmt::format_to(to, "encryption  {}\n", report.mode.empty() ? "none was agreed on" : report.mode);
  if (e2ee.version == 0 && e2ee.epochs == 0) {
    fmt::format_to(to, "end to end  not encrypted\n");
    return;
  }
  fmt::format_to(to, "end to end  DAVE {}, {} epoch{}; {} frames decrypted, {} not, {} in plain text\n",
                 e2ee.version, e2ee.epochs, e2ee.epochs == 1 ? "" : "s", e2ee.decrypted, e2ee.undecryptable,
                 e2ee.in_plain_text());
  if (e2ee.privacy_code.empty()) return;
  fmt::format_to(to, "code        {}, epoch {}, {} members\n", dave::in_groups(e2ee.privacy_code), e2ee.epoch,
                 e2ee.members);
  if (detail == Detail::all)
    fmt::format_to(to, "            computed by {} of the members here, too\n", e2ee.confirmations);
}

void write_listeners(fmt::memory_buffer& out, const Report& report) {
  const auto to = std::back_inserter(out);
  // One listener alone has its line above, as long as it missed nothing.
  const bool several = report.listeners.size() > 1;
  for (const ListenerReport& listener : report.listeners) {
    if (!several) break;
    fmt::format_to(to, "  {:12} entitled to {} packets, heard {}, {} lost, {} undecryptable\n",
                   display_safe(listener.name), listener.entitled, listener.heard, listener.lost,
                   listener.undecryptable);
  }
  fmt::format_to(to, "audience    {}\n", verdict_on_hearing(report));
}

void write_findings(fmt::memory_buffer& out, const Report& report) {
  if (report.findings.empty() && report.packets_received == 0) {
    fmt::format_to(std::back_inserter(out), "findings    none, but nothing was sent\n");
  }
  for (const Finding& finding : report.findings) {
    fmt::format_to(std::back_inserter(out), "finding     {} ({} ×): {}\n", finding.rule, finding.count,
                   display_safe(finding.detail));
  }
}

void write_phases(fmt::memory_buffer& out, const Report& report) {
  for (const Phase& phase : report.phases) {
    fmt::format_to(std::back_inserter(out), "  {:>12.3f} ms  {}\n", milliseconds(phase.since_start),
                   phase.name);
  }
}

json fault_array(const Report& report) {
  json faults = json::array();
  for (const InjectedFault& one : report.faults) {
    faults.push_back({{"fault", one.fault}, {"ms", rounded(milliseconds(one.since_audio), 0.001)}});
  }
  return faults;
}

/// What went wrong, and how often the account had to begin anew; nothing when nothing did.
void write_faults(fmt::memory_buffer& out, const Report& report) {
  constexpr std::size_t kMostLines = 12;
  const auto to = std::back_inserter(out);
  const std::size_t shown = std::min(report.faults.size(), kMostLines);
  for (std::size_t i = 0; i < shown; ++i) {
    const InjectedFault& one = report.faults[i];
    fmt::format_to(to, "{:12}at {:.3f} s {}\n", i == 0 ? "faults" : "", milliseconds(one.since_audio) / 1e3,
                   one.fault);
  }
  if (shown < report.faults.size()) fmt::format_to(to, "{:12}… {} more\n", "", report.faults.size() - shown);
  const bool began_anew = report.gateway_identifies > 1 || report.voice_identifies > 1 ||
                          report.gateway_resumes > 0 || report.voice_resumes > 0;
  if (report.faults.empty() && !began_anew) return;
  fmt::format_to(to, "gateway     {} × identified, {} × resumed\n", report.gateway_identifies,
                 report.gateway_resumes);
  fmt::format_to(to, "voice       {} × identified, {} × resumed\n", report.voice_identifies,
                 report.voice_resumes);
  fmt::format_to(to, "gap         {:.0f} ms without audio at the longest\n",
                 milliseconds(report.longest_gap));
  if (report.packets_dropped_by_script > 0) {
    fmt::format_to(to, "dropped     {} packets, as the script wants it\n", report.packets_dropped_by_script);
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
  fmt::format_to(to, "arrival     µs off the grid: p50 {:.1f}, p99 {:.1f}, p99.9 {:.1f}, max {:.1f}\n",
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

std::string verdict_on_hearing(const Report& report) {
  const bool anybody = std::any_of(report.listeners.begin(), report.listeners.end(),
                                   [](const ListenerReport& listener) { return listener.entitled > 0; });
  if (!anybody) return "Nobody was entitled to hear anything.";
  const std::vector<std::string> missed = missed_by(report);
  if (missed.empty()) return "Every member who was entitled to hear heard every packet.";
  return fmt::format("{}.", fmt::join(missed, "; "));
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
                 {"packets_dropped_by_script", report.packets_dropped_by_script},
                 {"keepalives", report.keepalives},
                 {"wire", report.wire},
                 {"channel_statuses", report.channel_statuses},
                 {"gateway_identifies", report.gateway_identifies},
                 {"gateway_resumes", report.gateway_resumes},
                 {"voice_identifies", report.voice_identifies},
                 {"voice_resumes", report.voice_resumes},
                 {"faults", fault_array(report)},
                 {"longest_gap_ms", rounded(milliseconds(report.longest_gap), 0.001)},
                 {"heard_seconds", rounded(milliseconds(report.heard) / 1e3, 0.01)},
                 {"arrival", pacing_object(report.arrival)},
                 {"loudness_lufs", nullptr},
                 {"true_peak_dbtp", rounded(report.true_peak_dbtp, 0.01)},
                 {"clipped_samples", report.clipped_samples},
                 {"speaking_ended", report.speaking_ended},
                 {"left_cleanly", report.left_cleanly},
                 {"was_removed", report.was_removed},
                 {"e2ee", e2ee_object(report)},
                 {"listeners", listener_array(report)}};
  if (report.loudness_lufs) object["loudness_lufs"] = rounded(*report.loudness_lufs, 0.01);
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string to_text(const Report& report, Detail detail) {
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  write_findings(out, report);
  if (detail == Detail::findings) return fmt::to_string(out);
  write_heard(out, report);
  write_listeners(out, report);
  write_encryption(out, report, detail);
  const char* const otherwise = report.packets_received > 0 ? "was still speaking" : "never spoke";
  const char* const parted = report.was_removed ? "was removed from the channel" : "never left the channel";
  fmt::format_to(to, "ended       {}, {}\n", report.speaking_ended ? "stopped speaking" : otherwise,
                 report.left_cleanly ? "left the channel" : parted);
  if (!report.channel_statuses.empty()) {
    fmt::format_to(to, "status      {} × set, {}\n",
                   std::count_if(report.channel_statuses.begin(), report.channel_statuses.end(),
                                 [](const std::string& text) { return !text.empty(); }),
                   report.channel_statuses.back().empty() ? "cleared" : "left behind");
  }
  write_faults(out, report);
  if (detail == Detail::one_screen) return fmt::to_string(out);
  fmt::format_to(to, "phases\n");
  write_phases(out, report);
  return fmt::to_string(out);
}

}  // namespace vcplay::rehearsal
