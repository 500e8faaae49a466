#include "media/live_pace.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

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

constexpr double seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

constexpr Duration duration_of(double samples) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(samples / kSampleRate));
}

}  // namespace

LivePace::LivePace(Duration latency, bool certain)
    : latency_(latency),
      target_(seconds(latency) * kSampleRate),
      certain_(certain),
      pace_(certain ? Pace::live : Pace::unknown) {}

Duration LivePace::latency() const noexcept { return duration_of(level_); }

bool LivePace::is_off() const noexcept {
  return pace_ == Pace::live && started_ && std::abs(level_ - target_) > seconds(kTolerance) * kSampleRate;
}

LivePace::Orders LivePace::on_sound(const Level& level, TimePoint now) {
  if (began_ == TimePoint{}) began_ = now;
  if (pace_ == Pace::unknown) find_out(level, now);
  if (pace_ != Pace::live) return {};
  if (!level.is_taken) return before_the_start(level);

  const std::size_t waiting = level.queued + level.held;
  if (fills_up(level, now)) return {.leave_out = 0, .hold = true, .stretch = 0};
  const bool starts = !std::exchange(started_, true);
  const Duration excess = duration_of(static_cast<double>(waiting)) - latency_;
  if (excess > kMostExcess && !certain_ && !starts) {
    pace_ = Pace::file;  // no clock is that fast
    return {};
  }
  if (starts || excess > kMostExcess) return leave_out_excess(level);
  return {.leave_out = 0, .hold = false, .stretch = stretch(waiting, now)};
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
    pace_ = Pace::file;
  } else if (is_over) {
    pace_ = Pace::live;
  }
}

bool LivePace::is_fast(const Level& level, TimePoint now) const {
  if (first_ == TimePoint{}) return level.is_full;
  const double came = static_cast<double>(level.came - before_) / kSampleRate;
  return came > kFasterThanAnyClock * seconds(now - first_);
}

/// A few first words lie ready; behind them stands only what is not too old.
LivePace::Orders LivePace::before_the_start(const Level& level) const {
  const auto most = static_cast<std::size_t>(std::max(0.0, target_ - static_cast<double>(level.queued)));
  return {.leave_out = level.held > most ? whole_frames(level.held - most) : 0,
          .hold = level.queued >= kFirstWords,
          .stretch = 0};
}

/// True while there is too little to begin with after the producer fell silent. What it says then is not held
/// back for longer than the whole latency, should it fall silent again.
bool LivePace::fills_up(const Level& level, TimePoint now) {
  if (!filling_ && started_ && level.queued == 0) {
    filling_ = true;
    filling_since_ = now;
    ++stalls_;
  }
  if (!filling_) return false;
  filling_ = static_cast<double>(level.held) < target_ && now - filling_since_ < latency_;
  if (filling_) return true;
  started_ = false;  // the distance is set anew
  return false;
}

LivePace::Orders LivePace::leave_out_excess(const Level& level) {
  const double excess = static_cast<double>(level.queued + level.held) - target_;
  const std::size_t many =
      whole_frames(std::min(level.held, static_cast<std::size_t>(std::max(0.0, excess))));
  left_out_ += many;
  level_ = static_cast<double>(level.queued + level.held - many);
  last_ = TimePoint{};
  return {.leave_out = many, .hold = false, .stretch = -drift_};
}

double LivePace::stretch(std::size_t waiting, TimePoint now) {
  const double passed = last_ == TimePoint{} ? 0.0 : seconds(now - last_);
  last_ = now;
  level_ += (static_cast<double>(waiting) - level_) * (1.0 - std::exp(-passed / kSmoothing));
  const double error = (level_ - target_) / kSampleRate;  // s
  drift_ = std::clamp(drift_ + kIntegral * error * passed, -kMostStretch, kMostStretch);
  return -std::clamp(drift_ + kProportional * error, -kMostStretch, kMostStretch);
}

}  // namespace vcplay::media
