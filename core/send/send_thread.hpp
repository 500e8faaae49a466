// One thread, many Senders.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "send/due_heap.hpp"
#include "send/pacer.hpp"
#include "send/sender.hpp"

namespace vcplay::send {

/// Senders on their way from one thread to another one. It has no lock, and takes any number of Senders: each
/// holds the link to the next.
class SenderStack {
 public:
  /// The giving thread.
  void push(Sender& sender) noexcept;
  /// The taking thread: all that are there, linked by what next() says; nullptr: none.
  [[nodiscard]] Sender* take_all() noexcept { return top_.exchange(nullptr, std::memory_order_acquire); }
  /// The one behind `sender` in what was taken. `sender` is free afterwards.
  [[nodiscard]] static Sender* next(Sender& sender) noexcept { return std::exchange(sender.next_, nullptr); }

 private:
  std::atomic<Sender*> top_{nullptr};
};

/// The thread that ticks Senders, each when it is due, until it is told to quit. Signals are for other
/// threads. It owns none of them: whoever adds one destroys it, once it has come back or the thread has gone.
class SendThread {
 public:
  static constexpr std::size_t kMostSenders = 4096;

  explicit SendThread(Pacer& pacer) : pacer_(pacer) {}
  ~SendThread();  // quits within one packet and joins
  SendThread(const SendThread&) = delete;
  SendThread& operator=(const SendThread&) = delete;

  // ── network thread ──
  /// At most kMostSenders are with it at a time; with the first one it starts. Throws Error{unexpected} when
  /// the system gives no thread.
  void add(Sender& sender);
  /// From now on it sends nothing more, but for a packet that is under way; it comes back within 20 ms.
  static void remove(Sender& sender) noexcept;
  /// Those that have come back; see SenderStack.
  [[nodiscard]] Sender* take_returned() noexcept { return returned_.take_all(); }
  /// The processor's time that the thread has taken since it started.
  [[nodiscard]] Duration processor_time() noexcept;

 private:
  void run() noexcept;
  void welcome() noexcept;
  void serve(Sender& sender) noexcept;
  void give_back(Sender& sender) noexcept;
  [[nodiscard]] bool must_stand_still(Sender& sender) noexcept;

  /// How long a packet lately took to prepare: the thread gets up so much earlier, and the packet leaves when
  /// a thread that had nothing to prepare would have sent it. After 20 ms of sleep caches are cold, this is
  /// most of the work.
  class HeadStart {
   public:
    [[nodiscard]] Duration get() const noexcept { return lately_; }
    void learn(Duration taken) noexcept;

   private:
    Duration lately_{0};
  };

  Pacer& pacer_;
  DueHeap<Sender*> due_{kMostSenders};
  HeadStart head_start_;
  SenderStack arriving_;
  SenderStack returned_;
  std::atomic<bool> quit_{false};
  std::thread thread_;
};

}  // namespace vcplay::send
