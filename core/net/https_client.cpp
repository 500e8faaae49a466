#include "net/https_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/error.hpp"
#include "net/client.hpp"
#include "net/event_loop_impl.hpp"
#include "net/http_answer.hpp"
#include "net/lws_callbacks.hpp"
#include "net/size_words.hpp"

namespace vcplay::net {
namespace {

constexpr std::size_t kPieceBytes = 4096;  // libwebsockets' own buffer for one write

bool harmless(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

/// The request's header lines after those that libwebsockets writes.
std::string header_lines(const HttpRequest& request) {
  std::string lines;
  for (const auto& [name, value] : request.headers) {
    if (!harmless(name) || !harmless(value)) {
      throw Error(Cause::unexpected, "A header of an HTTPS request holds a control character.");
    }
    lines += name + ": " + value + "\r\n";
  }
  // RFC 9110 s8.6: a method that usually has a body says so when it has none.
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    lines += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return lines;
}

std::string header(lws* wsi, std::string_view name_and_colon) {
  const auto name = static_cast<int>(name_and_colon.size());
  const int size = lws_hdr_custom_length(wsi, name_and_colon.data(), name);
  if (size <= 0) return {};
  std::string value(static_cast<std::size_t>(size) + 1, '\0');
  if (lws_hdr_custom_copy(wsi, value.data(), size + 1, name_and_colon.data(), name) < 0) return {};
  value.resize(static_cast<std::size_t>(size));
  return value;
}

std::string known_header(lws* wsi, lws_token_indexes token) {
  const int size = lws_hdr_total_length(wsi, token);
  if (size <= 0) return {};
  std::string value(static_cast<std::size_t>(size) + 1, '\0');
  if (lws_hdr_copy(wsi, value.data(), size + 1, token) < 0) return {};
  value.resize(static_cast<std::size_t>(size));
  return value;
}

/// Nothing where the answer does not say.
std::optional<std::uint64_t> content_length(lws* wsi) {
  const std::string digits = known_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  std::uint64_t length = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  return error == std::errc{} ? std::optional(length) : std::nullopt;
}

}  // namespace

/// The client's end of one request and its answer.
struct HttpsCall::Impl final : Client {
  Impl(EventLoop& loop, const TlsTrust& trust, HttpRequest request, Done done)
      : Client(loop, trust, request.url, request.method),
        lines_(header_lines(request)),
        body_(std::move(request.body)),
        most_(request.most_body_bytes),
        done_(std::move(done)) {}

 private:
  int on_event(int reason, void* in, std::size_t size) override;
  CloseInfo on_closed() override;
  void on_end(CloseInfo info) override;

  int write_headers(unsigned char** place, std::size_t room);
  int write_body();
  int on_answer();
  int read_body();
  int on_piece(std::string_view piece);
  int on_complete();
  int refuse();

  const std::string lines_;
  const std::string body_;
  const std::size_t most_;  // bytes of the answer's body
  std::size_t body_sent_ = 0;
  Done done_;
  HttpAnswer answer_{most_};
};

int HttpsCall::Impl::on_event(int reason, void* in, std::size_t size) {
  switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      return write_headers(static_cast<unsigned char**>(in), size);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
      return write_body();
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
      return on_answer();
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
      return read_body();
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
      return on_piece({static_cast<const char*>(in), size});
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
      return on_complete();
    default:
      return 0;
  }
}

int HttpsCall::Impl::write_headers(unsigned char** place, std::size_t room) {
  if (lines_.size() > room) {
    end({CloseKind::lost, {}, "the request's headers are too long"});
    return -1;
  }
  *place = std::copy(lines_.begin(), lines_.end(), *place);
  if (!body_.empty()) {
    lws_client_http_body_pending(wsi(), 1);
    lws_callback_on_writable(wsi());
  }
  return 0;
}

int HttpsCall::Impl::write_body() {
  if (body_sent_ == body_.size()) return 0;
  std::array<unsigned char, LWS_PRE + kPieceBytes> buffer;
  const std::size_t size = std::min(kPieceBytes, body_.size() - body_sent_);
  std::copy_n(body_.data() + body_sent_, size, buffer.data() + LWS_PRE);
  body_sent_ += size;
  const bool last = body_sent_ == body_.size();
  if (last) lws_client_http_body_pending(wsi(), 0);
  if (lws_write(wsi(), buffer.data() + LWS_PRE, size, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
    return -1;
  if (!last) lws_callback_on_writable(wsi());
  return 0;
}

int HttpsCall::Impl::on_answer() {
  HttpResponse head;
  head.status = static_cast<int>(lws_http_client_http_response(wsi()));
  head.date = known_header(wsi(), WSI_TOKEN_HTTP_DATE);
  head.retry_after = known_header(wsi(), WSI_TOKEN_HTTP_RETRY_AFTER);
  head.ratelimit_remaining = header(wsi(), "x-ratelimit-remaining:");
  head.ratelimit_reset_after = header(wsi(), "x-ratelimit-reset-after:");
  head.ratelimit_scope = header(wsi(), "x-ratelimit-scope:");
  // RFC 9112 s6.3: these end with their headers. libwebsockets would wait for a body until
  // the server hangs up.
  const bool no_body = head.status == 204 || head.status == 304;
  answer_.begin(std::move(head));
  if (no_body) return on_complete();
  return content_length(wsi()).value_or(0) > most_ ? refuse() : 0;
}

int HttpsCall::Impl::read_body() {
  std::array<char, LWS_PRE + kPieceBytes> buffer;
  char* place = buffer.data() + LWS_PRE;
  int room = static_cast<int>(kPieceBytes);
  if (lws_http_client_read(wsi(), &place, &room) < 0) return -1;  // what arrived came to on_piece()
  return ended() ? -1 : 0;
}

int HttpsCall::Impl::on_piece(std::string_view piece) { return answer_.add(piece) ? 0 : refuse(); }

int HttpsCall::Impl::refuse() {
  end({CloseKind::lost, {}, "the answer is longer than " + size_in_words(most_)});
  return -1;
}

int HttpsCall::Impl::on_complete() {
  answer_.complete();
  end({});
  return -1;
}

CloseInfo HttpsCall::Impl::on_closed() {
  if (!answer_.begun()) return {CloseKind::lost, {}, "the connection ended before the request was answered"};
  return {CloseKind::lost, {}, "the connection ended in the middle of the answer"};
}

void HttpsCall::Impl::on_end(CloseInfo info) {
  const Done done = std::move(done_);
  done(answer_.take(std::move(info)));
}

// ── HttpsCall ──

HttpsCall::HttpsCall(EventLoop& loop, const TlsTrust& trust, HttpRequest request, Done done) {
  const Duration timeout = request.timeout;
  impl_ = std::make_shared<Impl>(loop, trust, std::move(request), std::move(done));
  impl_->start(timeout);
}

HttpsCall::~HttpsCall() { impl_->abandon(); }

}  // namespace vcplay::net
