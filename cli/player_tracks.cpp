// What plays: a track is announced when it is heard, a second after it was opened.
#include <utility>

#include "base/log.hpp"
#include "base/milliseconds.hpp"
#include "base/text.hpp"
#include "cli/player.hpp"

namespace vcplay::cli {
namespace {

/// What plays from now on, and whether its packets go out as they are.
std::string sentence_of(const media::TrackInfo& track) {
  const std::string title = track.title.empty() ? "" : fmt::format(" ({})", display_safe(track.title, 100));
  const std::string way = track.reencoded.empty() ? "passes through" : "is re-encoded: " + track.reencoded;
  return fmt::format("{}{} plays: {}, {} Hz, {} channel{}; it {}.", display_safe(track.location, 100), title,
                     track.codec, track.sample_rate, track.channels, track.channels == 1 ? "" : "s",
                     display_safe(way, 200));
}

}  // namespace

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
  if (!progress_.sent.something_was_played()) return;
  const std::uint32_t current = progress_.position.track;
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
  announce_ends(current, progress_.position.frame + 1);
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
  const std::uint64_t frame = progress_.position.frame;
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

}  // namespace vcplay::cli
