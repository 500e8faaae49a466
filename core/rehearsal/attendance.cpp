#include "rehearsal/attendance.hpp"

#include <algorithm>

#include "base/deadline.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr Duration kAudioFlows = 1s;  // since the last packet of it

}  // namespace

Attendance::Attendance(const World& world) : world_(world), random_(world.options().churn_seed) {}

void Attendance::give(Cue cue, TimePoint now) {
  if (std::find(given_.begin(), given_.end(), cue) != given_.end()) return;
  given_.push_back(cue);
  for (std::size_t i = 0; i < world_.listeners().size(); ++i) {
    const bool is_scripted = i < world_.options().member_scripts.size();
    const bool stays_away = i == 0 && !is_scripted && world_.voice_state(world_.listener()) == nullptr;
    const MemberScript script = script_of(i);
    if (script.cue != cue || stays_away) continue;
    plans_.emplace(now + script.joins_after, Plan{i, true});
    if (!script.leaves_after) continue;
    leaves_for_good_[i] = now + *script.leaves_after;
    plans_.emplace(now + *script.leaves_after, Plan{i, false});
  }
}

void Attendance::on_audio(Snowflake speaker, TimePoint now) {
  if (!speaker_) {
    speaker_ = speaker;
    first_audio_ = now;
  }
  if (speaker != *speaker_) return;
  ++audio_packets_;
  last_audio_ = clock(now);
  const Duration churn = world_.options().churn;
  if (churn > Duration::zero() && !churn_due_) churn_due_ = last_audio_ + churn;
}

std::optional<Attendance::Move> Attendance::next(TimePoint now) {
  const TimePoint time = clock(now);
  if (!plans_.empty() && plans_.begin()->first <= time) {
    const auto [when, plan] = *plans_.begin();
    plans_.erase(plans_.begin());
    go_on(plan.listener, plan.joins, when);
    return Move{world_.listeners()[plan.listener], plan.joins};
  }
  if (!churn_due_ || *churn_due_ > time) return std::nullopt;
  if (time - last_audio_ > kAudioFlows) {
    churn_due_.reset();  // until audio flows again
    return std::nullopt;
  }
  churn_due_ = std::max(*churn_due_, time - world_.options().churn) + world_.options().churn;
  return draw();
}

// A member that flaps has its next move planned by the one before, until its time is over.
void Attendance::go_on(std::size_t listener, bool joined, TimePoint when) {
  const Duration flaps = script_of(listener).flaps;
  const auto end = leaves_for_good_.find(listener);
  if (flaps <= Duration::zero() || (end != leaves_for_good_.end() && when + flaps >= end->second)) return;
  plans_.emplace(when + flaps, Plan{listener, !joined});
}

// Leaving and coming back take turns, as far as there is somebody to do it.
std::optional<Attendance::Move> Attendance::draw() {
  std::vector<Snowflake> here;
  std::vector<Snowflake> away;
  const std::size_t first = std::max<std::size_t>(1, world_.options().member_scripts.size());
  for (std::size_t i = first; i < world_.listeners().size(); ++i) {
    const Snowflake user = world_.listeners()[i];
    (world_.voice_state(user) == nullptr ? away : here).push_back(user);
  }
  const bool joins = here.empty() || (somebody_left_last_ && !away.empty());
  const std::vector<Snowflake>& who = joins ? away : here;
  if (who.empty()) return std::nullopt;
  somebody_left_last_ = !joins;
  return Move{who[random_() % who.size()], joins};
}

std::optional<TimePoint> Attendance::deadline() const {
  if (counts_packets()) return std::nullopt;
  return plans_.empty() ? churn_due_ : earlier(churn_due_, plans_.begin()->first);
}

MemberScript Attendance::script_of(std::size_t listener) const {
  const auto& scripts = world_.options().member_scripts;
  return listener < scripts.size() ? scripts[listener] : MemberScript{};
}

bool Attendance::counts_packets() const noexcept { return world_.options().unthrottled && speaker_; }

TimePoint Attendance::clock(TimePoint now) const noexcept {
  if (!counts_packets()) return now;
  return first_audio_ + static_cast<Duration::rep>(audio_packets_) * kFrameDuration;
}

}  // namespace vcplay::rehearsal
