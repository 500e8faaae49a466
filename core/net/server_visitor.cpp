#include "net/server_visitor.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/log.hpp"
#include "net/lws_callbacks.hpp"

namespace vcplay::net {
namespace {

constexpr std::size_t kHeaderRoom = 8192;
constexpr std::size_t kMaxRequestBytes = 16 * 1024 * 1024;
// What ends the connection once an answer is on its way. A second request may have come along with the
// first: libwebsockets 4.1 would take its head for a body and never return; 4.2 to 4.5 would take it for
// more of the first one's body.
constexpr int kHangUp = -1;

std::string header(lws* wsi, lws_token_indexes token) {
  const int size = lws_hdr_total_length(wsi, token);
  if (size <= 0) return {};
  std::string value(static_cast<std::size_t>(size) + 1, '\0');
  if (lws_hdr_copy(wsi, value.data(), size + 1, token) < 0) return {};
  value.resize(static_cast<std::size_t>(size));
  return value;
}

/// The arguments of the URL, joined by '&'. libwebsockets has taken them apart and decoded them.
std::string query(lws* wsi) {
  std::string joined;
  std::array<char, 2048> argument{};
  for (int index = 0;; ++index) {
    const int size = lws_hdr_copy_fragment(wsi, argument.data(), static_cast<int>(argument.size()),
                                           WSI_TOKEN_HTTP_URI_ARGS, index);
    if (size < 0 || (size == 0 && lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, index) == 0))
      return joined;
    if (!joined.empty()) joined += '&';
    joined.append(argument.data(), static_cast<std::size_t>(size));
  }
}

std::optional<std::size_t> number(std::string_view digits) {
  std::size_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (stopped != end || error != std::errc{}) return {};
  return value;
}

// In the order of lws_http_get_uri_and_method().
constexpr std::array<const char*, 9> kMethods = {"GET",    "POST",    "OPTIONS", "PUT", "PATCH",
                                                 "DELETE", "CONNECT", "HEAD",    ""};

/// With Nagle's algorithm each answer would wait 40 ms for an acknowledgement that the client delays;
/// libwebsockets turns it off for connections that it made itself, not for adopted ones.
void answer_without_delay(int fd) {
  const int on = 1;
  static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
}

/// While it lives, what is written waits in the kernel; then it goes out in as few segments as it fits in.
class Corked {
 public:
  explicit Corked(int fd) noexcept : fd_(fd) { set(1); }
  ~Corked() { set(0); }
  Corked(const Corked&) = delete;
  Corked& operator=(const Corked&) = delete;

 private:
  void set(int on) const noexcept {
    static_cast<void>(::setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &on, sizeof on));
  }
  int fd_;
};

}  // namespace

// ── Hall ──

Hall::~Hall() {
  try {
    // After the connection whose end brought us here has let go of the vhost.
    mailbox->post([place = vhost] { lws_vhost_destroy(place); });
  } catch (...) {  // no memory: it goes with the loop
    return;
  }
}

void Hall::receive(std::shared_ptr<Hall> self, int fd) {
  answer_without_delay(fd);
  const auto visitor = std::make_shared<Visitor>(std::move(self));
  visitors.emplace(visitor.get(), visitor);
  lws_adopt_desc_t adoption{};
  adoption.vh = vhost;
  adoption.type = static_cast<lws_adoption_type>(LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET | LWS_ADOPT_ALLOW_SSL);
  adoption.fd.sockfd = fd;
  adoption.opaque = visitor.get();
  lws* const wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
  if (wsi != nullptr) return visitor->enter(wsi);
  visitors.erase(visitor.get());
  log::debug("a connection to the loopback server could not be taken");
}

void Hall::close() noexcept {
  handler = nullptr;
  for (const auto& [visitor, owner] : visitors) visitor->drop();
}

// ── ServerSocket ──

void Visitor::send_text(std::string_view text) { was_queued(outgoing_.push_text(text)); }

void Visitor::send_binary(ByteView bytes) { was_queued(outgoing_.push_binary(bytes)); }

void Visitor::was_queued(bool queued) {
  if (!queued) return drop();  // a client that does not read
  if (wsi_ != nullptr) lws_callback_on_writable(wsi_);
}

void Visitor::close(std::uint16_t code, std::string_view reason) {
  outgoing_.push_close(code, reason);
  if (wsi_ != nullptr) lws_callback_on_writable(wsi_);
}

void Visitor::drop() {
  dropped_ = true;
  if (wsi_ != nullptr) lws_set_timeout(wsi_, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

// ── from libwebsockets ──

int Visitor::handle(lws* wsi, int reason, void* in, std::size_t size) {
  wsi_ = wsi;
  if (reason == LWS_CALLBACK_WSI_DESTROY) {
    wsi_ = nullptr;
    hall_->visitors.erase(this);
    return 0;
  }
  if (!hall_->open()) return is_websocket_ ? 0 : -1;  // close() killed it already
  const ByteView bytes{static_cast<const std::uint8_t*>(in), in == nullptr ? 0 : size};
  return is_websocket_ || reason == LWS_CALLBACK_ESTABLISHED ? on_websocket(reason, bytes)
                                                             : on_http(reason, bytes);
}

int Visitor::on_http(int reason, ByteView bytes) {
  // libwebsockets completes a body that was answered, and once more when something comes after it.
  if (answered_) return 0;
  switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
      return on_upgrade();
    case LWS_CALLBACK_HTTP:
      return on_request_headers();
    case LWS_CALLBACK_HTTP_BODY:
      return on_request_body(bytes);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      return answer();
    default:
      return 0;
  }
}

int Visitor::on_request_headers() {
  char* path = nullptr;
  int path_size = 0;
  const int method = lws_http_get_uri_and_method(wsi_, &path, &path_size);
  if (method < 0 || path == nullptr) return -1;
  request_ = {};
  request_.method = kMethods.at(std::min(static_cast<std::size_t>(method), kMethods.size() - 1));
  request_.path.assign(path, static_cast<std::size_t>(path_size));
  request_.query = query(wsi_);
  request_.authorization = header(wsi_, WSI_TOKEN_HTTP_AUTHORIZATION);
  request_.user_agent = header(wsi_, WSI_TOKEN_HTTP_USER_AGENT);
  request_.content_type = header(wsi_, WSI_TOKEN_HTTP_CONTENT_TYPE);

  const std::string length = header(wsi_, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  const bool usually_has_body =
      request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH";
  if (length.empty() && usually_has_body) {
    return refuse(HTTP_STATUS_LENGTH_REQUIRED);  // libwebsockets would wait for 100 MiB
  }
  const std::optional<std::size_t> size = length.empty() ? 0 : number(length);
  if (!size) return refuse(HTTP_STATUS_BAD_REQUEST);  // RFC 9112 s6.3, rule 5
  if (*size > kMaxRequestBytes) return refuse(HTTP_STATUS_REQ_ENTITY_TOO_LARGE);
  body_size_ = *size;
  return body_size_ == 0 ? answer() : 0;  // of an empty body libwebsockets may say nothing
}

int Visitor::refuse(unsigned status) {
  lws_return_http_status(wsi_, status, nullptr);
  return -1;
}

// The bytes are counted here: libwebsockets 4.2 to 4.5 hand over what comes behind a body as if it belonged
// to it, and then never say that the body is complete.
int Visitor::on_request_body(ByteView piece) {
  const std::size_t missing = body_size_ - request_.body.size();
  request_.body += as_text(piece.first(std::min(piece.size(), missing)));
  return request_.body.size() == body_size_ ? answer() : 0;
}

int Visitor::answer() {
  answered_ = true;
  const ServerReply reply = hall_->handler->on_request(request_);
  if (go_on() != 0) return -1;
  const bool bodiless = reply.status == 204 || reply.status == 304;
  const std::string_view body = bodiless ? std::string_view{} : reply.body;

  std::array<unsigned char, LWS_PRE + kHeaderRoom> buffer;
  unsigned char* const start = buffer.data() + LWS_PRE;
  unsigned char* place = start;
  unsigned char* const end = buffer.data() + buffer.size() - 1;
  bool fits = lws_add_http_header_status(wsi_, static_cast<unsigned>(reply.status), &place, end) == 0;
  const auto add = [&](const std::string& name, const std::string& value) {
    const auto* const key = reinterpret_cast<const unsigned char*>(name.c_str());
    const auto* const text = reinterpret_cast<const unsigned char*>(value.c_str());
    fits = fits &&
           lws_add_http_header_by_name(wsi_, key, text, static_cast<int>(value.size()), &place, end) == 0;
  };
  if (!bodiless) {
    add("content-type:", "application/json");
    add("content-length:", std::to_string(body.size()));
  }
  add("connection:", "close");
  for (const auto& [name, value] : reply.headers) add(name + ":", value);
  if (!fits || lws_finalize_write_http_header(wsi_, start, &place, end) != 0) return -1;
  // Not when it may write next: libwebsockets 4.3 looks at a second request that came along before
  // it asks for more.
  return body.empty() ? kHangUp : write_body(body);
}

int Visitor::write_body(std::string_view body) {
  Bytes buffer(LWS_PRE + body.size());
  std::copy(body.begin(), body.end(), buffer.begin() + LWS_PRE);
  if (lws_write(wsi_, buffer.data() + LWS_PRE, buffer.size() - LWS_PRE, LWS_WRITE_HTTP_FINAL) < 0) return -1;
  return kHangUp;
}

int Visitor::on_upgrade() {
  request_ = {};
  request_.path = header(wsi_, WSI_TOKEN_GET_URI);
  request_.query = query(wsi_);
  const int status = hall_->handler->on_upgrade(request_.path, request_.query);
  if (go_on() != 0) return -1;
  return status == 101 ? 0 : refuse(static_cast<unsigned>(status));
}

int Visitor::on_websocket(int reason, ByteView bytes) {
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      is_websocket_ = true;
      hall_->handler->on_websocket(*this, request_.path, request_.query);
      return go_on();
    case LWS_CALLBACK_RECEIVE:
      on_piece(bytes);
      return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return dropped_ ? 0 : flush();
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      if (bytes.size() >= 2) peer_code_ = load_be16(bytes);
      return 0;  // libwebsockets answers it, then says "closed"
    case LWS_CALLBACK_CLOSED:
      wsi_ = nullptr;
      hall_->handler->on_websocket_closed(*this, peer_code_);
      return 0;
    default:
      return 0;
  }
}

int Visitor::flush() {
  const Corked corked(lws_get_socket_fd(wsi_));  // a burst is one, as it is from Discord
  return outgoing_.flush(wsi_);
}

void Visitor::on_piece(ByteView piece) {
  if (dropped_) return;
  switch (incoming_.add(wsi_, piece)) {
    case MessageAssembler::Result::incomplete:
      return;
    case MessageAssembler::Result::text:
      return hall_->handler->on_text(*this, as_text(incoming_.message()));
    case MessageAssembler::Result::binary:
      return hall_->handler->on_binary(*this, incoming_.message());
    case MessageAssembler::Result::too_big:
      return drop();
  }
}

int server_callback(lws* wsi, lws_callback_reasons reason, void* /*user*/, void* in, std::size_t size) {
  const About about = what_about(reason);
  if (about == About::something_else) return 0;
  auto* const visitor = static_cast<Visitor*>(lws_get_opaque_user_data(wsi));
  if (visitor == nullptr) return 0;
  const std::shared_ptr<Visitor> alive = visitor->shared_from_this();
  const int result = alive->hall().loop.impl().guarded([&] { return alive->handle(wsi, reason, in, size); });
  return about == About::step ? result : 0;
}

}  // namespace vcplay::net
