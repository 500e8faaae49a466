#include "cli/play.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "cli/bot_guard.hpp"
#include "cli/event_view.hpp"
#include "cli/hints.hpp"
#include "cli/setup.hpp"
#include "cli/status_view.hpp"
#include "cli/verdict.hpp"

namespace vcplay::cli {
namespace {

/// The status line and, where asked for, the events: whoever wants ticks more often decides the pace.
class PlayView final : public PlayerView {
 public:
  PlayView(StatusView& status, EventView* events) : status_(status), events_(events) {}

  [[nodiscard]] Duration tick_interval() const override {
    return events_ == nullptr ? status_.tick_interval()
                              : std::min(status_.tick_interval(), events_->tick_interval());
  }
  void on_phase(std::size_t target, channel::Phase phase) override { status_.on_phase(target, phase); }
  void on_wait(const std::string& why) override { status_.on_wait(why); }
  void on_channel(std::size_t target, const channel::ChannelFacts& facts) override {
    if (events_ != nullptr) events_->on_channel(target, facts);
  }
  void on_bitrate(int bits_per_second) override {
    status_.on_bitrate(bits_per_second);
    if (events_ != nullptr) events_->on_bitrate(bits_per_second);
  }
  void on_session(std::size_t target, const channel::SessionFacts& facts) override {
    if (events_ != nullptr) events_->on_session(target, facts);
  }
  void on_encryption(std::size_t target, const channel::EncryptionFacts& facts) override {
    status_.on_encryption(target, facts);
    if (events_ != nullptr) events_->on_encryption(target, facts);
  }
  void on_track(const media::TrackInfo& info) override {
    status_.on_track(info);
    if (events_ != nullptr) events_->on_track(info);
  }
  void on_title(const media::StreamTitle& title) override {
    status_.on_title(title);
    if (events_ != nullptr) events_->on_title(title);
  }
  void on_track_end(const media::TrackResult& result) override {
    if (events_ != nullptr) events_->on_track_end(result);
  }
  void on_underrun(std::size_t target, bool began) override {
    if (events_ != nullptr) events_->on_underrun(target, began);
  }
  void on_reconnect(std::size_t target, const channel::ReconnectFacts& facts) override {
    if (events_ != nullptr) events_->on_reconnect(target, facts);
  }
  void on_target_end(std::size_t target, const TargetOutcome& outcome) override {
    if (events_ != nullptr) events_->on_target_end(target, outcome);
  }
  void on_tick(const Progress& progress) override { status_.on_tick(progress); }

 private:
  StatusView& status_;
  EventView* events_;
};

/// Takes the guilds of all targets for this run, and takes those targets out whose guild another run has. In
/// the order of their ids: two runs that wait for each other's guilds both get on.
class Entrance {
 public:
  Entrance(BotGuard& guard, const Options& options, Signals& signals, StatusView& status)
      : guard_(guard), options_(options), signals_(signals), status_(status) {}

  /// The signal that came meanwhile.
  std::optional<int> enter(std::vector<Target>& targets) {
    const TimePoint began = Clock::now();
    std::set<Snowflake> guilds;
    for (const Target& target : targets) guilds.insert(target.guild);
    for (const Snowflake guild : guilds) {
      const Duration left = options_.wait_if_busy - (Clock::now() - began);
      const host::Patience patience = {.longest = std::max(left, Duration::zero()),
                                       .interrupt = signals_.fd(),
                                       .on_wait = [&](const std::string& whom) { tell(whom, guild); }};
      try {
        if (!guard_.enter(guild, patience)) return signals_.take();
      } catch (const Error& error) {
        turn_away(targets, guild, error);
      }
    }
    return std::nullopt;
  }
  /// Those that were taken out.
  [[nodiscard]] std::vector<TargetOutcome> take_refused() { return std::move(refused_); }

 private:
  void tell(const std::string& whom, Snowflake guild) {
    status_.show_wait(whom);
    const bool is_only_one = options_.targets.size() == 1;
    log::info("Waiting for {} to end, which plays in {} with this bot", whom,
              is_only_one ? "this guild" : "guild " + guild.str());
  }
  void turn_away(std::vector<Target>& targets, Snowflake guild, const Error& error) {
    const bool is_only_one = options_.targets.size() == 1;
    std::erase_if(targets, [&](const Target& target) {
      if (target.guild != guild) return false;
      if (!is_only_one) log::error("In channel {}: {}", target.channel.str(), with_hint(error));
      TargetOutcome& outcome = refused_.emplace_back();
      outcome.target = target;
      outcome.error = error;
      return true;
    });
  }

  BotGuard& guard_;
  const Options& options_;
  Signals& signals_;
  StatusView& status_;
  std::vector<TargetOutcome> refused_;
};

/// All outcomes, in the order in which the targets were named. Those without one were not even begun.
void put_in_order(std::vector<TargetOutcome>& outcomes, std::vector<TargetOutcome> refused,
                  const std::vector<Target>& targets) {
  std::map<Snowflake, TargetOutcome> by_channel;
  for (std::vector<TargetOutcome>* const some : {&outcomes, &refused}) {
    for (TargetOutcome& one : *some) by_channel[one.target.channel] = std::move(one);
  }
  outcomes.clear();
  for (const Target& target : targets) {
    const auto known = by_channel.find(target.channel);
    TargetOutcome& outcome = outcomes.emplace_back();
    outcome.was_stopped = known == by_channel.end();
    if (!outcome.was_stopped) outcome = std::move(known->second);
    outcome.target = target;
  }
}

}  // namespace

RunResult play(const Options& options) {
  PlayerSetup setup =
      discord_setup(options);  // may wait for a token from a pipe: Ctrl-C still ends it at once
  Signals signals;             // before any thread
  BotGuard guard(setup.bot);
  std::optional<EventView> events;
  if (options.json) events.emplace();
  const auto status = make_status_view(options);
  PlayView view(*status, events ? &*events : nullptr);

  send::MonotonicPacer pacer;
  PlayerOutcome outcome;
  Entrance entrance(guard, options, signals, *status);
  outcome.signal = entrance.enter(setup.targets);
  if (!outcome.signal && !setup.targets.empty()) {
    guard.watch(setup.bot);
    if (events) events->set_targets(setup.targets);
    Player player(std::move(setup), pacer, signals, view);
    outcome = player.run();
  }
  put_in_order(outcome.targets, entrance.take_refused(), options.targets);
  status->finish();
  std::optional<Error> error = verdict(outcome);
  try {
    if (events) events->finish(outcome, error);
  } catch (const Error& unwritten) {
    if (!error) error = unwritten;
  }
  return {.error = error, .signal = outcome.signal};
}

}  // namespace vcplay::cli
