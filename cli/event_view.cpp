#include "cli/event_view.hpp"

#include <unistd.h>

#include "cli/hints.hpp"
#include "cli/options.hpp"
#include "cli/rehearsal_output.hpp"

namespace vcplay::cli {
namespace {

Duration microseconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::micro>(value));
}

std::string_view reason_of(const PlayerOutcome& outcome, const std::optional<Error>& error) {
  if (outcome.signal) return "stopped";
  if (!error) return "finished";
  return error->cause() == Cause::some_media ? "finished" : name(to_exit_status(error->cause()));
}

}  // namespace

EventView::EventView() : events_(STDOUT_FILENO) { events_.start(version()); }

void EventView::on_channel(const channel::ChannelFacts& facts) { channel_ = facts; }

void EventView::on_session(const channel::SessionFacts& facts) {
  joined_ = true;
  events_.joined({.guild = channel_.guild,
                  .channel = channel_.channel,
                  .channel_name = channel_.channel_name,
                  .user = facts.user,
                  .bitrate = bitrate_,
                  .encryption = std::string(rtp::name(facts.mode)),
                  .join_time = Clock::now() - started_});
}

void EventView::on_encryption(const channel::EncryptionFacts& facts) {
  std::vector<Snowflake> members;
  for (const dave::GroupMember& member : facts.members) members.push_back(member.user);
  events_.e2ee({.active = facts.line == channel::LineState::encrypted,
                .version = facts.version,
                .line = std::string(channel::name(facts.line)),
                .epoch = facts.epoch,
                .code = facts.privacy_code.empty() ? std::nullopt : std::optional(facts.privacy_code),
                .members = std::move(members)});
}

void EventView::on_track(const media::TrackInfo& info) { events_.track(info); }

void EventView::on_underrun(bool began) {
  if (began) events_.underrun(++underruns_);
}

void EventView::on_reconnect(const channel::ReconnectFacts& facts) {
  ++reconnects_;
  events_.reconnect({.reason = with_hint(facts.reason, facts.hint),
                     .attempt = facts.attempt,
                     .what = std::string(channel::name(facts.what)),
                     .after = facts.after});
}

void EventView::finish(const PlayerOutcome& outcome, const std::optional<Error>& error,
                       const send::SenderStats& stats) {
  if (joined_) events_.left(reason_of(outcome, error));
  const rehearsal::Pacing late = sender_pacing(stats);
  events_.statistics({.run_time = Clock::now() - started_,
                      .packets = stats.packets.load(),
                      .audio_packets = stats.audio_packets.load(),
                      .dropped = stats.dropped.load(),
                      .failed = stats.failed.load(),
                      .underruns = stats.underruns.load(),
                      .rebases = stats.rebases.load(),
                      .reconnects = reconnects_,
                      .late_p50 = microseconds(late.p50),
                      .late_p99 = microseconds(late.p99),
                      .late_max = microseconds(late.max),
                      .live = outcome.live});
  if (error) events_.error(error->cause(), with_hint(*error));
  events_.finish();
}

}  // namespace vcplay::cli
