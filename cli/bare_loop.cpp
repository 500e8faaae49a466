#include "cli/bare_loop.hpp"

#include <pthread.h>

#include <utility>

#include "base/clock.hpp"
#include "send/pacer.hpp"

namespace vcplay::cli {
namespace {

constexpr std::size_t kMostSamples = std::size_t{50} * 3600;

}  // namespace

BareLoop::BareLoop() {
  late_us_.reserve(kMostSamples);  // the thread then takes no memory, and cannot fail for want of it
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "bare-loop");
    send::make_thread_punctual();
    send::MonotonicPacer pacer;
    TimePoint deadline = pacer.now();
    while (!quit_.load(std::memory_order_relaxed)) {
      deadline += kFrameDuration;
      pacer.sleep_until(deadline);
      const std::chrono::duration<double, std::micro> late = pacer.now() - deadline;
      if (late_us_.size() < kMostSamples) late_us_.push_back(late.count());
    }
  });
}

BareLoop::~BareLoop() { static_cast<void>(stop()); }

std::vector<double> BareLoop::stop() {
  quit_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
  return std::exchange(late_us_, {});
}

}  // namespace vcplay::cli
