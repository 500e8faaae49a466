#include "cli/event_view.hpp"

#include <unistd.h>

#include <utility>

#include "cli/hints.hpp"
#include "cli/options.hpp"
#include "cli/rehearsal_output.hpp"
#include "cli/verdict.hpp"

namespace vcplay::cli {
namespace {

Duration microseconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::micro>(value));
}

std::string_view reason_of(const std::optional<Error>& error) {
  if (!error) return "finished";
  return error->cause() == Cause::some_media ? "finished" : name(to_exit_status(error->cause()));
}

/// The same of one among several.
std::string_view reason_of(const TargetOutcome& target) {
  return target.was_stopped ? "stopped" : reason_of(target.error);
}

TargetLine line_of(const TargetOutcome& target, const PlayerOutcome& outcome) {
  const TargetVerdict verdict = verdict_on(target, outcome);
  return {.place = {target.target.guild, target.target.channel},
          .sent = static_cast<std::int64_t>(target.audio_packets) * kFrameDuration,
          .packets = target.packets,
          .lost = target.lost,
          .status = verdict.status,
          .reason = verdict.reason};
}

}  // namespace

EventView::EventView() : events_(STDOUT_FILENO) { events_.start(version()); }

/// Where the bot is, which may have been moved.
Place EventView::place_of(std::size_t target) const {
  const auto guest = guests_.find(target);
  if (guest != guests_.end() && guest->second.facts.channel.value != 0) {
    return {guest->second.facts.guild, guest->second.facts.channel};
  }
  return {targets_[target].guild, targets_[target].channel};
}

void EventView::on_channel(std::size_t target, const channel::ChannelFacts& facts) {
  guests_[target].facts = facts;
}

void EventView::on_session(std::size_t target, const channel::SessionFacts& facts) {
  Guest& guest = guests_[target];
  guest.joined = true;
  events_.joined({.guild = guest.facts.guild,
                  .channel = guest.facts.channel,
                  .channel_name = guest.facts.channel_name,
                  .user = facts.user,
                  .bitrate = bitrate_,
                  .encryption = std::string(rtp::name(facts.mode)),
                  .join_time = Clock::now() - started_});
}

void EventView::on_encryption(std::size_t target, const channel::EncryptionFacts& facts) {
  std::vector<Snowflake> members;
  for (const dave::GroupMember& member : facts.members) members.push_back(member.user);
  events_.e2ee({.place = place_of(target),
                .active = facts.line == channel::LineState::encrypted,
                .version = facts.version,
                .line = std::string(channel::name(facts.line)),
                .epoch = facts.epoch,
                .code = facts.privacy_code.empty() ? std::nullopt : std::optional(facts.privacy_code),
                .members = std::move(members)});
}

void EventView::on_track(const media::TrackInfo& info) { events_.track(info); }

void EventView::on_underrun(std::size_t target, bool began) {
  if (began) events_.underrun(place_of(target), ++guests_[target].underruns);
}

void EventView::on_reconnect(std::size_t target, const channel::ReconnectFacts& facts) {
  ++reconnects_;
  events_.reconnect({.place = place_of(target),
                     .reason = with_hint(facts.reason, facts.hint),
                     .attempt = facts.attempt,
                     .what = std::string(channel::name(facts.what)),
                     .after = facts.after});
}

/// That of the only one is told at the end, when it is known whether it was stopped.
void EventView::on_target_end(std::size_t target, const TargetOutcome& outcome) {
  if (targets_.size() == 1) return;
  if (outcome.joined) events_.left(place_of(target), reason_of(outcome));
  guests_.erase(target);
}

void EventView::finish(const PlayerOutcome& outcome, const std::optional<Error>& error) {
  for (const auto& [target, guest] : guests_) {
    if (guest.joined) events_.left(place_of(target), outcome.signal ? "stopped" : reason_of(error));
  }
  const rehearsal::Pacing late = sender_pacing(outcome.late, outcome.sent.worst_late);
  events_.statistics({.run_time = Clock::now() - started_,
                      .sent = outcome.sent,
                      .reconnects = reconnects_,
                      .late_p50 = microseconds(late.p50),
                      .late_p99 = microseconds(late.p99),
                      .live = outcome.live});
  if (error) events_.error(error->cause(), with_hint(*error));
  std::vector<TargetLine> lines;
  for (const TargetOutcome& target : outcome.targets) lines.push_back(line_of(target, outcome));
  events_.targets(lines);
  events_.finish();
}

}  // namespace vcplay::cli
