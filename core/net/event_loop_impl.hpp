// The inside of an EventLoop, for this room and its tests only.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/thread_annotations.hpp"
#include "net/event_loop.hpp"
#include "net/resolver.hpp"
#include "net/tls.hpp"

struct lws_context;
struct lws_vhost;

namespace vcplay::net {

/// Takes tasks from any thread, also from one that outlives the loop.
class Mailbox {
 public:
  void open(lws_context* context);
  /// From now on tasks are dropped. Returns those that nobody ran.
  std::vector<EventLoop::Task> close();
  void post(EventLoop::Task task);
  std::vector<EventLoop::Task> take();
  void wake();

 private:
  Mutex mutex_;
  lws_context* context_ GUARDED_BY(mutex_) = nullptr;
  std::vector<EventLoop::Task> tasks_ GUARDED_BY(mutex_);
};

/// Keeps an SSL_CTX alive for as long as libwebsockets may use it.
class SharedTls {
 public:
  explicit SharedTls(ssl_ctx_st* context) noexcept;  // adds a reference
  ~SharedTls();
  SharedTls(SharedTls&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
  SharedTls& operator=(SharedTls&&) = delete;
  [[nodiscard]] ssl_ctx_st* get() const noexcept { return context_; }

 private:
  ssl_ctx_st* context_;
};

struct EventLoop::Impl {
  explicit Impl(unsigned most_descriptors);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// The vhost whose connections trust `trust`; made on first use, kept until the loop goes.
  [[nodiscard]] lws_vhost* client_vhost(const TlsTrust& trust);
  /// A vhost that serves TLS as `identity` and listens nowhere: connections are handed to it.
  [[nodiscard]] lws_vhost* make_server_vhost(const ServerIdentity& identity);
  /// Runs what libwebsockets called back. It is C: an exception must not pass through it, so it is caught
  /// here and comes out elsewhere, as run() and on_failure() say.
  template <typename Function>
  int guarded(Function&& function) noexcept {
    try {
      return std::forward<Function>(function)();
    } catch (...) {
      fail(std::current_exception());
      return -1;
    }
  }
  void fail(std::exception_ptr reason) noexcept;
  [[nodiscard]] bool is_handed_on(const std::exception_ptr& reason) noexcept;
  void run_tasks() noexcept;

  lws_context* context = nullptr;
  lws_vhost* home = nullptr;  // the first one: watched descriptors live here
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  std::atomic<bool> stopped{false};
  std::exception_ptr failure;
  std::function<void(const std::exception_ptr&)>
      on_failure;                   // empty, or called already: an exception ends run()
  LookUp look_up = system_look_up;  // tests put a name service of their own here

 private:
  struct TrustedVhost {
    SharedTls tls;
    lws_vhost* vhost;
  };
  std::vector<TrustedVhost> trusted_;
  std::vector<SharedTls> nobody_;  // at most one: the empty trust of server vhosts
};

}  // namespace vcplay::net
