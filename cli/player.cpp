#include "cli/player.hpp"

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

void wait_for(int mailbox, int signals, Duration time) {
  std::array<pollfd, 2> fds = {pollfd{.fd = mailbox, .events = POLLIN, .revents = 0},
                               pollfd{.fd = signals, .events = POLLIN, .revents = 0}};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  poll(fds.data(), fds.size(), static_cast<int>(std::max<long>(milliseconds, 0)));
}

/// What plays from now on, and whether its packets go out as they are.
std::string sentence_of(const media::TrackInfo& track) {
  const std::string title = track.title.empty() ? "" : fmt::format(" ({})", display_safe(track.title, 100));
  const std::string way = track.reencoded.empty() ? "passes through" : "is re-encoded: " + track.reencoded;
  return fmt::format("{}{} plays: {}, {} Hz, {} channel{}; it {}.", display_safe(track.location, 100), title,
                     track.codec, track.sample_rate, track.channels, track.channels == 1 ? "" : "s",
                     display_safe(way, 200));
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

Player::Player(PlayerSetup setup, send::SenderStats& stats, send::Pacer& pacer, Signals& signals,
               PlayerView& view)
    : stats_(stats),
      setup_(std::move(setup)),
      signals_(signals),
      view_(view),
      pipeline_(setup_.media, until_the_channel_is_known(setup_.pipeline), log_, mailbox_),
      network_(with_watched_turn(std::move(setup_.bot), turn_to_identify_), setup_.channel, setup_.ca_file,
               setup_.ca_pem, log_, stats_, pacer, mailbox_) {}

Player::~Player() = default;

PlayerOutcome Player::run() {
  pipeline_.start();  // decoding needs no connection: a second is ready by the time that there is one
  network_.start();
  TimePoint next_tick = Clock::now() + view_.tick_interval();
  while (!over_) {
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
      if (setup_.watch) setup_.watch();
      announce_tracks();
      check_media_progress(now);
      tell_waits(now);
      view_.on_tick(stats_, log_.size(), pipeline_.live());
      fingerprints_.log_next();
      next_tick = now + view_.tick_interval();
    }
    if (stop_deadline_ && now >= *stop_deadline_) break;
  }
  announce_tracks();
  announce_ends(std::numeric_limits<std::uint32_t>::max(), 0);
  pipeline_.stop();
  outcome_.live = pipeline_.live();
  return std::move(outcome_);
}

void Player::handle(Message& message) {
  std::visit(Overloaded{
                 [&](PhaseEntered& phase) {
                   outcome_.phases.push_back({phase.phase, phase.when});
                   view_.on_phase(phase.phase);
                 },
                 [&](channel::ChannelFacts& facts) { channel_described(facts); },
                 [&](channel::SessionFacts& facts) {
                   log::info("The bot is in the channel.");
                   fingerprints_.set_own_user(facts.user);
                   view_.on_session(facts);
                 },
                 [&](EncryptionChanged& change) { encryption_changed(change); },
                 [&](Underrun& underrun) { view_.on_underrun(underrun.began); },
                 [&](Reconnecting& again) { view_.on_reconnect(again.facts); },
                 [&](ConnectionEnded& ended) {
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

void Player::encryption_changed(EncryptionChanged& change) {
  if (change.facts.line == channel::LineState::encrypted && !outcome_.first_key) {
    outcome_.first_key = change.when;
  }
  fingerprints_.add(change.facts.members);
  view_.on_encryption(change.facts);
  if (change.facts.epoch) outcome_.encryption = std::move(change.facts);
}

void Player::channel_described(const channel::ChannelFacts& facts) {
  constexpr int kLowest = 8'000;  // of any Discord channel
  const int limit = std::max(facts.bitrate, kLowest);
  const int bitrate = setup_.bitrate ? std::min(*setup_.bitrate, limit) : limit;
  if (setup_.bitrate && bitrate < *setup_.bitrate) {
    log::info("--bitrate {} is more than the channel's {}; using {}", *setup_.bitrate, limit, bitrate);
  }
  log::info("{} is \"{}\" in guild \"{}\", at {} kb/s.", facts.stage ? "The stage" : "The channel",
            display_safe(facts.channel_name, 100), display_safe(facts.guild_name, 100), bitrate / 1000);
  pipeline_.set_bitrate(bitrate);
  view_.on_channel(facts);
  view_.on_bitrate(bitrate);
}

void Player::handle_track_end(const media::TrackResult& result) {
  // A stop came before any of it, and nobody was told that it began.
  if (stop_deadline_ && result.frames == 0 && result.error.empty()) return;
  frames_made_ += result.frames;
  outcome_.add(result, said_);
  if (result.frames == 0) {
    view_.on_track_end(result);  // it was never heard
  } else {
    ends_.push_back(result);
  }
}

/// A track is announced when its first packet is sent, a second after it was opened.
void Player::announce_tracks() {
  if (stats_.audio_packets.load(std::memory_order_relaxed) == 0 &&
      stats_.unheard.load(std::memory_order_relaxed) == 0) {
    return;
  }
  const std::uint32_t current = stats_.track.load(std::memory_order_relaxed);
  for (; next_to_announce_ <= current; ++next_to_announce_) {
    const auto info = waiting_.find(next_to_announce_);
    if (info == waiting_.end()) continue;  // it failed
    announce_ends(next_to_announce_, 0);
    log::info("{}", sentence_of(info->second));
    view_.on_track(info->second);
    now_playing_.begin(info->second);
    update_channel_status();
    waiting_.erase(info);
  }
  announce_titles(current);
  announce_ends(current, stats_.track_frame.load(std::memory_order_relaxed) + 1);
}

/// A track ends when its last packet is sent, a second after it was encoded: of those that did before so many
/// frames of `track` were.
void Player::announce_ends(std::uint32_t track, std::uint64_t frames) {
  while (!ends_.empty()) {
    const media::TrackResult& next = ends_.front();
    if (next.track > track || (next.track == track && next.frames > frames)) break;
    const bool was_announced = next.track < next_to_announce_;
    if (was_announced) {
      log::info("{} has ended after {:.1f} s.", display_safe(next.location, 100),
                static_cast<double>(next.frames) * seconds(kFrameDuration));
    }
    if (was_announced || !next.error.empty()) view_.on_track_end(next);
    ends_.pop_front();
  }
}

void Player::announce_titles(std::uint32_t track) {
  const std::uint64_t frame = stats_.track_frame.load(std::memory_order_relaxed);
  while (!titles_.empty()) {
    const media::StreamTitle& next = titles_.front();
    if (next.track > track || (next.track == track && next.frame > frame)) break;
    if (next.track == track) {
      view_.on_title(next);
      now_playing_.retitle(next);
      update_channel_status();
    }
    titles_.pop_front();
  }
}

void Player::update_channel_status() {
  if (setup_.channel_status && !stop_deadline_) {
    network_.set_status(setup_.channel_status->fill(now_playing_));
  }
}

/// Why nothing is heard yet, in words that go on after "Waiting for"; empty: nobody has to be told.
std::string Player::reason_to_wait(TimePoint now) const {
  if (stats_.audio_packets.load(std::memory_order_relaxed) > 0 || log_.size() > 0) return {};
  if (stats_.unheard.load(std::memory_order_relaxed) > 0) return {};
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
  stop_deadline_ = now + kStopTimeout;
  if (setup_.channel_status) network_.set_status("");  // it takes its time: ahead of the fade
  if (stats_.speaking.load(std::memory_order_relaxed)) {
    pipeline_.stop_softly();
    fade_deadline_ = now + kFade;
    return;
  }
  pipeline_.stop();
  network_.stop_playing();
}

/// The sender stops by itself at the end of a fade; it may then leave.
void Player::end_fade(TimePoint now) {
  if (!fade_deadline_) return;
  if (now < *fade_deadline_ && stats_.speaking.load(std::memory_order_relaxed)) return;
  fade_deadline_.reset();
  network_.stop_playing();
}

std::optional<Error> verdict(const PlayerOutcome& outcome) {
  if (outcome.error) return outcome.error;
  if (outcome.failed_tracks == 0) return std::nullopt;
  if (outcome.failed_tracks >= outcome.tracks) return Error(Cause::no_media, "Nothing could be played.");
  return Error(Cause::some_media,
               fmt::format("{} of {} media could not be played.", outcome.failed_tracks, outcome.tracks));
}

}  // namespace vcplay::cli
