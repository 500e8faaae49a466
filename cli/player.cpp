#include "cli/player.hpp"

#include <fmt/chrono.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/log.hpp"
#include "base/milliseconds.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"

namespace vcplay::cli {
namespace {

// The connection promises to be gone 2 s after stop(); past this the program ends without it.
constexpr Duration kStopTimeout = 2500ms;
// By then a stream that fades out has done so, and says its trailing silence.
constexpr Duration kFade = 320ms;
constexpr Duration kFadeLook = 20ms;
// Before a time that was ordered: for the join of one channel, and of each further one of 110 a minute.
constexpr Duration kJoin = 20s;
constexpr Duration kFurtherJoin = 550ms;

void wait_for(int mailbox, int signals, Duration time) {
  std::array<pollfd, 2> fds = {pollfd{.fd = mailbox, .events = POLLIN, .revents = 0},
                               pollfd{.fd = signals, .events = POLLIN, .revents = 0}};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  poll(fds.data(), fds.size(), static_cast<int>(std::max<long>(milliseconds, 0)));
}

/// Asks as before, and keeps until when to wait.
bot::BotConfig with_watched_turn(bot::BotConfig config, std::atomic<TimePoint>& turn) {
  if (!config.may_identify) return config;
  config.may_identify = [ask = std::move(config.may_identify), &turn] {
    const Duration wait = ask();
    turn.store(Clock::now() + wait, std::memory_order_relaxed);
    return wait;
  };
  return config;
}

fleet::FleetConfig fleet_of(const PlayerSetup& setup) {
  fleet::FleetConfig fleet;
  for (const Target& target : setup.targets) fleet.targets.push_back({target.guild, target.channel});
  fleet.channel = setup.channel;
  fleet.max_joined = setup.max_joined.value_or(0);
  fleet.stats = setup.stats;
  fleet.starts_together = setup.sync == Sync::together && setup.targets.size() > 1;
  return fleet;
}

/// Where there are several, notices name the one that they are about.
std::vector<std::string> names_of(const std::vector<Target>& targets) {
  std::vector<std::string> names;
  if (targets.size() > 1) {
    for (const Target& target : targets) names.push_back("channel " + target.channel.str());
  }
  return names;
}

/// Of a stream that every channel is to hear whole.
stream::Retention retention_of(const PlayerSetup& setup) {
  return setup.sync == Sync::each && setup.targets.size() > 1 ? stream::Retention::whole
                                                              : stream::Retention::window;
}

/// What is encoded before could be more than the channel takes.
media::PipelineOptions until_the_channel_is_known(media::PipelineOptions options) {
  options.bitrate = 0;
  return options;
}

}  // namespace

void PlayerOutcome::add(media::TrackResult result, SaidOnce& said) {
  tracks += 1;
  if (!result.error.empty()) {
    failed_tracks += 1;
    if (said.is_new(result.error)) log::error("{}", result.error);
  }
  if (results.size() < kMostResults) results.push_back(std::move(result));
}

std::optional<Error> stuck(const media::Pipeline::Activity& activity, TimePoint now) {
  constexpr Duration kMediaSilence = 10s;
  if (!activity.busy || now - activity.since < kMediaSilence) return std::nullopt;
  return Error(Cause::unexpected, fmt::format("{}: no sound came out of it for 10 s; giving up.",
                                              display_safe(activity.location)));
}

Player::Player(PlayerSetup setup, send::Pacer& pacer, Signals& signals, PlayerView& view)
    : log_(stream::FrameLog::kDefaultFrames, retention_of(setup)),
      mailbox_(names_of(setup.targets)),
      setup_(std::move(setup)),
      signals_(signals),
      view_(view),
      pipeline_(setup_.media, until_the_channel_is_known(setup_.pipeline), log_, mailbox_),
      network_(with_watched_turn(std::move(setup_.bot), turn_to_identify_), fleet_of(setup_), setup_.ca_file,
               setup_.ca_pem, log_, pacer, mailbox_) {
  outcome_.targets.resize(setup_.targets.size());
  for (std::size_t i = 0; i < setup_.targets.size(); ++i) outcome_.targets[i].target = setup_.targets[i];
  progress_.targets = outcome_.targets.size();
}

Player::~Player() = default;

PlayerOutcome Player::run() {
  TimePoint next_tick = Clock::now() + view_.tick_interval();
  while (!over_) {
    begin_when_due(Clock::now());
    const Duration to_tick = next_tick - Clock::now();
    wait_for(mailbox_.fd(), signals_.fd(), fade_deadline_ ? std::min(to_tick, kFadeLook) : to_tick);
    for (Message& message : mailbox_.take()) handle(message);
    const TimePoint now = Clock::now();
    if (const auto signal = signals_.take()) {
      outcome_.signal = *signal;
      stop(now);
    }
    end_fade(now);
    if (now >= next_tick) {
      tick(now);
      next_tick = now + view_.tick_interval();
    }
    if (stop_deadline_ && now >= *stop_deadline_) break;
  }
  look();
  announce_tracks();
  announce_ends(std::numeric_limits<std::uint32_t>::max(), 0);
  pipeline_.stop();
  outcome_.live = pipeline_.live();
  outcome_.sent = parted_;
  for (const auto& [target, guest] : guests_) {
    if (!guest.stats) continue;  // it did not leave in time
    outcome_.sent.add(*guest.stats);
    outcome_.late.add(*guest.stats);
  }
  for (std::size_t i = 0; i < outcome_.targets.size(); ++i) {
    TargetOutcome& target = outcome_.targets[i];
    if (!target.began || guests_.contains(i)) target.was_stopped = true;
  }
  return std::move(outcome_);
}

/// Nothing: at once. By the calendar's clock, which may be set while we wait.
std::optional<TimePoint> Player::time_to_begin(TimePoint now) const {
  if (!setup_.at) return std::nullopt;
  const auto further = static_cast<std::int64_t>(outcome_.targets.size()) - 1;
  const Duration ahead = kJoin + further * kFurtherJoin;
  return now + (*setup_.at - std::chrono::system_clock::now()) - ahead;
}

void Player::begin_when_due(TimePoint now) {
  if (has_begun_ || stop_deadline_) return;
  if (const auto due = time_to_begin(now); due && now < *due) return;
  has_begun_ = true;
  if (const auto pair = neighbours(setup_.targets)) {
    log::info("Channels {} and {} are in one guild: such are visited one after the other.",
              pair->first.channel.str(), pair->second.channel.str());
  }
  std::optional<TimePoint> first_sound;
  if (setup_.at) first_sound = now + (*setup_.at - std::chrono::system_clock::now());
  pipeline_.start();  // decoding needs no connection: a second is ready by the time that there is one
  network_.start(first_sound);
}

void Player::handle(Message& message) {
  std::visit(Overloaded{
                 [&](OfTarget& of) { std::visit([&](auto& what) { handle(of.target, what); }, of.what); },
                 [&](LaterLimits& later) {
                   later_ = later;
                   fit_bitrate(Clock::now());
                 },
                 [&](FleetEnded& ended) {
                   if (ended.error && !outcome_.error) outcome_.error = std::move(ended.error);
                   over_ = true;
                 },
                 [&](media::TrackInfo& info) { waiting_.emplace(info.track, info); },
                 [&](media::StreamTitle& title) { titles_.push_back(std::move(title)); },
                 [&](media::TrackResult& result) { handle_track_end(result); },
                 [&](PipelineFailed& failed) {
                   if (!outcome_.error)
                     outcome_.error = Error(Cause::unexpected, display_safe(failed.sentence));
                   stop(Clock::now());
                 },
                 [&](PipelineEnded&) {
                   if (frames_made_ == 0) stop(Clock::now());  // there is nothing to say in the channel
                 },
             },
             message);
}

void Player::tick(TimePoint now) {
  if (setup_.watch) setup_.watch();
  look();
  announce_tracks();
  check_media_progress(now);
  if (!log_.kept_all() && !std::exchange(told_of_overflow_, true)) {
    log::warning(
        "The media are longer than what is kept for channels that come later (64 MiB, an hour at 128 kb/s): "
        "these miss what lies between; --sync together plays the same to all.");
  }
  fit_bitrate(now);
  tell_waits(now);
  view_.on_tick(progress_);
  fingerprints_.log_next();
}

/// Why nothing is heard yet, in words that go on after "Waiting for"; empty: nobody has to be told.
std::string Player::reason_to_wait(TimePoint now) const {
  if (!has_begun_ && setup_.at) {
    return fmt::format("{:%H:%M:%S}", fmt::localtime(std::chrono::system_clock::to_time_t(*setup_.at)));
  }
  if (progress_.sent.something_was_played() || progress_.frames_queued > 0) return {};
  if (const Duration left = turn_to_identify_.load(std::memory_order_relaxed) - now;
      left > Duration::zero()) {
    return fmt::format("this bot's turn to identify, {:.0f} s", std::ceil(seconds(left)));
  }
  switch (pipeline_.activity().awaits) {
    case media::Progress::Awaits::pipe:
      return "the pipe to begin";
    case media::Progress::Awaits::server:
      return "the server";
    case media::Progress::Awaits::measurement:
      return "the loudness to be measured";
    case media::Progress::Awaits::nobody:
      break;
  }
  return {};
}

void Player::tell_waits(TimePoint now) {
  std::string why = reason_to_wait(now);
  if (why == wait_) return;
  wait_ = std::move(why);
  view_.on_wait(wait_);
}

void Player::check_media_progress(TimePoint now) {
  if (stop_deadline_) return;
  auto error = stuck(pipeline_.activity(), now);
  if (!error || pipeline_.skip_stuck_track()) return;
  outcome_.error = std::move(error);
  stop(now);
}

void Player::stop(TimePoint now) {
  if (stop_deadline_) return;
  if (!has_begun_) {
    over_ = true;
    return;
  }
  stop_deadline_ = now + kStopTimeout;
  if (setup_.channel_status) network_.set_status("");  // it takes its time: ahead of the fade
  look();
  if (progress_.sent.speaking) {
    pipeline_.stop_softly();
    fade_deadline_ = now + kFade;
    return;
  }
  pipeline_.stop();
  network_.stop_playing();
}

/// The senders stop by themselves at the end of a fade; the bot may then leave.
void Player::end_fade(TimePoint now) {
  if (!fade_deadline_) return;
  look();
  if (now < *fade_deadline_ && progress_.sent.speaking) return;
  fade_deadline_.reset();
  network_.stop_playing();
}

}  // namespace vcplay::cli
