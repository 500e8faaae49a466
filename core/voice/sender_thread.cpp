#include <pthread.h>

#include <csignal>
#include <ctime>
#include <string>
#include <system_error>

#include "base/error.hpp"
#include "voice/sender.hpp"

namespace vcplay::voice {

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
  while (!quit_.load(std::memory_order_relaxed)) {
    pacer.sleep_until(sender.next_deadline());
    sender.read_inbox();
    if (sender.waiting() && pacer.waits_for_data()) {
      const timespec nap{0, 100'000};
      nanosleep(&nap, nullptr);  // real time, whatever the pacer's clock says
      continue;
    }
    sender.tick(pacer.now());
  }
}

}  // namespace vcplay::voice
