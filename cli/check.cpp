#include "cli/check.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

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

}  // namespace

RunResult check(const Options& options) {
  const PlayerSetup setup = discord_setup(options);
  Signals signals;  // before any thread
  BotGuard guard(setup.bot);
  Report report(options, signals);
  DiscordProbe probe(setup.bot, setup.channel.guild, setup.channel.channel);
  if (const auto signal = probe.run(setup.ca_file, signals)) return {.error = std::nullopt, .signal = signal};
  const Wanted wanted = {.guild = options.guild,
                         .channel = options.channel,
                         .bitrate = options.bitrate,
                         .priority = options.speaking == Speaking::priority,
                         .channel_status = options.channel_status.has_value()};
  DiscordFacts facts = probe.facts();
  facts.identifies_here = guard.identifies_used();
  report.add(judge(facts, wanted, utc_now()));
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
