#include "cli/media_probe.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"

namespace vcplay::cli {
namespace {

constexpr Duration kPatience = 10s;  // as long as a play waits for sound
constexpr std::string_view kCheck = "media";

std::string named(const std::string& location) {
  return location == "-" ? "Standard input" : fmt::format("\"{}\"", display_safe(location, 80));
}

/// "\"song.mp3\" is mp3, 44.1 kHz, 2 channels, 3:25."
std::string describe(const media::TrackInfo& track) {
  return fmt::format("{} is {}, {:g} kHz, {} channel{}, {}.", named(track.location),
                     display_safe(track.codec, 20), track.sample_rate / 1000.0, track.channels,
                     track.channels == 1 ? "" : "s",
                     track.duration ? format_time(*track.duration) : "of unknown length");
}

/// What may be said of a list when the first of its tracks that plays has been opened.
Finding found(const media::TrackInfo& track, const std::string& failed_before) {
  Finding finding{std::string(kCheck), Mark::good, describe(track), Cause::unexpected, track};
  if (!failed_before.empty()) {
    finding.mark = Mark::warning;
    finding.sentence += fmt::format(" It is not the list's first: {}.", display_safe(failed_before));
  }
  const std::uint32_t behind = track.tracks - std::min(track.tracks, track.track + 1);
  if (behind > 0) {
    finding.sentence += fmt::format(" {} behind it {} not looked at.",
                                    behind == 1 ? "The track" : fmt::format("The {} tracks", behind),
                                    behind == 1 ? "was" : "were");
  }
  return finding;
}

Finding failed(std::string sentence) {
  return {std::string(kCheck), Mark::failed, std::move(sentence), Cause::no_media};
}

}  // namespace

std::optional<Finding> MediaProbe::run(Signals& signals, std::optional<int>& signal) {
  if (media_.location == "-" && ::isatty(STDIN_FILENO) != 0) {
    return Finding{std::string(kCheck), Mark::skipped, "Not checked: standard input is a terminal."};
  }
  stream::FrameLog unread;
  media::PipelineOptions once = options_;
  once.program.rounds = 1;
  media::Pipeline pipeline({media_}, once, unread, *this);
  pipeline.start();
  const bool answered = wakeup_.wait(signals, Clock::now() + kPatience, signal);
  pipeline.stop();
  if (signal) return std::nullopt;
  const Lock hold(mutex_);
  if (track_) return found(*track_, error_);
  if (answered) return failed(display_safe(error_) + ".");
  return failed(fmt::format("{} gave no sound for {} s.", named(media_.location), kPatience / 1s));
}

void MediaProbe::on_track(const media::TrackInfo& info) {
  const Lock hold(mutex_);
  track_ = info;
  wakeup_.raise();
}

void MediaProbe::on_track_end(const media::TrackResult& result) {
  const Lock hold(mutex_);
  if (!track_ && error_.empty()) error_ = result.error;  // of a list, the next one may play
}

void MediaProbe::on_pipeline_end() { wakeup_.raise(); }

}  // namespace vcplay::cli
