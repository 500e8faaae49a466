// What websockets and HTTPS calls have in common: the way to a verified TLS connection, and its end.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "net/event_loop.hpp"
#include "net/resolver.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"
#include "net/websocket.hpp"

struct lws;
struct x509_store_ctx_st;

namespace vcplay::net {

/// One outgoing TLS connection, from the name look-up to its end. Its owner holds it by shared_ptr and
/// abandons it; libwebsockets holds a plain pointer to it until then.
class Client : public std::enable_shared_from_this<Client> {
 public:
  Client(EventLoop& loop, const TlsTrust& trust, Url url, std::string method);
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Everything up to arrived() must happen within `timeout`.
  void start(Duration timeout);
  /// The owner is gone: drops the connection, and nothing calls back any more.
  void abandon() noexcept;

  // ── from libwebsockets ──
  int handle(lws* wsi, int reason, void* in, std::size_t size);
  /// False refuses the certificate at hand. `accepted_so_far` is OpenSSL's own verdict.
  bool verify(x509_store_ctx_st* store, bool accepted_so_far);
  [[nodiscard]] EventLoop::Impl& loop() noexcept { return loop_.impl(); }

 protected:
  /// Everything between the TLS handshake and the end. Returns what libwebsockets is to hear: -1 closes.
  virtual int on_event(int reason, void* in, std::size_t size) = 0;
  /// What to say of an end that libwebsockets only calls "closed".
  [[nodiscard]] virtual CloseInfo on_closed() = 0;
  /// Exactly once, last of all.
  virtual void on_end(CloseInfo info) = 0;

  /// The deadline no longer counts.
  void arrived() { deadline_.cancel(); }
  /// From now on it ends by `when`, as `info` says.
  void end_by(TimePoint when, CloseInfo info);
  void end(CloseInfo info);
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] lws* wsi() const noexcept { return wsi_; }
  [[nodiscard]] TimePoint now() const { return loop_.now(); }

 private:
  enum class Stage { resolving, connecting, handshaking, asking };

  void on_addresses(const Addresses& found);
  void dial_next();
  [[nodiscard]] lws* dial(const std::string& address);
  void on_connection_error(std::string text);
  void on_patience_over();
  [[nodiscard]] CloseInfo out_of_time() const;
  void let_go() noexcept;
  void forget_connection() noexcept;

  EventLoop& loop_;
  const TlsTrust& trust_;
  const Url url_;
  const std::string method_;  // empty: a websocket
  Timer deadline_;
  Timer patience_;  // with one of several addresses
  TimePoint until_{};
  std::unique_ptr<Resolution> resolution_;
  std::vector<std::string> addresses_;
  std::size_t next_address_ = 0;
  lws* wsi_ = nullptr;
  bool dialing_ = false;  // inside the call that makes a connection: its result tells more than its callbacks
  Stage stage_ = Stage::resolving;
  bool name_verified_ = false;
  int verify_error_ = 0;
  std::optional<CloseInfo> verdict_;  // how it reads when the deadline passes
  bool ended_ = false;
};

}  // namespace vcplay::net
