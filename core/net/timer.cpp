#include <algorithm>

#include "net/event_loop.hpp"
#include "net/event_loop_impl.hpp"
#include "net/lws_callbacks.hpp"

namespace vcplay::net {

struct Timer::Impl : lws_sorted_usec_list {
  Impl(EventLoop::Impl& owner, EventLoop::Task task)
      : lws_sorted_usec_list{}, loop(owner), on_expiry(std::make_shared<EventLoop::Task>(std::move(task))) {}

  static void expire(lws_sorted_usec_list* entry) noexcept {
    Impl& self = *static_cast<Impl*>(entry);
    EventLoop::Impl& loop = self.loop;
    const std::shared_ptr<EventLoop::Task> task = self.on_expiry;  // it may destroy the Timer
    loop.guarded([&task] {
      (*task)();
      return 0;
    });
  }

  EventLoop::Impl& loop;
  std::shared_ptr<EventLoop::Task> on_expiry;
};

Timer::Timer(EventLoop& loop, EventLoop::Task on_expiry)
    : impl_(std::make_unique<Impl>(loop.impl(), std::move(on_expiry))) {}

Timer::~Timer() { cancel(); }

void Timer::start_at(TimePoint when) {
  // Absolute on libwebsockets' own clock, which is ours cut to microseconds: in order, and never early. Not
  // before now, or a timer that starts itself in the past would never let go of the turn.
  using std::chrono::microseconds;
  const lws_usec_t time = std::chrono::ceil<microseconds>(when.time_since_epoch()).count();
  impl_->us = std::max(time, lws_now_usecs());
  impl_->cb = &Impl::expire;
  lws_sul2_schedule(impl_->loop.context, 0, LWSSULLI_MISS_IF_SUSPENDED, impl_.get());
}

void Timer::cancel() { lws_sul_cancel(impl_.get()); }

}  // namespace vcplay::net
