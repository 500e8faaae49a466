#include "net/websocket.hpp"

#include "net/client.hpp"
#include "net/event_loop_impl.hpp"
#include "net/lws_callbacks.hpp"
#include "net/message_queue.hpp"
#include "net/size_words.hpp"

namespace vcplay::net {
namespace {

constexpr Duration kCloseWait = 1500ms;         // for the peer's close frame; libwebsockets would wait 5 s
constexpr std::uint16_t kMessageTooBig = 1009;  // RFC 6455 s7.4.1

}  // namespace

/// The client's end of one websocket.
struct WebSocket::Impl final : Client {
  Impl(EventLoop& loop, const TlsTrust& trust, WebSocketHandler& owner, const Url& url,
       WebSocketLimits limits)
      : Client(loop, trust, url, {}), limits_(limits), handler_(owner) {}

  void send_text(std::string_view text) { was_queued(outgoing_.push_text(text)); }
  void send_binary(ByteView bytes) { was_queued(outgoing_.push_binary(bytes)); }
  void close(std::uint16_t code, std::string_view reason);

 private:
  int on_event(int reason, void* in, std::size_t size) override;
  CloseInfo on_closed() override;
  void on_end(CloseInfo info) override { handler_.on_close(info); }

  int on_open();
  int on_answer();
  void on_piece(ByteView piece);
  void refuse_message();
  void was_queued(bool queued);
  void writeable() {
    if (open_ && wsi() != nullptr) lws_callback_on_writable(wsi());
  }

  const WebSocketLimits limits_;
  WebSocketHandler& handler_;
  MessageQueue outgoing_{limits_.outgoing};
  MessageAssembler incoming_{limits_.incoming};
  std::optional<CloseInfo> refusal_;  // why we close, where it was not the owner's wish
  bool open_ = false;
  std::optional<std::uint16_t> peer_code_;
  std::string peer_reason_;
  bool peer_closed_ = false;
};

void WebSocket::Impl::was_queued(bool queued) {
  if (queued) return writeable();
  // on_close never comes from inside a call of the owner's.
  end_by(now(), {CloseKind::lost, {}, "the peer does not read what is sent to it"});
}

void WebSocket::Impl::close(std::uint16_t code, std::string_view reason) {
  if (ended() || outgoing_.closing()) return;
  outgoing_.push_close(code, reason);
  CloseInfo info{CloseKind::closed_by_us, {}, std::string(reason)};
  if (!open_) return end_by(now(), std::move(info));  // on_close never comes from inside close()
  end_by(now() + kCloseWait, std::move(info));
  writeable();
}

int WebSocket::Impl::on_event(int reason, void* in, std::size_t size) {
  const ByteView bytes{static_cast<const std::uint8_t*>(in), in == nullptr ? 0 : size};
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
      return on_answer();
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      return on_open();
    case LWS_CALLBACK_CLIENT_RECEIVE:
      on_piece(bytes);
      return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      return outgoing_.flush(wsi());
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      peer_closed_ = true;
      if (bytes.size() >= 2) {
        peer_code_ = load_be16(bytes);
        peer_reason_ = as_text(bytes.subspan(2));
      }
      return 0;  // libwebsockets answers it, then says "closed"
    default:
      return 0;
  }
}

/// The answer to the upgrade: anything but 101 is a refusal.
int WebSocket::Impl::on_answer() {
  const int status = static_cast<int>(lws_http_client_http_response(wsi()));
  if (status == 101) return 0;
  end({CloseKind::http_refused, {}, "HTTP status " + std::to_string(status), status});
  return -1;
}

int WebSocket::Impl::on_open() {
  if (outgoing_.closing()) return 0;  // closed on its way: the end is a turn away
  arrived();
  open_ = true;
  writeable();  // for what was sent before
  handler_.on_open();
  return ended() ? -1 : 0;
}

void WebSocket::Impl::on_piece(ByteView piece) {
  if (ended() || refusal_) return;
  switch (incoming_.add(wsi(), piece)) {
    case MessageAssembler::Result::incomplete:
      return;
    case MessageAssembler::Result::text:
      return handler_.on_text(as_text(incoming_.message()));
    case MessageAssembler::Result::binary:
      return handler_.on_binary(incoming_.message());
    case MessageAssembler::Result::too_big:
      return refuse_message();
  }
}

/// Says so to the peer; whatever else of it comes is not looked at.
void WebSocket::Impl::refuse_message() {
  if (outgoing_.closing()) return;
  refusal_ = CloseInfo{
      CloseKind::lost, {}, "the peer sent a message of more than " + size_in_words(limits_.incoming)};
  outgoing_.push_close(kMessageTooBig, "");
  end_by(now() + kCloseWait, *refusal_);
  writeable();
}

CloseInfo WebSocket::Impl::on_closed() {
  if (refusal_) return *refusal_;
  if (outgoing_.closing()) return {CloseKind::closed_by_us, peer_code_, peer_reason_};
  if (peer_closed_) return {CloseKind::closed_by_peer, peer_code_, peer_reason_};
  if (open_) return {CloseKind::lost, {}, "the connection ended without a close frame"};
  return {CloseKind::lost, {}, "the connection ended before the upgrade was answered"};
}

// ── WebSocket ──

WebSocket::WebSocket(EventLoop& loop, const TlsTrust& trust, WebSocketHandler& handler, const Url& url,
                     Duration timeout, WebSocketLimits limits)
    : impl_(std::make_shared<Impl>(loop, trust, handler, url, limits)) {
  impl_->start(timeout);
}

WebSocket::~WebSocket() { impl_->abandon(); }

void WebSocket::send_text(std::string_view text) { impl_->send_text(text); }

void WebSocket::send_binary(ByteView bytes) { impl_->send_binary(bytes); }

void WebSocket::close(std::uint16_t code, std::string_view reason) { impl_->close(code, reason); }

}  // namespace vcplay::net
