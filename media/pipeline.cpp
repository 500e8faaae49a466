#include "media/pipeline.hpp"

#include <pthread.h>

#include <memory>
#include <thread>
#include <utility>

#include "base/signals_blocked.hpp"
#include "media/work.hpp"

namespace vcplay::media {
namespace {

constexpr Duration kPatienceWithTheKernel = 1s;
// Each keeps its memory and computes on when nobody else wants the processor.
constexpr int kMostLeftBehind = 4;

}  // namespace

struct Pipeline::Impl {
  std::shared_ptr<Work> work;  // shared with the media thread
  std::shared_ptr<Excursion> excursion;
  std::thread thread;

  void begin_thread() {
    const SignalsBlocked blocked;
    excursion = std::make_shared<Excursion>();
    thread = std::thread([work = work, excursion = excursion] {
      pthread_setname_np(pthread_self(), "vcplay-media");
      work->run(excursion);
    });
  }
};

Pipeline::Pipeline(std::vector<Media> media, const PipelineOptions& options, stream::FrameLog& queue,
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

void Pipeline::start() { impl_->begin_thread(); }

void Pipeline::stop() { impl_->work->stop.raise(); }

void Pipeline::stop_softly() {
  Work& work = *impl_->work;
  work.softly.store(true);
  stop();
  if (work.written.load()) work.end_softly();  // the last second waits, and nobody writes any more
}

bool Pipeline::skip_stuck_track() {
  if (!impl_->thread.joinable() || impl_->work->behind.load() >= kMostLeftBehind) return false;
  if (!impl_->excursion->leave_behind()) return false;
  impl_->work->behind.fetch_add(1);
  impl_->work->progress.waits();  // it is the next thread's turn
  impl_->thread.detach();
  impl_->begin_thread();
  return true;
}

void Pipeline::set_bitrate(int bits_per_second) { impl_->work->set_bitrate(bits_per_second); }

Pipeline::Extent Pipeline::extent() const {
  const Work& work = *impl_->work;
  return {work.pre_skip.load(std::memory_order_acquire), work.padding.load(std::memory_order_acquire)};
}

Pipeline::Activity Pipeline::activity() const {
  const Progress& progress = impl_->work->progress;
  return {progress.busy(), progress.since(), progress.location(), progress.awaits()};
}

LiveFigures Pipeline::live() const { return impl_->work->gauge.read(); }

}  // namespace vcplay::media
