#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "net/event_loop.hpp"
#include "net/event_loop_impl.hpp"
#include "net/lws_callbacks.hpp"

namespace vcplay::net {

namespace {

/// What libwebsockets remembers of an FdWatch.
struct Watched {
  Watched(EventLoop::Impl& owner, EventLoop::Task task)
      : loop(owner), on_readable(std::make_shared<EventLoop::Task>(std::move(task))) {}

  EventLoop::Impl& loop;
  std::shared_ptr<EventLoop::Task> on_readable;
  lws* wsi = nullptr;
};

}  // namespace

struct FdWatch::Impl : Watched {
  using Watched::Watched;
};

FdWatch::FdWatch(EventLoop& loop, int fd, EventLoop::Task on_readable)
    : impl_(std::make_unique<Impl>(loop.impl(), std::move(on_readable))) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);  // libwebsockets closes what it watches
  if (copy < 0) {
    throw Error(Cause::unexpected,
                std::string("A file descriptor could not be duplicated: ") + std::strerror(errno) + ".");
  }
  lws_adopt_desc_t adoption{};
  adoption.vh = impl_->loop.home;
  adoption.type = LWS_ADOPT_RAW_FILE_DESC;
  adoption.fd.filefd = copy;
  adoption.vh_prot_name = kWatchProtocol;
  adoption.opaque = static_cast<Watched*>(impl_.get());
  impl_->wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
  if (impl_->wsi == nullptr) {
    throw Error(Cause::unexpected, "A file descriptor could not be watched; too many are open.");
  }
}

FdWatch::~FdWatch() {
  if (impl_->wsi != nullptr) kill_quietly(impl_->wsi);
}

/// What befell a watched descriptor.
int watch_callback(lws* wsi, lws_callback_reasons reason, void* /*user*/, void* /*in*/,
                   std::size_t /*size*/) {
  if (what_about(reason) == About::something_else) return 0;
  auto* const watch = static_cast<Watched*>(lws_get_opaque_user_data(wsi));
  if (watch == nullptr) return reason == LWS_CALLBACK_RAW_RX_FILE ? -1 : 0;
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) watch->wsi = nullptr;
  if (reason != LWS_CALLBACK_RAW_RX_FILE) return 0;
  const std::shared_ptr<EventLoop::Task> task = watch->on_readable;  // it may destroy the FdWatch
  watch->loop.guarded([&task] {
    (*task)();
    return 0;
  });
  return lws_get_opaque_user_data(wsi) == nullptr ? -1 : 0;
}

}  // namespace vcplay::net
