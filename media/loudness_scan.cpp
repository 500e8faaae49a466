#include "media/loudness_scan.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/log.hpp"
#include "base/signals_blocked.hpp"
#include "base/thread_annotations.hpp"
#include "media/event.hpp"
#include "media/filtered_source.hpp"
#include "media/io.hpp"
#include "media/loudness_meter.hpp"
#include "media/progress.hpp"
#include "media/resampler.hpp"
#include "media/source.hpp"

namespace vcplay::media {
namespace {

constexpr int kNiceness = 10;
constexpr Duration kPatienceWithTheKernel = 1s;
constexpr std::size_t kMostWaiting = 1000;  // files asked for and not measured

}  // namespace

class LoudnessScan::Work {
 public:
  Work(Wish wish, const std::string& cache_folder, std::string filters)
      : wish_(wish), filters_(std::move(filters)), cache_(cache_folder), trust_(std::string()) {}

  std::optional<std::uint64_t> want(const Media& media);
  void hurry(std::uint64_t identity);
  [[nodiscard]] std::optional<KnownLoudness> known(std::uint64_t identity);
  void end();
  void start(std::shared_ptr<Work> self);

 private:
  struct Job {
    std::uint64_t identity;
    Media media;
  };

  void run() noexcept;
  [[nodiscard]] std::optional<Job> next();
  [[nodiscard]] KnownLoudness examine(const Job& job);
  [[nodiscard]] Measured measure(Source& source);
  void settle(std::uint64_t identity, KnownLoudness loudness);

  const Wish wish_;
  const std::string filters_;
  LoudnessCache cache_;  // of the scan's thread
  const TrustAnchors trust_;
  const WebRules web_;  // it measures files alone
  Event stop_;
  Event ended_;
  Progress progress_;
  std::thread thread_;  // of the media thread

  Mutex mutex_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  std::set<std::uint64_t> asked_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, KnownLoudness> known_ GUARDED_BY(mutex_);
  bool idle_ GUARDED_BY(mutex_) = true;
};

std::optional<std::uint64_t> LoudnessScan::Work::want(const Media& media) {
  const std::optional<std::uint64_t> identity = identity_of(media, filters_);
  if (!identity) return std::nullopt;
  const Lock lock(mutex_);
  if (jobs_.size() < kMostWaiting && asked_.insert(*identity).second) jobs_.push_back({*identity, media});
  return identity;
}

void LoudnessScan::Work::hurry(std::uint64_t identity) {
  const Lock lock(mutex_);
  const auto job = std::find_if(jobs_.begin(), jobs_.end(),
                                [identity](const Job& one) { return one.identity == identity; });
  if (job != jobs_.end()) std::rotate(jobs_.begin(), job, job + 1);
}

std::optional<KnownLoudness> LoudnessScan::Work::known(std::uint64_t identity) {
  const Lock lock(mutex_);
  const auto found = known_.find(identity);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

// The thread lives for as long as there is work, and a new one starts with the next.
void LoudnessScan::Work::start(std::shared_ptr<Work> self) {
  {
    const Lock lock(mutex_);
    if (!idle_ || jobs_.empty()) return;
    idle_ = false;
  }
  if (thread_.joinable()) thread_.join();  // it has found nothing to do, and is as good as over
  const SignalsBlocked blocked;
  thread_ = std::thread([self = std::move(self)] {
    pthread_setname_np(pthread_self(), "vcplay-scan");
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
    self->run();
  });
}

void LoudnessScan::Work::end() {
  stop_.raise();
  if (!thread_.joinable()) return;
  bool over = false;
  {
    const Lock lock(mutex_);
    over = idle_;
  }
  if (over || ended_.wait_for(kPatienceWithTheKernel)) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

/// Nothing leaves it: a file that is not measured plays as it is.
void LoudnessScan::Work::run() noexcept {
  const log::Muted muted;  // whoever plays the file says what is wrong with it
  try {
    while (const std::optional<Job> job = next()) {
      KnownLoudness loudness;
      try {
        loudness = examine(*job);
      } catch (...) {
        // It is nothing that could be played; whoever tries to says why.
      }
      if (!stop_.raised()) settle(job->identity, loudness);
    }
  } catch (...) {
    // There is no memory left to keep what was measured.
  }
  if (stop_.raised()) ended_.raise();
}

std::optional<LoudnessScan::Work::Job> LoudnessScan::Work::next() {
  const Lock lock(mutex_);
  if (jobs_.empty() || stop_.raised()) {
    idle_ = !stop_.raised();
    return std::nullopt;
  }
  std::optional<Job> job(std::move(jobs_.front()));
  jobs_.pop_front();
  return job;
}

KnownLoudness LoudnessScan::Work::examine(const Job& job) {
  KnownLoudness loudness;
  loudness.measured = cache_.find(job.identity);
  if (loudness.measured) return loudness;
  Source source(job.media, 0, {stop_, progress_, trust_, web_});
  loudness.tagged = tagged_loudness([&source](const char* name) { return source.tagged(name); });
  const bool enough =
      wish_ == Wish::album ? loudness.tagged.album.has_value() : loudness.tagged.track.has_value();
  if (enough && filters_.empty()) return loudness;
  const Measured measured = measure(source);
  if (stop_.raised()) return loudness;
  loudness.measured = measured;
  if (identity_of(job.media, filters_) == job.identity)
    cache_.add(job.identity, measured);  // it did not change meanwhile
  return loudness;
}

Measured LoudnessScan::Work::measure(Source& source) {
  LoudnessMeter meter(LoudnessMeter::Span::programme);
  Resampler resampler;
  PcmFifo fifo;
  const auto hear = [&] {
    while (!stop_.raised() && resampler.convert(fifo)) {
      meter.add(fifo.look(0, fifo.size()));
      fifo.drop(fifo.size());
    }
  };
  FilteredSource sound(source, filters_, "--af", stop_);
  while (const AVFrame* const frame = sound.next()) {
    resampler.take(*frame);
    hear();
  }
  resampler.take_end();
  hear();
  return {meter.programme(), static_cast<double>(fifo.end()) / kSampleRate};
}

void LoudnessScan::Work::settle(std::uint64_t identity, KnownLoudness loudness) {
  const Lock lock(mutex_);
  known_[identity] = loudness;
}

LoudnessScan::LoudnessScan(Wish wish, const std::string& cache_folder, const std::string& filters)
    : work_(std::make_shared<Work>(wish, cache_folder, filters)) {}

LoudnessScan::~LoudnessScan() { work_->end(); }

std::optional<std::uint64_t> LoudnessScan::want(const Media& media) {
  const std::optional<std::uint64_t> identity = work_->want(media);
  work_->start(work_);
  return identity;
}

void LoudnessScan::hurry(std::uint64_t identity) { work_->hurry(identity); }

std::optional<KnownLoudness> LoudnessScan::known(std::uint64_t identity) const {
  return work_->known(identity);
}

}  // namespace vcplay::media
