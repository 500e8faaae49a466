#include "cli/play.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "cli/bot_guard.hpp"
#include "cli/event_view.hpp"
#include "cli/setup.hpp"
#include "cli/status_view.hpp"

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
  void on_phase(channel::Phase phase) override { status_.on_phase(phase); }
  void on_wait(const std::string& why) override { status_.on_wait(why); }
  void on_channel(const channel::ChannelFacts& facts) override {
    if (events_ != nullptr) events_->on_channel(facts);
  }
  void on_bitrate(int bits_per_second) override {
    status_.on_bitrate(bits_per_second);
    if (events_ != nullptr) events_->on_bitrate(bits_per_second);
  }
  void on_session(const channel::SessionFacts& facts) override {
    if (events_ != nullptr) events_->on_session(facts);
  }
  void on_encryption(const channel::EncryptionFacts& facts) override {
    status_.on_encryption(facts);
    if (events_ != nullptr) events_->on_encryption(facts);
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
  void on_underrun(bool began) override {
    if (events_ != nullptr) events_->on_underrun(began);
  }
  void on_reconnect(const channel::ReconnectFacts& facts) override {
    if (events_ != nullptr) events_->on_reconnect(facts);
  }
  void on_tick(const send::SenderStats& stats, std::size_t frames_queued,
               const media::LiveFigures& live) override {
    status_.on_tick(stats, frames_queued, live);
  }

 private:
  StatusView& status_;
  EventView* events_;
};

/// Takes the guild for this player. False when a signal or another player was in the way: `outcome` says so.
bool take_guild(BotGuard& guard, const Options& options, Signals& signals, StatusView& status,
                PlayerOutcome& outcome) {
  const auto tell = [&](const std::string& whom) {
    status.show_wait(whom);
    log::info("Waiting for {} to end, which plays in this guild with this bot", whom);
  };
  try {
    if (guard.enter(options.guild,
                    {.longest = options.wait_if_busy, .interrupt = signals.fd(), .on_wait = tell})) {
      return true;
    }
    outcome.signal = signals.take();
  } catch (const Error& error) {
    outcome.error = error;
  }
  return false;
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

  send::SenderStats stats;
  send::MonotonicPacer pacer;
  PlayerOutcome outcome;
  if (take_guild(guard, options, signals, *status, outcome)) {
    guard.watch(setup.bot);
    Player player(std::move(setup), stats, pacer, signals, view);
    outcome = player.run();
  }
  status->finish();
  std::optional<Error> error = verdict(outcome);
  try {
    if (events) events->finish(outcome, error, stats);
  } catch (const Error& unwritten) {
    if (!error) error = unwritten;
  }
  return {.error = error, .signal = outcome.signal};
}

}  // namespace vcplay::cli
