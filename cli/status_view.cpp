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

void StatusView::on_phase(channel::Phase phase) { snapshot_.phase = words(phase); }

void StatusView::show_wait(const std::string& whom) {
  if (!line_) return;
  StatusSnapshot waiting = snapshot_;
  waiting.wait = whom;
  line_->show(waiting);
}

void StatusView::on_encryption(const channel::EncryptionFacts& facts) {
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

void StatusView::on_tick(const send::SenderStats& stats, std::size_t frames_queued,
                         const media::LiveFigures& live) {
  if (!line_) return;
  const bool playing = stats.audio_packets.load(std::memory_order_relaxed) > 0 ||
                       stats.unheard.load(std::memory_order_relaxed) > 0;
  const auto frames = static_cast<std::int64_t>(stats.track_frame.load(std::memory_order_relaxed));
  snapshot_.position = playing ? (frames + 1) * kFrameDuration : Duration{};
  snapshot_.buffered = static_cast<std::int64_t>(frames_queued) * kFrameDuration;
  snapshot_.live = live.live;
  if (live.live) snapshot_.buffered = live.latency;
  snapshot_.drift = live.drift;
  snapshot_.packets = stats.packets.load(std::memory_order_relaxed);
  snapshot_.worst_late = Duration(stats.worst_late_ns.load(std::memory_order_relaxed));
  line_->show(snapshot_);
}

std::unique_ptr<StatusView> make_status_view(const Options& options) {
  return std::make_unique<StatusView>(options.quiet ? nullptr : StatusLine::open(), options.title);
}

}  // namespace vcplay::cli
