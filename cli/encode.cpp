#include "cli/encode.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/mailbox.hpp"
#include "cli/output.hpp"
#include "cli/player.hpp"
#include "cli/setup.hpp"
#include "cli/signals.hpp"
#include "cli/status_line.hpp"
#include "cli/track_report.hpp"
#include "cli/verdict.hpp"
#include "media/opus_file.hpp"
#include "stream/frame_cursor.hpp"

namespace vcplay::cli {
namespace {

constexpr std::size_t kFramesAhead = 256;
constexpr Duration kNap = 2ms;  // while the media thread has nothing ready
constexpr Duration kTick = 200ms;

/// What is written waits for nobody: nothing of it can come too late.
media::PipelineOptions pipeline_options(const Options& options) {
  media::PipelineOptions pipeline = common_setup(options).pipeline;
  pipeline.live.which = media::LiveOptions::Which::none;
  return pipeline;
}

/// One file in the making. Lives on the main thread.
class Encoding {
 public:
  explicit Encoding(const Options& options, Signals& signals)
      : options_(options),
        signals_(signals),
        file_(options.output),
        log_(kFramesAhead),
        pipeline_(options.media, pipeline_options(options), log_, mailbox_) {
    if (!options.quiet) line_ = StatusLine::open();
  }

  [[nodiscard]] RunResult run() {
    pipeline_.start();
    while (!frames_ahead_.drained()) {
      if (const auto signal = signals_.take()) return {.error = std::nullopt, .signal = signal};
      read_mail();
      if (!take_frames()) nap();
      tick(Clock::now());
    }
    read_mail();
    if (frames_ > 0) file_.finish(pipeline_.extent().padding);
    line_.reset();
    std::optional<int> signal;
    if (options_.json && frames_ > 0) signal = write_output(report(), signals_);
    return {.error = verdict(outcome_), .signal = signal};
  }

 private:
  /// False when there was none.
  bool take_frames() {
    std::size_t taken = 0;
    for (; taken < kFramesAhead && frames_ahead_.front() != nullptr; ++taken) {
      if (frames_++ == 0) begin();
      file_.add(frames_ahead_.front()->view());
      status_.track = frames_ahead_.front()->track + 1;
      status_.position = static_cast<std::int64_t>(frames_ahead_.front()->track_frame) * kFrameDuration;
      frames_ahead_.pop();
    }
    return taken > 0;
  }

  /// A file of one track has its title; one of several has none.
  void begin() {
    read_mail();  // a track is told of before its first frame
    media::OpusTags tags;
    if (options_.media.size() == 1 && tracks_.size() == 1 && tracks_[0].tracks == 1)
      tags = {tracks_[0].title, tracks_[0].artist};
    log::info("{} is being written", display_safe(options_.output));
    file_.begin(pipeline_.extent().pre_skip, tags);
  }

  void read_mail() {
    for (Message& message : mailbox_.take()) {
      if (auto* const info = std::get_if<media::TrackInfo>(&message)) tracks_.push_back(std::move(*info));
      if (auto* const result = std::get_if<media::TrackResult>(&message))
        outcome_.add(std::move(*result), said_);
      if (const auto* const failed = std::get_if<PipelineFailed>(&message))
        throw Error(Cause::unexpected, display_safe(failed->sentence));
    }
  }

  void nap() const {
    pollfd signal{.fd = signals_.fd(), .events = POLLIN, .revents = 0};
    ::poll(&signal, 1, static_cast<int>(kNap / 1ms));
  }

  void tick(TimePoint now) {
    if (now < next_tick_) return;
    next_tick_ = now + kTick;
    const auto error = stuck(pipeline_.activity(), now);
    if (error && !pipeline_.skip_stuck_track()) throw Error(*error);
    if (line_) show();
  }

  void show() {
    const auto info = std::find_if(tracks_.begin(), tracks_.end(), [this](const media::TrackInfo& track) {
      return track.track + 1 == status_.track;
    });
    status_.phase = "encoding " + format_time(status_.position);
    if (info != tracks_.end()) {
      if (info->duration) status_.phase += '/' + format_time(*info->duration);
      status_.tracks = info->tracks;
      status_.title = info->title.empty() ? info->location : info->title;
    }
    line_->show(status_);
  }

  [[nodiscard]] std::string report() const {
    const media::Pipeline::Extent extent = pipeline_.extent();
    const std::size_t samples = frames_ * kSamplesPerFrame - extent.pre_skip - extent.padding;
    nlohmann::ordered_json object = {{"output", display_safe(options_.output, 1000)},
                                     {"seconds", static_cast<double>(samples) / kSampleRate},
                                     {"bytes", file_.bytes()},
                                     {"tracks", nlohmann::ordered_json::array()}};
    for (const media::TrackResult& track : outcome_.results) object["tracks"].push_back(to_json(track));
    return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }

  const Options& options_;
  Signals& signals_;
  media::OpusFile file_;
  stream::FrameLog log_;
  stream::FrameCursor frames_ahead_{log_};
  Mailbox mailbox_;
  PlayerOutcome outcome_;
  SaidOnce said_;
  std::vector<media::TrackInfo> tracks_;
  std::unique_ptr<StatusLine> line_;
  StatusSnapshot status_;
  TimePoint next_tick_{};
  std::size_t frames_ = 0;
  media::Pipeline pipeline_;  // the last: it stops before what it fills goes
};

}  // namespace

RunResult encode(const Options& options) {
  Signals signals;  // before any thread
  return Encoding(options, signals).run();
}

}  // namespace vcplay::cli
