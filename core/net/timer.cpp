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
  using std::chrono::microseconds;
  const TimePoint now = Clock::now();
  // One more microsecond, because libwebsockets cuts the rest off its clock: never early.
  const lws_usec_t wait = when <= now ? 0 : std::chrono::ceil<microseconds>(when - now).count() + 1;
  lws_sul_schedule(impl_->loop.context, 0, impl_.get(), &Impl::expire, wait);
}

void Timer::cancel() { lws_sul_cancel(impl_.get()); }

}  // namespace vcplay::net
