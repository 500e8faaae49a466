#include "cli/check.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "cli/bot_guard.hpp"
#include "cli/checks.hpp"
#include "cli/discord_probe.hpp"
#include "cli/finding.hpp"
#include "cli/media_probe.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "cli/signals.hpp"
#include "cli/status_line.hpp"

namespace vcplay::cli {
namespace {

/// The same for every channel of a bot.
bool is_common(std::string_view check) {
  constexpr std::string_view kCommon[] = {"api", "token", "clock", "identifies", "gateway", "udp"};
  return std::find(std::begin(kCommon), std::end(kCommon), check) != std::end(kCommon);
}

/// What was found so far, told line by line to a person and at the end to a program.
class Report {
 public:
  Report(const Options& options, Signals& signals)
      : signals_(signals), json_(options.json), quiet_(options.quiet), style_(style_of_output()) {}

  void add(std::vector<Finding> findings) {
    std::string text;
    for (Finding& finding : findings) {
      if (!quiet_ || finding.mark == Mark::failed) text += to_line(finding, style_);
      findings_.push_back(std::move(finding));
    }
    if (!json_) write(text);
  }
  /// What follows is about one of several channels, which the findings are told.
  void begin(const Target& target, std::vector<Finding>& findings) {
    for (Finding& finding : findings) {
      if (!is_common(finding.check)) finding.channel = target.channel;
    }
    if (!json_ && !quiet_) {
      write(fmt::format("channel {} ({})\n", target.channel.str(), display_safe(target.source, 60)));
    }
  }
  /// Discord answers nothing that would help any further channel.
  [[nodiscard]] bool is_in_vain() const {
    return std::any_of(findings_.begin(), findings_.end(), [](const Finding& finding) {
      return finding.mark == Mark::failed && is_common(finding.check);
    });
  }
  [[nodiscard]] RunResult finish() {
    if (json_) write(to_json_line(findings_));
    return {.error = verdict(findings_), .signal = signal_};
  }
  /// That came while nobody read.
  [[nodiscard]] std::optional<int> signal() const noexcept { return signal_; }

 private:
  void write(std::string_view text) {
    if (!signal_) signal_ = write_output(text, signals_);
  }

  Signals& signals_;
  std::optional<int> signal_;
  const bool json_;
  const bool quiet_;
  const Style style_;
  std::vector<Finding> findings_;
};

Wanted wanted_in(const Target& target, const Options& options) {
  return {.guild = target.guild,
          .channel = target.channel,
          .bitrate = options.bitrate,
          .priority = options.speaking == Speaking::priority,
          .channel_status = options.channel_status.has_value()};
}

/// Of the second channel and those behind it: what the first one's findings say of all.
void leave_out_what_is_common(std::vector<Finding>& findings) {
  std::erase_if(findings, [](const Finding& finding) { return is_common(finding.check); });
}

}  // namespace

RunResult check(const Options& options) {
  const PlayerSetup setup = discord_setup(options);
  Signals signals;  // before any thread
  BotGuard guard(setup.bot);
  Report report(options, signals);
  for (const Target& target : options.targets) {
    const bool is_first = &target == &options.targets.front();
    DiscordProbe probe(setup.bot, target.guild, target.channel, DiscordProbe::kPatience,
                       is_first ? DiscordProbe::Scope::everything : DiscordProbe::Scope::place);
    if (const auto signal = probe.run(setup.ca_file, signals))
      return {.error = std::nullopt, .signal = signal};
    DiscordFacts facts = probe.facts();
    facts.identifies_here = guard.identifies_used();
    std::vector<Finding> findings = judge(facts, wanted_in(target, options), utc_now());
    if (!is_first) leave_out_what_is_common(findings);
    if (options.targets.size() > 1) report.begin(target, findings);
    report.add(std::move(findings));
    if (report.signal() || report.is_in_vain()) break;
  }
  for (const media::Media& media : options.media) {
    std::optional<int> signal = report.signal();
    if (signal) break;
    auto finding = MediaProbe(media, setup.pipeline).run(signals, signal);
    if (!finding) return {.error = std::nullopt, .signal = signal};
    report.add({std::move(*finding)});
  }
  return report.finish();
}

}  // namespace vcplay::cli
