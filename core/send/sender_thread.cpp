#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <string>
#include <system_error>

#include "base/error.hpp"
#include "send/sender.hpp"

namespace vcplay::send {
namespace {

/// How long a packet lately took to prepare: the thread gets up so much earlier, and the packet leaves when a
/// thread that had nothing to prepare would have sent it. After 20 ms of sleep caches are cold, this is most
/// of the work.
class HeadStart {
 public:
  [[nodiscard]] Duration get() const noexcept { return lately_; }
  void learn(Duration taken) noexcept {
    const auto weight = taken > lately_ ? 4 : 16;  // rather a moment's wait than a packet that is late
    lately_ = std::clamp(lately_ + (taken - lately_) / weight, Duration::zero(), kMostHeadStart);
  }

 private:
  Duration lately_{0};
};

}  // namespace

SenderThread::SenderThread(Sender& sender, Pacer& pacer) {
  try {
    thread_ = std::thread([this, &sender, &pacer] { run(sender, pacer); });
  } catch (const std::system_error& error) {
    throw Error(Cause::unexpected, std::string("the system gives no thread for the sender: ") + error.what());
  }
}

SenderThread::~SenderThread() {
  quit_.store(true, std::memory_order_relaxed);
  thread_.join();
}

void SenderThread::run(Sender& sender, Pacer& pacer) noexcept {
  pthread_setname_np(pthread_self(), "sender");
  sigset_t every_signal;
  sigfillset(&every_signal);
  pthread_sigmask(SIG_BLOCK, &every_signal, nullptr);
  pacer.enter_thread();
  HeadStart head_start;
  while (!quit_.load(std::memory_order_relaxed)) {
    pacer.sleep_until(sender.next_deadline() - head_start.get());
    const TimePoint awake = pacer.now();
    sender.read_inbox();
    if (sender.waiting() && pacer.waits_for_data()) {
      const timespec nap{0, 100'000};
      nanosleep(&nap, nullptr);  // real time, whatever the pacer's clock says
      continue;
    }
    if (!sender.prepare(awake)) continue;
    head_start.learn(pacer.now() - awake);
    pacer.hold_until(sender.next_deadline());
    sender.send_prepared(pacer.now());
  }
}

}  // namespace vcplay::send
