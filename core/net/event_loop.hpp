// One libwebsockets context, the thread that services it, its timers and its mailbox.
#pragma once

#include <exception>
#include <functional>
#include <memory>

#include "base/clock.hpp"

namespace vcplay::net {

/// Runs sockets, timers and posted tasks on the one thread that calls run().
/// Everything in this room lives on that thread unless it says otherwise.
class EventLoop {
 public:
  using Task = std::function<void()>;
  static constexpr unsigned kUsualDescriptors = 128;

  /// So many sockets and descriptors can be watched at a time; libwebsockets' tables follow it, at some 20
  /// bytes for each. Throws Error{unexpected} when libwebsockets gives no context.
  explicit EventLoop(unsigned most_descriptors = kUsualDescriptors);
  ~EventLoop();  // after run() has returned and everything built on the loop is gone
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Services everything until stop(), for good. The calling thread becomes the loop's thread. An
  /// exception that comes out of a task, a timer or a handler ends run(), which throws it, unless
  /// on_failure() was given a handler.
  void run();
  /// To be called before run(). The first such exception is then given to `handler`, on a later turn,
  /// and the loop goes on, so that whoever owns the connections can end them in good order. The
  /// second one ends run().
  void on_failure(std::function<void(const std::exception_ptr&)> handler);
  /// Any thread: makes run() return soon.
  void stop();
  /// Any thread: runs `task` on the loop's thread, in order. Tasks left over after stop() are dropped.
  void post(Task task);
  [[nodiscard]] TimePoint now() const;

  struct Impl;  // libwebsockets' types stay inside this room
  [[nodiscard]] Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Calls back once, at an absolute time, unless it was destroyed or cancelled before.
class Timer {
 public:
  Timer(EventLoop& loop, EventLoop::Task on_expiry);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Replaces an earlier time. A time in the past fires on the loop's next turn, never inside this call.
  void start_at(TimePoint when);
  void cancel();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Calls back whenever a file descriptor is readable (a UDP socket, an eventfd). Works on a duplicate: `fd`
/// stays the caller's to close. The callback must read until the descriptor would block.
class FdWatch {
 public:
  FdWatch(EventLoop& loop, int fd, EventLoop::Task on_readable);  // throws Error{unexpected}
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::net
