#include "media/pipeline.hpp"

#include <pthread.h>
#include <exception>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "media/event.hpp"
#include "media/filtered_source.hpp"
#include "media/frame_maker.hpp"
#include "media/io.hpp"
#include "media/live_follower.hpp"
#include "media/live_gauge.hpp"
#include "media/opus_passthrough.hpp"
#include "media/outlet.hpp"
#include "media/passthrough_rules.hpp"
#include "media/program.hpp"
#include "media/progress.hpp"
#include "media/resampler.hpp"
#include "media/signals_blocked.hpp"
#include "media/sound_stage.hpp"
#include "media/source.hpp"

namespace vcplay::media {
namespace {

constexpr Duration kPatienceWithTheKernel = 1s;

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
        trust_(options.ca_file),
        program_(std::move(media), options.program, {stop, progress, trust_}),
        maker_(bitrate, options.volume, options.encoder, outlet, stop, progress),
        follower_(options.live, outlet, maker_, resampler_, gauge),
        stage_(options.sound, maker_, stop, progress),
        passthrough_(maker_, limit, stop) {}

  void run() noexcept;
  /// Any thread, once all is written: makes the soft end, if one is asked for, and only once.
  void end_softly() {
    if (softly.exchange(false)) outlet.end_softly();
  }

  Event stop;
  std::atomic<bool> softly{false};   // an end is asked for that nobody has made yet; set before `stop`
  std::atomic<bool> written{false};  // the last frame is in the queue
  Event ended;
  Progress progress;
  std::atomic<int> bitrate;
  std::atomic<int> limit;  // bit/s, of packets that pass through; 0: not known
  std::atomic<std::size_t> pre_skip{0};
  std::atomic<std::size_t> padding{0};
  Outlet outlet;
  LiveGauge gauge;

 private:
  void play_all();
  [[nodiscard]] std::optional<TrackResult> play(std::uint32_t track, const Program::Item& item);
  void decode(TrackResult& result, const Program::Item& item);
  void hear(const AVFrame& frame, Source& source, const Program::Item& item);
  void tell_title(std::uint32_t track, std::string title);
  void begin(const Source& source, const Program::Item& item, const std::string& reencoded);
  void pass_through(Source& source, const Program::Item& item);
  void convert();
  void follow(Source& source);
  [[nodiscard]] bool take_decoded(std::span<const float> interleaved);
  void end_track();
  void play_out();

  const PipelineOptions options_;
  const TrustAnchors trust_;
  Program program_;
  Resampler resampler_;
  FrameMaker maker_;
  LiveFollower follower_;
  SoundStage stage_;
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
  padding.store(maker_.tail(), std::memory_order_release);
  written.store(true);
  end_softly();
  outlet.finish();
  outlet.tell([](PipelineListener& listener) { listener.on_pipeline_end(); });
  ended.raise();
}

void Work::play_all() {
  std::uint32_t track = 0;
  auto item = program_.next();
  while (item) {
    auto result = play(track, *item);
    if (began_) program_.note_played();
    item = program_.next();
    if (!item || item->may_tarry) play_out();
    if (!result) continue;
    // Nobody has opened the next one, or nothing came out of it: a stop is not its end.
    if (!began_ && result->error.empty() && stop.raised()) continue;
    if (began_) result->frames = stage_.frames_of_track();
    outlet.tell([&](PipelineListener& listener) { listener.on_track_end(*result); });
    track += 1;
  }
}

/// Nothing: it was no track but a list, and the program goes on with what that names.
std::optional<TrackResult> Work::play(std::uint32_t track, const Program::Item& item) {
  TrackResult result;
  result.track = track;
  result.location = item.media.location;
  result.error = item.failure;
  began_ = false;
  passes_ = false;
  reencoded_.clear();
  progress.enter(result.location);
  try {
    if (item.failure.empty()) decode(result, item);
  } catch (const ListFound& list) {
    program_.expand(item.media, list.kind);
    return std::nullopt;
  } catch (const Error& error) {
    result.error = error.what();
  } catch (const std::exception& failure) {
    result.error = named(result.location) + " cannot be played: " + failure.what();
  }
  if (!result.error.empty()) resampler_.give_up();  // its frame is gone
  if (stop.raised()) result.error.clear();          // it was interrupted, not faulty
  follower_.end();
  if (passes_) result.passed = passthrough_.passed();
  result.reencoded = passes_ ? passthrough_.account() : reencoded_;
  if (began_) end_track();
  return result;
}

void Work::decode(TrackResult& result, const Program::Item& item) {
  Source source(item.media, result.track, {stop, progress, trust_});
  result.title = source.info().title;
  reencoded_ = reason_to_reencode(source.info(), item.media, source.opus(), options_);
  follow(source);
  if (reencoded_.empty() && follower_.wants_samples_at_once())
    reencoded_ = "its producer's clock is followed";
  if (reencoded_.empty()) return pass_through(source, item);
  const std::string name = named(item.media.location);
  FilteredSource sound(source, options_.sound.filters, name + " cannot pass --af", stop);
  while (const AVFrame* const frame = sound.next()) hear(*frame, source, item);
  if (!began_ && !stop.raised() && !options_.sound.filters.empty()) {
    throw Error(Cause::no_media, name + " does not sound: --af lets nothing through");
  }
}

void Work::hear(const AVFrame& frame, Source& source, const Program::Item& item) {
  resampler_.take(frame);
  if (!began_) {
    passthrough_.hand_over();
    begin(source, item, reencoded_);
  }
  convert();
  if (auto title = source.take_title()) tell_title(source.info().track, std::move(*title));
}

void Work::tell_title(std::uint32_t track, std::string title) {
  const StreamTitle now{track, stage_.frames_of_track(), std::move(title)};
  outlet.tell([&](PipelineListener& listener) { listener.on_title(now); });
}

void Work::begin(const Source& source, const Program::Item& item, const std::string& reencoded) {
  began_ = true;
  pre_skip.store(maker_.lead(), std::memory_order_release);
  TrackInfo info = source.info();
  info.tracks = item.tracks;
  info.reencoded = reencoded;
  outlet.tell([&](PipelineListener& listener) { listener.on_track(info); });
  Program::Neighbours near;
  if (stage_.asks_for_company()) near = program_.neighbours();
  if (near.media.empty()) near.media.push_back(item.media);
  stage_.begin_track(info.track, {.all = near.media, .index = near.place, .one_list = near.one_list}, source);
}

void Work::pass_through(Source& source, const Program::Item& item) {
  resampler_.take_end();  // what it still holds of the track before
  convert();
  passes_ = true;
  passthrough_.play(source,
                    {.began = [&](const std::string& reencoded) { begin(source, item, reencoded); },
                     .titled = [&](std::string title) { tell_title(source.info().track, std::move(title)); },
                     .passed = [this] { return follower_.on_packet(Clock::now()); },
                     .decoded = [this](std::span<const float> samples) { return take_decoded(samples); }});
}

void Work::convert() {
  while (!stop.raised() && resampler_.convert(stage_.inlet())) {
    if (follower_.follows()) follower_.on_samples(Clock::now());
    stage_.pass_on(resampler_.downmixes());
  }
}

void Work::follow(Source& source) {
  const std::string& location = source.info().location;
  follower_.begin(source.is_pipe(), is_address(location), named(location));
  if (!follower_.follows()) return;
  source.on_silence(follower_.patience(), [this] {
    try {
      follower_.on_samples(Clock::now());
      stage_.pass_on(resampler_.downmixes());
    } catch (const std::exception& failure) {
      log::warning("A live input stumbled: {}", failure.what());
    }
  });
}

/// Opus that passed and no longer does: a live one goes the way of all live sound.
bool Work::take_decoded(std::span<const float> interleaved) {
  if (!follower_.follows()) return false;
  follower_.give(interleaved);
  convert();
  return true;
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

void Pipeline::stop_softly() {
  Work& work = *impl_->work;
  work.softly.store(true);
  stop();
  if (work.written.load()) work.end_softly();  // the last second waits, and nobody writes any more
}

void Pipeline::set_bitrate(int bits_per_second) {
  impl_->work->bitrate.store(bits_per_second, std::memory_order_relaxed);
  impl_->work->limit.store(bits_per_second, std::memory_order_relaxed);
}

Pipeline::Extent Pipeline::extent() const {
  const Work& work = *impl_->work;
  return {work.pre_skip.load(std::memory_order_acquire), work.padding.load(std::memory_order_acquire)};
}

Pipeline::Activity Pipeline::activity() const {
  const Progress& progress = impl_->work->progress;
  return {progress.busy(), progress.since(), progress.location()};
}

LiveFigures Pipeline::live() const { return impl_->work->gauge.read(); }

}  // namespace vcplay::media
