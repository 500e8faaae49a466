#include "media/live_pace.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/milliseconds.hpp"
#include "base/opus_frame.hpp"

namespace vcplay::media {
namespace {

// What waits in the queue for a sender that has not begun is heard first, however late that is.
constexpr std::size_t kFirstWords = 5 * kSamplesPerFrame;
// A proportional-integral controller. Its time constants are far above those of pipes and sound cards, whose
// portions make the level a saw-tooth, and it is critically damped.
constexpr double kSmoothing = 2.0;     // s
constexpr double kProportional = 0.2;  // 1/s
constexpr double kIntegral = kProportional * kProportional / 4;

/// Sound is left out by the packet, so that what remains is cut into packets where it was.
constexpr std::size_t whole_frames(std::size_t samples) { return samples - samples % kSamplesPerFrame; }

constexpr Duration duration_of(double samples) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(samples / kSampleRate));
}

}  // namespace

LivePace::LivePace(Duration latency, bool certain)
    : latency_(latency),
      target_(seconds(latency) * kSampleRate),
      certain_(certain),
      state_(certain ? State::starting : State::unknown) {}

Pace LivePace::pace() const noexcept {
  if (state_ == State::unknown) return Pace::unknown;
  return state_ == State::file ? Pace::file : Pace::live;
}

void LivePace::start_over(TimePoint now) noexcept {
  if (state_ != State::following) return;
  state_ = State::starting;
  starts_over_ = true;
  const double elapsed = std::max(seconds(now - set_at_) - kSmoothing, kSmoothing);  // it lags by so much
  drift_ = std::clamp((level_ - set_level_) / kSampleRate / elapsed, -kMostStretch, kMostStretch);
}

Duration LivePace::latency() const noexcept { return duration_of(level_); }

bool LivePace::is_off() const noexcept {
  const double over = level_ - target_;
  const double tolerance = seconds(kTolerance) * kSampleRate;
  return state_ == State::following && (over < -tolerance || over - ahead_ > tolerance);
}

LivePace::Orders LivePace::on_sound(const Level& level, TimePoint now) {
  if (began_ == TimePoint{}) {
    began_ = now;
    before_all_ = level.came;
  }
  if (state_ == State::unknown) find_out(level, now);
  if (pace() != Pace::live) return {};
  outran_ = outran_ || (certain_ && has_outrun(level, now));
  if (!level.is_taken) return certain_ ? before_the_start(level, now) : Orders{.wait = true};

  if (taken_ == TimePoint{}) taken_ = now;
  const std::size_t waiting = level.queued + level.held;
  if (fills_up(level, now)) return {.hold = true};
  const bool starts = std::exchange(state_, State::following) == State::starting;
  const bool starts_over = std::exchange(starts_over_, false);
  // What the pipe held meanwhile comes at once, too.
  const bool begins = (starts && !starts_over) || now - taken_ < kBacklog;
  if (begins && !certain_) begin_at(static_cast<double>(waiting), now);
  const double excess = static_cast<double>(waiting) - target_;
  const bool is_too_much = excess > ahead_ + seconds(kMostExcess) * kSampleRate;
  if (is_too_much && !certain_) {
    state_ = State::file;  // no clock is that fast
    return {};
  }
  if (starts_over || (certain_ && (starts || is_too_much))) return leave_out_excess(level, now);
  return {.stretch = stretch(waiting, now)};
}

void LivePace::find_out(const Level& level, TimePoint now) {
  const Duration elapsed = now - began_;
  if (first_ == TimePoint{} && elapsed >= kBacklog) {
    first_ = now;
    before_ = level.came;
  }
  const bool is_over = elapsed >= kProbation;
  if (!is_over && !level.is_full) return;
  if (is_fast(level, now)) {
    state_ = State::file;
  } else if (is_over) {
    state_ = State::starting;
  }
}

/// A pipe may have held a little before it was opened.
bool LivePace::has_outrun(const Level& level, TimePoint now) const {
  const double came = static_cast<double>(level.came - before_all_) / kSampleRate;
  return came - seconds(latency_ + kMostExcess) > kFasterThanAnyClock * seconds(now - began_);
}

bool LivePace::is_fast(const Level& level, TimePoint now) const {
  if (first_ == TimePoint{}) return level.is_full;
  const double came = static_cast<double>(level.came - before_) / kSampleRate;
  return came > kFasterThanAnyClock * seconds(now - first_);
}

/// A few first words lie ready; behind them stands only what is not too old. They wait until the whole
/// distance is there, but not for longer than that takes.
LivePace::Orders LivePace::before_the_start(const Level& level, TimePoint now) {
  const auto distance = std::max(static_cast<std::size_t>(target_), kFirstWords);
  const std::size_t most = distance - std::min(distance, level.queued);
  const bool is_early = level.queued + level.held < distance && now - began_ < latency_;
  const std::size_t too_old = level.held > most ? whole_frames(level.held - most) : 0;
  left_out_ += too_old;
  return {.leave_out = too_old, .hold = is_early || level.queued >= kFirstWords};
}

/// True while there is too little to begin with after the producer fell silent. What it says then is not held
/// back for longer than the whole latency, should it fall silent again.
bool LivePace::fills_up(const Level& level, TimePoint now) {
  if (state_ == State::following && level.queued == 0) {
    state_ = State::filling;
    filling_since_ = now;
    ++stalls_;
  }
  if (state_ != State::filling) return false;
  if (static_cast<double>(level.held) < target_ && now - filling_since_ < latency_) return true;
  state_ = State::starting;
  return false;
}

LivePace::Orders LivePace::leave_out_excess(const Level& level, TimePoint now) {
  const double excess = static_cast<double>(level.queued + level.held) - target_ - ahead_;
  const std::size_t many =
      whole_frames(std::min(level.held, static_cast<std::size_t>(std::max(0.0, excess))));
  left_out_ += many;
  set_distance(static_cast<double>(level.queued + level.held - many), now);
  return {.leave_out = many, .stretch = -drift_};
}

/// Whatever was made before audio could flow is played.
void LivePace::begin_at(double waiting, TimePoint now) {
  set_distance(waiting, now);
  const double more = waiting - target_;
  ahead_ = more > seconds(kTolerance) * kSampleRate ? more : 0;
}

void LivePace::set_distance(double waiting, TimePoint now) {
  level_ = waiting;
  set_level_ = waiting;
  set_at_ = now;
  last_ = TimePoint{};
}

double LivePace::stretch(std::size_t waiting, TimePoint now) {
  const double passed = last_ == TimePoint{} ? 0.0 : seconds(now - last_);
  last_ = now;
  level_ += (static_cast<double>(waiting) - level_) * (1.0 - std::exp(-passed / kSmoothing));
  ahead_ = std::min(ahead_, std::max(0.0, level_ - target_));
  const double error = (level_ - target_) / kSampleRate;  // s
  const double wanted = drift_ + kProportional * error;
  const double possible = std::clamp(wanted, -kMostStretch, kMostStretch);
  // While all that is possible is done already, an error says nothing of the drift, unless it grows large.
  // What was there from the beginning says nothing of it either.
  const bool is_large = std::abs(error) - ahead_ / kSampleRate > 2 * seconds(kTolerance);
  if (wanted == possible || is_large) {
    drift_ = std::clamp(drift_ + kIntegral * error * passed, -kMostStretch, kMostStretch);
  }
  return -possible;
}

}  // namespace vcplay::media
