#include "cli/fleet_output.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "base/milliseconds.hpp"
#include "cli/finding.hpp"

namespace vcplay::cli {
namespace {

using rehearsal::FleetSums;

/// "3.0 s", or from what to what.
std::string heard_in(const FleetSums& sums) {
  const std::string least = fmt::format("{:.1f}", milliseconds(sums.heard_least) / 1e3);
  const std::string most = fmt::format("{:.1f}", milliseconds(sums.heard_most) / 1e3);
  return least == most ? fmt::format("all {} s", most) : fmt::format("all of {} to {} s", least, most);
}

std::string_view protection(const FleetSums& sums) {
  if (sums.encrypted == 0) return "not end-to-end encrypted";
  return sums.encrypted < sums.channels ? "not all of it end-to-end encrypted" : "end-to-end encrypted";
}

std::string verdict_line(const RehearsalResult& result, const FleetSums& sums, Style style) {
  const bool is_proof = sums.packets_received > 0;
  const bool is_good = !result.failure && sums.findings.empty() && sums.disputed == 0;
  const bool is_all = sums.whole == sums.channels;
  std::string line = sign(!is_good ? Mark::failed : is_proof && is_all ? Mark::good : Mark::warning, style);
  const auto out = std::back_inserter(line);
  if (!is_proof) {
    line += " nothing was sent, so nothing is proven";
  } else if (sums.whole == 0) {
    fmt::format_to(out, " none of {} channels heard all", sums.channels);
  } else {
    fmt::format_to(out, " {} of {} channels heard {}", sums.whole, sums.channels, heard_in(sums));
  }
  if (is_proof) {
    const std::string lost = sums.missed == 0 ? "nothing lost" : fmt::format("{} packets lost", sums.missed);
    fmt::format_to(out, ", {}, {}", lost, protection(sums));
  }
  line += failed_tracks(result);
  if (sums.disputed > 0)
    fmt::format_to(out, "; THE TWO SIDES COMPUTED DIFFERENT PRIVACY CODES IN {} CHANNEL{}", sums.disputed,
                   sums.disputed == 1 ? "" : "S");
  if (!sums.findings.empty())
    fmt::format_to(out, "; {} finding{}", sums.findings.size(), sums.findings.size() == 1 ? "" : "s");
  return line + '\n';
}

}  // namespace

std::string fleet_json_line(const RehearsalResult& result) {
  using json = nlohmann::ordered_json;
  json object = json::parse(rehearsal::to_json(rehearsal::sum_of(result.targets)));
  add_own_side(object, result);
  object["targets"] = json::parse(rehearsal::targets_json(result.targets));
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string fleet_report_text(const RehearsalResult& result, rehearsal::Detail detail, Style style,
                              std::size_t columns) {
  const FleetSums sums = rehearsal::sum_of(result.targets);
  std::string text = rehearsal::to_text(result.targets, detail);
  if (detail == rehearsal::Detail::findings) return all_wrapped(in_style(text, style), columns);
  const bool is_empty = sums.packets_received == 0 && sums.findings.empty();
  if (result.failure && is_empty && detail != rehearsal::Detail::all) return {};
  text += own_side_text(result, detail);
  return all_wrapped(verdict_line(result, sums, style) + in_style(text, style), columns);
}

}  // namespace vcplay::cli
