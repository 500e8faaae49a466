#include "cli/rehearse.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "cli/bare_loop.hpp"
#include "cli/hints.hpp"
#include "cli/output.hpp"
#include "cli/rehearsal_output.hpp"
#include "cli/setup.hpp"
#include "cli/signals.hpp"
#include "cli/status_line.hpp"
#include "cli/status_view.hpp"
#include "cli/temporary_file.hpp"
#include "cli/verdict.hpp"
#include "media/recorder.hpp"
#include "rehearsal/discord.hpp"
#include "rehearsal/fault_script.hpp"
#include "resources/permissions.hpp"

namespace vcplay::cli {
namespace {

rehearsal::DiscordOptions furnish(const Options& options) {
  rehearsal::DiscordOptions discord;
  if (options.guild) discord.guild = *options.guild;
  for (const Target& target : options.targets) {
    const Snowflake guild = target.guild.value != 0 ? target.guild : discord.guild;
    if (&target == &options.targets.front()) {
      discord.guild = guild;
      discord.channel = target.channel;
    } else {
      discord.further_places.push_back({guild, target.channel});
    }
  }
  if (options.guilds > 1) {
    discord.further_places = rehearsal::made_up_places({discord.guild, discord.channel},
                                                       static_cast<std::size_t>(options.guilds) - 1);
  }
  discord.unthrottled = options.fast;
  discord.listeners = options.listeners;
  if (options.listeners == 0) discord.occupants = 0;
  discord.churn = options.churn;
  if (!options.script.empty()) discord.script = rehearsal::read_script(options.script);
  if (options.bitrate) discord.channel_bitrate = std::max(discord.channel_bitrate, *options.bitrate);
  auto& permissions = discord.everyone_permissions;
  permissions = {resources::kViewChannel, resources::kConnect, resources::kSpeak};
  if (options.speaking == Speaking::priority) permissions.push_back(resources::kPrioritySpeaker);
  if (options.channel_status) permissions.push_back(resources::kSetVoiceChannelStatus);
  return discord;
}

void throw_failure(const rehearsal::Discord& discord) {
  if (const auto failure = discord.failure()) throw Error(*failure);
}

/// Where to play: the places of the loopback Discord.
std::vector<Target> targets_in(const rehearsal::Discord& discord) {
  std::vector<Target> targets;
  for (const rehearsal::Place& place : rehearsal::places_of(discord.options())) {
    targets.push_back({place.guild, place.channel, "the rehearsal"});
  }
  return targets;
}

PlayerSetup setup_for(const Options& options, const rehearsal::Discord& discord) {
  PlayerSetup setup = common_setup(options);
  setup.targets = targets_in(discord);
  setup.bot.token = SecretString(discord.options().accounts.front().token);
  setup.bot.api_url = net::Url::parse(discord.api_url());
  setup.ca_pem = discord.ca_pem();
  setup.watch = [&discord] { throw_failure(discord); };
  return setup;
}

/// Where the sender of each place counts.
std::vector<std::shared_ptr<send::SenderStats>> stats_of(const rehearsal::Discord& discord) {
  std::vector<std::shared_ptr<send::SenderStats>> stats;
  for (std::size_t left = rehearsal::places_of(discord.options()).size(); left > 0; --left) {
    stats.push_back(std::make_shared<send::SenderStats>());
  }
  return stats;
}

/// Keeps all of them in step with the media server.
std::unique_ptr<send::Pacer> pacer_of(const std::vector<std::shared_ptr<send::SenderStats>>& stats,
                                      const rehearsal::Discord& discord) {
  auto pacer = std::make_unique<rehearsal::UnthrottledPacer>(discord.packets_processed());
  for (const auto& one : stats) pacer->count(one->packets);
  return pacer;
}

/// What both sides say of each channel.
std::vector<rehearsal::TargetOutcome> targets_of(std::vector<rehearsal::PlaceReport> reports,
                                                 const PlayerOutcome& outcome) {
  std::vector<rehearsal::TargetOutcome> targets;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    rehearsal::TargetOutcome target{.place = reports[i].place, .report = std::move(reports[i].report)};
    if (i < outcome.targets.size()) {
      const TargetVerdict own = verdict_on(outcome.targets[i], outcome);
      target.status = own.status;
      target.reason = own.reason;
      target.privacy_code = outcome.targets[i].privacy_code;
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

RehearsalResult collect(const rehearsal::Discord& discord, PlayerOutcome& outcome) {
  RehearsalResult result;
  result.targets = targets_of(discord.reports(), outcome);
  for (const TargetOutcome& target : outcome.targets) {
    if (target.joined) result.joined.push_back(target.joined_at);
  }
  std::sort(result.joined.begin(), result.joined.end());
  result.report = discord.report();
  result.phases = std::move(outcome.phases);
  result.first_key = outcome.first_key.value_or(TimePoint{});
  result.tracks = std::move(outcome.results);
  result.privacy_code = outcome.encryption.privacy_code;
  result.sender = sender_pacing(outcome.late, outcome.sent.worst_late);
  result.first_packet = outcome.sent.first_packet.value_or(TimePoint{});
  result.first_audio = outcome.sent.first_audio.value_or(TimePoint{});
  result.packets_sent = outcome.sent.packets;
  result.audio_packets_sent = outcome.sent.audio_packets;
  result.underruns = outcome.sent.underruns;
  result.rebases = outcome.sent.rebases;
  result.live = outcome.live;
  return result;
}

/// Of several channels each has its own reason.
std::optional<Error> why_it_ended_early(const PlayerOutcome& outcome) {
  if (outcome.error || outcome.targets.size() != 1) return outcome.error;
  return outcome.targets.front().error;
}

std::optional<Error> verdict_with_findings(const PlayerOutcome& outcome, const RehearsalResult& result) {
  if (auto error = verdict(outcome)) return error;
  const rehearsal::FleetSums sums = rehearsal::sum_of(result.targets);
  if (sums.disputed > 0) {
    return Error(Cause::rehearsal_fault,
                 "The rehearsal found a fault: the two sides computed different voice privacy codes.");
  }
  if (sums.findings.empty()) return std::nullopt;
  return Error(Cause::rehearsal_fault,
               fmt::format("The rehearsal found {} fault(s); the report names them.", sums.findings.size()));
}

std::string text_of(const RehearsalResult& result, const Options& options) {
  const bool is_verbose = options.log_level >= log::Level::info;
  const auto detail = options.quiet ? rehearsal::Detail::findings
                      : is_verbose  ? rehearsal::Detail::all
                                    : rehearsal::Detail::one_screen;
  constexpr std::size_t kColumns = 80;  // programs want whole lines
  return to_report_text(result, detail, style_of_output(), ::isatty(STDOUT_FILENO) == 1 ? kColumns : 0);
}

bool is_pipe(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/// Blocks until a signal comes or a piped standard input ends. Throws Error when the Discord broke down.
std::optional<int> wait_for_the_end(Signals& signals, const rehearsal::Discord& discord) {
  constexpr int kLook = 1000;  // ms
  const bool watch_input = is_pipe(STDIN_FILENO);
  while (true) {
    std::array<pollfd, 2> fds = {
        pollfd{.fd = signals.fd(), .events = POLLIN, .revents = 0},
        pollfd{.fd = watch_input ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0}};
    poll(fds.data(), fds.size(), kLook);
    if (const auto signal = signals.take()) return signal;
    throw_failure(discord);
    if (fds[1].revents == 0) continue;
    std::array<char, 256> ignored{};
    if (read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return std::nullopt;
  }
}

}  // namespace

RunResult rehearse(const Options& options) {
  const TimePoint started = Clock::now();
  Signals signals;  // before any thread
  rehearsal::Discord discord(furnish(options));
  std::unique_ptr<media::Recorder> recorder;
  if (!options.output.empty()) recorder = std::make_unique<media::Recorder>(options.output);
  if (recorder) {
    discord.set_listener_sink([&recorder](ByteView opus, const float* interleaved, std::size_t samples) {
      recorder->add(opus, interleaved, samples);
    });
  }
  discord.start();

  std::vector<std::shared_ptr<send::SenderStats>> stats;
  std::unique_ptr<send::Pacer> pacer;
  std::optional<BareLoop> bare;
  if (options.fast) {
    stats = stats_of(discord);
    pacer = pacer_of(stats, discord);
  } else {
    pacer = std::make_unique<send::MonotonicPacer>();
    bare.emplace();
  }
  const auto view = make_status_view(options);
  PlayerOutcome outcome;
  {
    PlayerSetup setup = setup_for(options, discord);
    setup.stats = stats;
    Player player(std::move(setup), *pacer, signals, *view);
    outcome = player.run();
  }
  view->finish();
  discord.stop();
  RehearsalResult result = collect(discord, outcome);
  result.started = started;
  if (options.fast)
    result.first_key = result.first_packet =
        result.first_audio = {};  // of a clock that does not keep real time
  if (bare) result.bare = rehearsal::pacing_of(bare->stop());
  if (recorder) recorder->finish();
  throw_failure(discord);
  const auto error = verdict_with_findings(outcome, result);
  if (error) result.failure = with_hint(*error);
  if (const auto early = why_it_ended_early(outcome)) result.ended_early = with_hint(*early);
  const auto signal = write_output(options.json ? to_json_line(result) : text_of(result, options), signals);
  return {.error = error, .signal = outcome.signal ? outcome.signal : signal};
}

RunResult serve(const Options& options) {
  Signals signals;  // before any thread
  rehearsal::Discord discord(furnish(options));
  discord.start();
  const TemporaryFile ca_file(discord.ca_pem());
  nlohmann::json place = {{"api_url", discord.api_url()},
                          {"gateway_url", discord.gateway_url()},
                          {"ca_file", ca_file.path()},
                          {"guild_id", discord.options().guild.str()},
                          {"channel_id", discord.options().channel.str()},
                          {"places", nlohmann::json::array()},
                          {"accounts", nlohmann::json::array()}};
  for (const rehearsal::Place& one : rehearsal::places_of(discord.options())) {
    place["places"].push_back({{"guild_id", one.guild.str()}, {"channel_id", one.channel.str()}});
  }
  for (const rehearsal::Account& account : discord.options().accounts) {
    place["accounts"].push_back(
        {{"user_id", account.user.str()}, {"name", account.name}, {"token", account.token}});
  }
  auto signal = write_output(place.dump() + "\n", signals);
  if (!signal) signal = wait_for_the_end(signals, discord);
  discord.stop();
  std::string reports;
  for (const rehearsal::Account& account : discord.options().accounts) {
    reports += rehearsal::to_json(discord.report_of(account.user)) + "\n";
  }
  const auto second = write_output(reports, signals);
  return {.error = std::nullopt, .signal = signal ? signal : second};
}

}  // namespace vcplay::cli
