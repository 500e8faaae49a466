// Single HTTPS requests: verified TLS, no redirect, no proxy, HTTP/1.1.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "net/event_loop.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"
#include "net/websocket.hpp"

namespace vcplay::net {

inline constexpr std::size_t kMostBodyBytes = 16 * 1024 * 1024;  // unless a request says otherwise

struct HttpRequest {
  std::string method = "GET";
  Url url;
  std::vector<std::pair<std::string, std::string>> headers;  // Host and Content-Length are added
  std::string body;
  Duration timeout = std::chrono::seconds(10);   // from start to last byte
  std::size_t most_body_bytes = kMostBodyBytes;  // of the answer; a longer one fails
};

struct HttpResponse {
  int status = 0;  // 0: no answer; `failure` says why
  std::string body;
  std::string date;  // header values that REST needs, empty when absent
  std::string retry_after;
  std::string ratelimit_remaining;
  std::string ratelimit_reset_after;
  std::string ratelimit_scope;
  CloseInfo failure;
};

/// Sends one request and calls back once, on the loop's thread, unless it was destroyed before. The owner may
/// destroy the HttpsCall from inside the callback.
class HttpsCall {
 public:
  using Done = std::function<void(HttpResponse)>;
  /// Throws Error{unexpected} when a header holds a control character.
  HttpsCall(EventLoop& loop, const TlsTrust& trust, HttpRequest request, Done done);
  ~HttpsCall();
  HttpsCall(const HttpsCall&) = delete;
  HttpsCall& operator=(const HttpsCall&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vcplay::net
