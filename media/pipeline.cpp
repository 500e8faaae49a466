#include "media/pipeline.hpp"

#include <pthread.h>
#include <algorithm>
#include <csignal>
#include <exception>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "media/event.hpp"
#include "media/frame_maker.hpp"
#include "media/io.hpp"
#include "media/opus_passthrough.hpp"
#include "media/outlet.hpp"
#include "media/passthrough_rules.hpp"
#include "media/progress.hpp"
#include "media/resampler.hpp"
#include "media/source.hpp"

namespace vcplay::media {
namespace {

constexpr Duration kPatienceWithTheKernel = 1s;

/// Keeps signals away from threads that are started while it lives: they are the main thread's business.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

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
        limit(options.encoder.limit),
        outlet(queue, listener),
        options_(options),
        media_(std::move(media)),
        trust_(trust_needed(media_, options)),
        maker_(bitrate, options.volume, options.encoder, outlet, stop, progress),
        passthrough_(maker_, limit, stop) {}

  void run() noexcept;

  Event stop;
  Event ended;
  Progress progress;
  std::atomic<int> bitrate;
  std::atomic<int> limit;  // bit/s, of packets that pass through; 0: not known
  Outlet outlet;

 private:
  void play_all();
  void play(std::uint32_t track);
  void decode(std::uint32_t track);
  void begin(const Source& source, const std::string& reencoded);
  void pass_through(Source& source);
  void convert();
  void play_out();

  const PipelineOptions options_;
  const std::vector<Media> media_;
  const TrustAnchors trust_;
  Resampler resampler_;
  FrameMaker maker_;
  OpusPassthrough passthrough_;
  bool began_ = false;     // the current track has given audio
  std::string reencoded_;  // why it does not pass through
  bool passes_ = false;    // it does, or did
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
  passes_ = false;
  reencoded_.clear();
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
  if (track + 1 == media_.size()) play_out();
  if (began_) result.frames = maker_.frames_of_track();
  if (passes_) result.passed = passthrough_.passed();
  result.reencoded = passes_ ? passthrough_.account() : reencoded_;
  outlet.tell([&](PipelineListener& listener) { listener.on_track_end(result); });
}

void Work::decode(std::uint32_t track) {
  Source source(media_[track], track, {stop, progress, trust_});
  reencoded_ = reason_to_reencode(source.info(), source.opus(), options_);
  if (reencoded_.empty()) return pass_through(source);
  const AVFrame* frame = source.next();
  while (frame != nullptr && !stop.raised()) {
    resampler_.take(*frame);
    if (!began_) {
      passthrough_.hand_over();
      begin(source, reencoded_);
    }
    convert();
    frame = source.next();
  }
}

void Work::begin(const Source& source, const std::string& reencoded) {
  began_ = true;
  maker_.begin_track(source.info().track);
  TrackInfo info = source.info();
  info.reencoded = reencoded;
  outlet.tell([&](PipelineListener& listener) { listener.on_track(info); });
}

void Work::pass_through(Source& source) {
  resampler_.take_end();  // what it still holds of the track before
  convert();
  passes_ = true;
  passthrough_.play(source, [&](const std::string& reencoded) { begin(source, reencoded); });
}

void Work::convert() {
  while (!stop.raised() && resampler_.convert(maker_.fifo()))
    maker_.encode_whole_frames(resampler_.downmixes());
}

void Work::play_out() {
  resampler_.take_end();
  convert();
  maker_.flush();
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
  impl_->work->limit.store(bits_per_second, std::memory_order_relaxed);
}

Pipeline::Activity Pipeline::activity() const {
  const Progress& progress = impl_->work->progress;
  return {progress.busy(), progress.since(), progress.track()};
}

}  // namespace vcplay::media
