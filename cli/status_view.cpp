#include "cli/status_view.hpp"

#include <utility>

namespace vcplay::cli {
namespace {

/// What a person calls the phase; empty while it plays.
std::string_view words(channel::Phase phase) {
  using channel::Phase;
  if (phase < Phase::ready) return "joining";
  if (phase < Phase::leaving) return "";
  return "leaving";
}

/// What a person has to know of the line; nothing while audio is encrypted.
std::string_view note(channel::LineState line) {
  switch (line) {
    case channel::LineState::encrypted:
      return "";
    case channel::LineState::plain:
      return "not end-to-end encrypted";
    case channel::LineState::audience:
      return "in the audience";
    case channel::LineState::alone:
      return "nobody is listening";
    case channel::LineState::waiting:
      return "waiting for the key";
    case channel::LineState::not_encrypted:
      return "held: no end-to-end encryption";
  }
  return "";
}

}  // namespace

StatusView::StatusView(std::unique_ptr<StatusLine> line, TitleTemplate title)
    : line_(std::move(line)), title_(std::move(title)) {
  snapshot_.phase = words(channel::Phase::finding_gateway);
}

Duration StatusView::tick_interval() const { return line_ ? Duration(200ms) : PlayerView::tick_interval(); }

/// Shows the phase of the first target. on_tick() counts the others.
void StatusView::on_phase(std::size_t target, channel::Phase phase) {
  if (target == 0) snapshot_.phase = words(phase);
}

void StatusView::show_wait(const std::string& whom) {
  if (!line_) return;
  StatusSnapshot waiting = snapshot_;
  waiting.wait = whom;
  line_->show(waiting);
}

void StatusView::on_encryption(std::size_t target, const channel::EncryptionFacts& facts) {
  if (target != 0) return;
  snapshot_.lock = facts.line == channel::LineState::encrypted ? Padlock::closed : Padlock::open;
  snapshot_.note = note(facts.line);
}

void StatusView::on_track(const media::TrackInfo& info) {
  snapshot_.track = info.track + 1;
  snapshot_.tracks = info.tracks;
  snapshot_.duration = info.duration;
  now_playing_.begin(info);
  snapshot_.title = title_.fill(now_playing_);
}

void StatusView::on_title(const media::StreamTitle& title) {
  now_playing_.retitle(title);
  snapshot_.title = title_.fill(now_playing_);
}

void StatusView::on_tick(const Progress& progress) {
  if (!line_) return;
  const auto frames = static_cast<std::int64_t>(progress.position.frame);
  snapshot_.position = progress.sent.something_was_played() ? (frames + 1) * kFrameDuration : Duration{};
  snapshot_.buffered = static_cast<std::int64_t>(progress.frames_queued) * kFrameDuration;
  snapshot_.live = progress.live.live;
  if (progress.live.live) snapshot_.buffered = progress.live.latency;
  snapshot_.drift = progress.live.drift;
  snapshot_.packets = progress.sent.packets;
  snapshot_.worst_late = progress.sent.worst_late;
  snapshot_.channels = progress.targets;
  snapshot_.joined = progress.joined;
  if (progress.targets > 1 && progress.joined > 0) snapshot_.phase = "";
  line_->show(snapshot_);
}

std::unique_ptr<StatusView> make_status_view(const Options& options) {
  return std::make_unique<StatusView>(options.quiet ? nullptr : StatusLine::open(), options.title);
}

}  // namespace vcplay::cli
