#include "rehearsal/meter.hpp"

#include <ebur128.h>
#include <pthread.h>

#include <cmath>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/opus_frame.hpp"
#include "base/signals_blocked.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr std::size_t kBatch = std::size_t{kSampleRate} / 2 * kChannels;  // numbers
constexpr std::size_t kMostBatches = 4;

struct FreeMeter {
  void operator()(ebur128_state* meter) const noexcept { ebur128_destroy(&meter); }
};

}  // namespace

struct Meter::State {
  std::unique_ptr<ebur128_state, FreeMeter> meter;
};

Meter::Meter() : state_(std::make_unique<State>()) {
  // The histogram keeps the meter's memory the same for hours of audio.
  state_->meter.reset(
      ebur128_init(kChannels, kSampleRate, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK | EBUR128_MODE_HISTOGRAM));
  if (!state_->meter) throw Error(Cause::unexpected, "the rehearsal's listener got no meter");
  next_.reserve(kBatch);
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error& error) {
    throw Error(Cause::unexpected, std::string("the system gives no thread for the meter: ") + error.what());
  }
}

Meter::~Meter() {
  {
    const Lock lock(mutex_);
    quits_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Meter::add(std::span<const float> interleaved) {
  next_.insert(next_.end(), interleaved.begin(), interleaved.end());
  if (next_.size() >= kBatch) hand_over();
}

void Meter::hand_over() {
  std::vector<float> batch = std::exchange(next_, {});
  next_.reserve(kBatch);
  mutex_.lock();
  while (batches_.size() >= kMostBatches) changed_.wait(mutex_);
  batches_.push_back(std::move(batch));
  mutex_.unlock();
  changed_.notify_all();
}

void Meter::work() noexcept {
  pthread_setname_np(pthread_self(), "meter");
  mutex_.lock();
  while (!quits_) {
    if (batches_.empty()) {
      changed_.wait(mutex_);
      continue;
    }
    const std::vector<float> batch = std::move(batches_.front());
    batches_.pop_front();
    is_busy_ = true;
    mutex_.unlock();
    ebur128_add_frames_float(state_->meter.get(), batch.data(), batch.size() / kChannels);
    mutex_.lock();
    is_busy_ = false;
    changed_.notify_all();
  }
  mutex_.unlock();
}

Meter::Figures Meter::read() {
  if (!next_.empty()) hand_over();
  mutex_.lock();
  while (is_busy_ || !batches_.empty()) changed_.wait(mutex_);
  mutex_.unlock();
  Figures figures;
  double loudness = 0;
  if (ebur128_loudness_global(state_->meter.get(), &loudness) == EBUR128_SUCCESS && std::isfinite(loudness)) {
    figures.loudness_lufs = loudness;
  }
  for (unsigned channel = 0; channel < kChannels; ++channel) {
    double peak = 0;
    if (ebur128_true_peak(state_->meter.get(), channel, &peak) == EBUR128_SUCCESS && peak > 1e-10) {
      figures.true_peak_dbtp = std::max(figures.true_peak_dbtp.value_or(-200), 20 * std::log10(peak));
    }
  }
  return figures;
}

}  // namespace vcplay::rehearsal
