#include "media/pipeline.hpp"

#include <pthread.h>
#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "media/event.hpp"
#include "media/frame_maker.hpp"
#include "media/io.hpp"
#include "media/outlet.hpp"
#include "media/progress.hpp"
#include "media/resampler.hpp"
#include "media/signals_blocked.hpp"
#include "media/sound_stage.hpp"
#include "media/source.hpp"

namespace vcplay::media {
namespace {

constexpr Duration kPatienceWithTheKernel = 1s;

std::string trust_needed(const std::vector<Media>& media, const PipelineOptions& options) {
  const bool any =
      std::any_of(media.begin(), media.end(), [](const Media& one) { return is_address(one.location); });
  return any ? options.ca_file : std::string();
}

/// All that the media thread works with. The thread shares its ownership: should it hang in a read for ever,
/// it keeps what it stands on.
class Work {
 public:
  Work(std::vector<Media> media, const PipelineOptions& options, FrameQueue& queue,
       PipelineListener& listener)
      : bitrate(options.bitrate),
        outlet(queue, listener),
        media_(std::move(media)),
        trust_(trust_needed(media_, options)),
        maker_(bitrate, options.volume, outlet, stop, progress),
        stage_(options.sound, maker_, stop, progress) {}

  void run() noexcept;

  Event stop;
  Event ended;
  Progress progress;
  std::atomic<int> bitrate;
  Outlet outlet;

 private:
  void play_all();
  void play(std::uint32_t track);
  void decode(std::uint32_t track);
  void convert();
  void end_track();
  void play_out();

  const std::vector<Media> media_;
  const TrustAnchors trust_;
  Resampler resampler_;
  FrameMaker maker_;
  SoundStage stage_;
  bool began_ = false;  // the current track has given audio
};

void Work::run() noexcept {
  try {
    play_all();
  } catch (const std::exception& failure) {
    log::error("The media thread failed: {}.", failure.what());
  }
  progress.leave();
  outlet.finish();
  outlet.tell([](PipelineListener& listener) { listener.on_pipeline_end(); });
  ended.raise();
}

void Work::play_all() {
  for (std::uint32_t track = 0; track < media_.size() && !stop.raised(); ++track) play(track);
}

void Work::play(std::uint32_t track) {
  TrackResult result;
  result.track = track;
  result.location = media_[track].location;
  began_ = false;
  progress.enter(track);
  try {
    decode(track);
  } catch (const Error& error) {
    result.error = error.what();
  } catch (const std::exception& failure) {
    result.error = named(result.location) + " cannot be played: " + failure.what();
  }
  if (!result.error.empty()) resampler_.give_up();  // its frame is gone
  if (stop.raised()) result.error.clear();          // it was interrupted, not faulty
  if (began_) end_track();
  if (track + 1 == media_.size()) play_out();
  if (began_) result.frames = stage_.frames_of_track();
  outlet.tell([&](PipelineListener& listener) { listener.on_track_end(result); });
}

void Work::decode(std::uint32_t track) {
  Source source(media_[track], track, {stop, progress, trust_});
  const AVFrame* frame = source.next();
  while (frame != nullptr && !stop.raised()) {
    resampler_.take(*frame);
    if (!std::exchange(began_, true)) {
      outlet.tell([&](PipelineListener& listener) { listener.on_track(source.info()); });
      stage_.begin_track(media_, track, source);
    }
    convert();
    frame = source.next();
  }
}

void Work::convert() {
  while (!stop.raised() && resampler_.convert(stage_.inlet())) {
    stage_.pass_on(resampler_.downmixes());
  }
}

void Work::end_track() {
  if (stage_.parts_tracks()) {
    resampler_.take_end();
    convert();
  }
  stage_.end_track();
}

void Work::play_out() {
  resampler_.take_end();
  convert();
  stage_.finish();
}

}  // namespace

struct Pipeline::Impl {
  std::shared_ptr<Work> work;  // shared with the media thread
  std::thread thread;
};

Pipeline::Pipeline(std::vector<Media> media, const PipelineOptions& options, FrameQueue& queue,
                   PipelineListener& listener)
    : impl_(std::make_unique<Impl>()) {
  route_ffmpeg_log();
  impl_->work = std::make_shared<Work>(std::move(media), options, queue, listener);
}

Pipeline::~Pipeline() {
  stop();
  if (!impl_->thread.joinable()) return;
  if (impl_->work->ended.wait_for(kPatienceWithTheKernel)) {
    impl_->thread.join();
  } else {
    impl_->work->outlet.cut();
    impl_->thread.detach();
  }
}

void Pipeline::start() {
  const SignalsBlocked blocked;
  impl_->thread = std::thread([work = impl_->work] {
    pthread_setname_np(pthread_self(), "vcplay-media");
    work->run();
  });
}

void Pipeline::stop() { impl_->work->stop.raise(); }

void Pipeline::set_bitrate(int bits_per_second) {
  impl_->work->bitrate.store(bits_per_second, std::memory_order_relaxed);
}

Pipeline::Activity Pipeline::activity() const {
  const Progress& progress = impl_->work->progress;
  return {progress.busy(), progress.since(), progress.track()};
}

}  // namespace vcplay::media
