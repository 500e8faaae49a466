#include "send/send_thread.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace vcplay::send {
namespace {

constexpr Duration kLookForSenders = 5ms;  // while there are none

/// In real time, whatever the pacer's clock says.
void nap() noexcept {
  const timespec time{0, 100'000};
  nanosleep(&time, nullptr);
}

}  // namespace

void SenderStack::push(Sender& sender) noexcept {
  sender.next_ = top_.load(std::memory_order_relaxed);
  while (!top_.compare_exchange_weak(sender.next_, &sender, std::memory_order_release,
                                     std::memory_order_relaxed)) {
  }
}

void SendThread::HeadStart::learn(Duration taken) noexcept {
  const auto weight = taken > lately_ ? 4 : 16;  // rather a moment's wait than a packet that is late
  lately_ = std::clamp(lately_ + (taken - lately_) / weight, Duration::zero(), kMostHeadStart);
}

SendThread::~SendThread() {
  quit_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

void SendThread::add(Sender& sender) {
  arriving_.push(sender);
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    static_cast<void>(SenderStack::next(*arriving_.take_all()));
    throw Error(Cause::unexpected, std::string("the system gives no thread for the sender: ") + error.what());
  }
}

void SendThread::remove(Sender& sender) noexcept { sender.leaves_.store(true, std::memory_order_release); }

Duration SendThread::processor_time() noexcept {
  clockid_t clock{};
  timespec time{};
  if (!thread_.joinable()) return {};
  if (pthread_getcpuclockid(thread_.native_handle(), &clock) != 0 || clock_gettime(clock, &time) != 0)
    return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void SendThread::run() noexcept {
  pthread_setname_np(pthread_self(), "sender");
  sigset_t every_signal;
  sigfillset(&every_signal);
  pthread_sigmask(SIG_BLOCK, &every_signal, nullptr);
  pacer_.enter_thread();
  while (!quit_.load(std::memory_order_relaxed)) {
    welcome();
    if (!due_.empty()) {
      serve(*due_.top());
    } else if (pacer_.waits_for_data()) {
      nap();
    } else {
      pacer_.sleep_until(pacer_.now() + kLookForSenders);
    }
  }
}

void SendThread::welcome() noexcept {
  for (Sender* sender = arriving_.take_all(); sender != nullptr;) {
    Sender* const next = SenderStack::next(*sender);
    if (!due_.push(sender->next_deadline(), sender)) returned_.push(*sender);
    sender = next;
  }
}

/// Does what is due for the Sender that comes first, at its time.
void SendThread::serve(Sender& sender) noexcept {
  pacer_.sleep_until(sender.next_deadline() - head_start_.get());
  const TimePoint awake = pacer_.now();
  if (sender.leaves_.load(std::memory_order_acquire)) return give_back(sender);
  sender.read_inbox();
  if (must_stand_still(sender)) return nap();
  if (sender.prepare(awake)) {
    head_start_.learn(pacer_.now() - awake);
    pacer_.hold_until(sender.next_deadline());
    if (sender.leaves_.load(std::memory_order_acquire)) return give_back(sender);
    sender.send_prepared(pacer_.now());
  }
  due_.reset_top(sender.next_deadline());
}

void SendThread::give_back(Sender& sender) noexcept {
  due_.pop();
  sender.stand_aside();
  returned_.push(sender);
}

/// Where the clock may wait: it does for frames in mid-stream, for the answer to whoever asks to speak, since
/// others might play to the end meanwhile, and while none of all Senders has anything to do.
bool SendThread::must_stand_still(Sender& sender) noexcept {
  if (!pacer_.waits_for_data() || !sender.waiting()) return false;
  if (sender.starving() || sender.asking()) return true;
  return !due_.has([](Sender* other) {
    other->read_inbox();
    return !other->waiting();
  });
}

}  // namespace vcplay::send
