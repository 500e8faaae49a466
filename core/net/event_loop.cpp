#include "net/event_loop.hpp"

#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <mutex>
#include <string_view>

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/context.hpp"
#include "net/event_loop_impl.hpp"
#include "net/lws_callbacks.hpp"

namespace vcplay::net {
namespace {

constexpr unsigned kPatienceSeconds = 60;  // far beyond our own deadlines, which are the ones that count
constexpr std::size_t kReceiveBuffer = 64 * 1024;

const std::array<lws_protocols, 3> kHomeProtocols = {{
    // First in the first vhost: here libwebsockets asks about every peer certificate.
    {kVerifyProtocol, verify_callback, 0, 0, 0, nullptr, 0},
    {kWatchProtocol, watch_callback, 0, 0, 0, nullptr, 0},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
}};
const std::array<lws_protocols, 2> kClientProtocols = {{
    {kClientProtocol, client_callback, 0, kReceiveBuffer, 0, nullptr, 0},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
}};
const std::array<lws_protocols, 2> kServerProtocols = {{
    {kServerProtocol, server_callback, 0, kReceiveBuffer, 0, nullptr, 0},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
}};

void write_log(int /*level*/, const char* line) noexcept {
  if (!log::enabled(log::Level::debug)) return;
  std::string_view text = line;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  // Later versions begin a line with the time, "[2026/11/29 06:51:16:1234] N: "; ours has it already.
  constexpr std::size_t kTimeRoom = 32;
  const std::size_t time_end = text.substr(0, kTimeRoom).find("] ");
  if (text.starts_with('[') && time_end != std::string_view::npos) text.remove_prefix(time_end + 2);
  log::debug("libwebsockets: {}", text);
}

// OpenSSL's indexes for its private data are process globals inside libwebsockets, and each context that
// initialises them moves them under the others. One context that does nothing else does it, before any
// real one. It is kept: when the last one of its kind goes, libwebsockets 4.5.3 to 4.5.8 clean all of
// OpenSSL up, for good.
void initialise_process() {
  static std::once_flag once;
  std::call_once(once, [] {
    // libwebsockets puts its lines together in one static array for all threads, and two loops may
    // log at once. So it logs only when asked to, and never its notices, which come with each
    // context and each connection.
    lws_set_log_level(log::enabled(log::Level::debug) ? LLL_ERR | LLL_WARN : 0, write_log);
    lws_context_creation_info info{};
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.fd_limit_per_thread = EventLoop::kUsualDescriptors;
    static std::atomic<lws_context*> kept;  // no compiler drops its value, so a search for leaks finds it
    kept = make_context(info);
  });
}

lws_context_creation_info vhost_info(const char* name, const lws_protocols* protocols) {
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = protocols;
  info.vhost_name = name;  // kept as a pointer
  // No proxy: else the environment variable http_proxy reroutes even wss. "" means the same,
  // and is refused aloud.
  info.http_proxy_address = ":0";
  info.connect_timeout_secs = kPatienceSeconds;
  return info;
}

[[noreturn]] void no_memory_for(const char* what) {
  throw Error(Cause::unexpected, std::string("libwebsockets could not make ") + what +
                                     ", probably for want of memory or file descriptors.");
}

}  // namespace

// ── Mailbox ──

void Mailbox::open(lws_context* context) {
  const Lock lock(mutex_);
  context_ = context;
}

std::vector<EventLoop::Task> Mailbox::close() {
  const Lock lock(mutex_);
  context_ = nullptr;
  return std::exchange(tasks_, {});
}

void Mailbox::post(EventLoop::Task task) {
  const Lock lock(mutex_);
  if (context_ == nullptr) return;
  tasks_.push_back(std::move(task));
  lws_cancel_service(context_);
}

std::vector<EventLoop::Task> Mailbox::take() {
  const Lock lock(mutex_);
  return std::exchange(tasks_, {});
}

void Mailbox::wake() {
  const Lock lock(mutex_);
  if (context_ != nullptr) lws_cancel_service(context_);
}

// ── SharedTls ──

SharedTls::SharedTls(ssl_ctx_st* context) noexcept : context_(context) { SSL_CTX_up_ref(context_); }
SharedTls::~SharedTls() { SSL_CTX_free(context_); }

// ── EventLoop::Impl ──

EventLoop::Impl::Impl(unsigned most_descriptors) {
  initialise_process();
  lws_context_creation_info info{};
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.fd_limit_per_thread = most_descriptors;
  info.max_http_header_data = 16384;  // answers with more than 4 KiB of headers exist
  info.timeout_secs = kPatienceSeconds;
  info.user = this;
  context = make_context(info);
  if (context == nullptr) no_memory_for("an event loop");

  const lws_context_creation_info home_info = vhost_info("home", kHomeProtocols.data());
  home = lws_create_vhost(context, &home_info);
  if (home == nullptr) {
    destroy_context(context);
    no_memory_for("an event loop");
  }
  mailbox->open(context);
}

EventLoop::Impl::~Impl() {
  mailbox->close().clear();
  destroy_context(context);
}

lws_vhost* EventLoop::Impl::client_vhost(const TlsTrust& trust) {
  for (const TrustedVhost& trusted : trusted_) {
    if (trusted.tls.get() == trust.native()) return trusted.vhost;
  }
  lws_context_creation_info info = vhost_info("client", kClientProtocols.data());
  info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.provided_client_ssl_ctx = trust.native();  // never libwebsockets' own: it trusts ../share, too
  lws_vhost* const vhost = lws_create_vhost(context, &info);
  if (vhost == nullptr) no_memory_for("a place for TLS connections");
  trusted_.push_back({SharedTls(trust.native()), vhost});
  return vhost;
}

lws_vhost* EventLoop::Impl::make_server_vhost(const ServerIdentity& identity) {
  // Without a client trust of ours, libwebsockets loads the whole system store for this vhost.
  if (nobody_.empty()) {
    ssl_ctx_st* const empty = SSL_CTX_new(TLS_client_method());
    if (empty == nullptr) no_memory_for("a TLS server");
    nobody_.emplace_back(empty);
    SSL_CTX_free(empty);  // nobody_ holds the reference
  }
  lws_context_creation_info info = vhost_info("server", kServerProtocols.data());
  info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.provided_client_ssl_ctx = nobody_.front().get();
  info.alpn = "http/1.1";
  info.keepalive_timeout = static_cast<int>(kPatienceSeconds);
  info.server_ssl_cert_mem = identity.certificate_pem.data();
  info.server_ssl_cert_mem_len = static_cast<unsigned>(identity.certificate_pem.size());
  info.server_ssl_private_key_mem = identity.key_pem.data();
  info.server_ssl_private_key_mem_len = static_cast<unsigned>(identity.key_pem.size());
  lws_vhost* const vhost = lws_create_vhost(context, &info);
  if (vhost == nullptr) no_memory_for("a TLS server");
  return vhost;
}

/// As a task: what calls here may be in the middle of a connection.
bool EventLoop::Impl::is_handed_on(const std::exception_ptr& reason) noexcept {
  if (!on_failure) return false;
  try {
    mailbox->post([handler = std::exchange(on_failure, nullptr), reason] { handler(reason); });
    return true;
  } catch (...) {  // no memory, not even for that
    return false;
  }
}

void EventLoop::Impl::fail(std::exception_ptr reason) noexcept {
  if (is_handed_on(reason)) return;
  if (!failure) failure = std::move(reason);
  stopped = true;
  mailbox->wake();
}

void EventLoop::Impl::run_tasks() noexcept {
  std::vector<Task> tasks = mailbox->take();
  for (Task& waiting : tasks) {
    if (stopped) return;
    const Task task = std::move(waiting);  // its captures go before the next task starts
    guarded([&task] {
      task();
      return 0;
    });
  }
}

// ── EventLoop ──

EventLoop::EventLoop(unsigned most_descriptors) : impl_(std::make_unique<Impl>(most_descriptors)) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  while (!impl_->stopped) {
    if (lws_service(impl_->context, 0) < 0) {
      impl_->on_failure = nullptr;  // nothing can go on
      impl_->fail(std::make_exception_ptr(Error(Cause::unexpected, "libwebsockets' event loop failed.")));
    }
    impl_->run_tasks();
  }
  if (impl_->failure) std::rethrow_exception(std::exchange(impl_->failure, nullptr));
}

void EventLoop::on_failure(std::function<void(const std::exception_ptr&)> handler) {
  impl_->on_failure = std::move(handler);
}

void EventLoop::stop() {
  impl_->stopped = true;
  impl_->mailbox->wake();
}

void EventLoop::post(Task task) { impl_->mailbox->post(std::move(task)); }

TimePoint EventLoop::now() const { return Clock::now(); }

}  // namespace vcplay::net
