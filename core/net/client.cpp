#include "net/client.hpp"

#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/event_loop_impl.hpp"
#include "net/lws_callbacks.hpp"

namespace vcplay::net {
namespace {

// With several addresses, the time that one gets to accept a TCP connection: enough for one repeated SYN.
constexpr Duration kAddressPatience = 2s;

/// "Connection refused", where the system says so at once: libwebsockets keeps the reason to itself.
std::string why_no_connection(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
    return "no connection";
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int error = fd >= 0 && ::connect(fd, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
  ::freeaddrinfo(found);
  if (error == EINPROGRESS) {
    pollfd wait{fd, POLLOUT, 0};
    socklen_t size = sizeof(error);
    error = 0;
    // One millisecond, enough for this machine's own ports: the loop has others to serve.
    if (::poll(&wait, 1, 1) == 1) ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (fd >= 0) ::close(fd);
  return error == 0 ? "no connection" : std::strerror(error);
}

bool name_matches(X509* certificate, const std::string& host) {
  if (is_numeric_address(host)) return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  // RFC 9525 s2: the subject's common name is no place for a host name any more.
  constexpr unsigned kFlags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  return !host.empty() && X509_check_host(certificate, host.data(), host.size(), kFlags, nullptr) == 1;
}

}  // namespace

Client::Client(EventLoop& loop, const TlsTrust& trust, Url url, std::string method)
    : loop_(loop),
      trust_(trust),
      url_(std::move(url)),
      method_(std::move(method)),
      deadline_(loop, [this] { end(verdict_ ? *verdict_ : out_of_time()); }),
      patience_(loop, [this] { on_patience_over(); }) {}

void Client::start(Duration timeout) {
  until_ = loop_.now() + timeout;
  deadline_.start_at(until_);
  resolution_ = std::make_unique<Resolution>(loop_, loop().look_up, url_.host,
                                             [this](const Addresses& found) { on_addresses(found); });
}

void Client::abandon() noexcept {
  ended_ = true;
  let_go();
}

void Client::let_go() noexcept {
  deadline_.cancel();
  patience_.cancel();
  resolution_.reset();
  if (wsi_ != nullptr) kill_quietly(wsi_);
  wsi_ = nullptr;
}

void Client::forget_connection() noexcept {
  lws_set_opaque_user_data(wsi_, nullptr);  // it calls once more while it goes, and we may be gone by then
  wsi_ = nullptr;
}

void Client::end(CloseInfo info) {
  if (ended_) return;
  const std::shared_ptr<Client> self = shared_from_this();  // the owner may let go of us in on_end()
  ended_ = true;
  let_go();
  on_end(std::move(info));
}

void Client::end_by(TimePoint when, CloseInfo info) {
  verdict_ = std::move(info);
  deadline_.start_at(when);
}

CloseInfo Client::out_of_time() const {
  switch (stage_) {
    case Stage::resolving:
      return {CloseKind::resolve_failed, {}, "the name service did not answer in time"};
    case Stage::connecting:
      return {CloseKind::timed_out, {}, "no TCP connection in time"};
    case Stage::handshaking:
      return {CloseKind::timed_out, {}, "no TLS handshake in time"};
    case Stage::asking:
      return {CloseKind::timed_out, {}, "no answer to the request in time"};
  }
  return {};
}

// ── one address after the other ──

void Client::on_addresses(const Addresses& found) {
  if (found.numeric.empty()) return end({CloseKind::resolve_failed, {}, found.failure});
  addresses_ = found.numeric;
  dial_next();
}

void Client::dial_next() {
  while (next_address_ < addresses_.size()) {
    const std::string& address = addresses_[next_address_++];
    stage_ = Stage::connecting;
    name_verified_ = false;
    dialing_ = true;
    wsi_ = dial(address);
    dialing_ = false;
    if (wsi_ == nullptr) continue;  // failed at once, and no callback will say so
    const std::size_t left = addresses_.size() - next_address_;
    if (left == 0) {
      patience_.cancel();
    } else {
      const TimePoint now = loop_.now();
      const Duration share = (until_ - now) / static_cast<Duration::rep>(left + 1);
      patience_.start_at(now + std::min<Duration>(kAddressPatience, share));
    }
    return;
  }
  const std::string& last = addresses_.back();
  end({CloseKind::connect_failed,
       {},
       last + " port " + std::to_string(url_.port) + ": " + why_no_connection(last, url_.port)});
}

lws* Client::dial(const std::string& address) {
  const bool ipv6_host = url_.host.find(':') != std::string::npos;
  std::string host = ipv6_host ? "[" + url_.host + "]" : url_.host;
  if (url_.port != 443) host += ":" + std::to_string(url_.port);

  lws_client_connect_info info{};
  info.context = loop().context;
  info.vhost = loop().client_vhost(trust_);
  info.address = address.c_str();
  info.port = url_.port;
  info.path = url_.path.c_str();
  info.host = host.c_str();
  info.method = method_.empty() ? nullptr : method_.c_str();
  info.local_protocol_name = kClientProtocol;
  info.alpn = "http/1.1";
  info.ssl_connection = LCCSCF_USE_SSL | LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
  // libwebsockets cuts the host at its first ':' before it checks the name; verify() is the
  // check for IPv6 hosts.
  if (ipv6_host) info.ssl_connection |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
  info.opaque_user_data = this;
  info.pwsi = &wsi_;
  return lws_client_connect_via_info(&info);
}

void Client::on_patience_over() {
  if (stage_ != Stage::connecting) return;
  if (wsi_ != nullptr) kill_quietly(wsi_);
  wsi_ = nullptr;
  dial_next();
}

void Client::on_connection_error(std::string text) {
  if (verify_error_ != 0) {
    return end({CloseKind::certificate_refused, {}, X509_verify_cert_error_string(verify_error_)});
  }
  switch (stage_) {
    case Stage::resolving:
    case Stage::connecting:
      patience_.cancel();
      // Not from inside a callback that is about the last connection.
      loop_.post([self = weak_from_this()] {
        const std::shared_ptr<Client> client = self.lock();
        if (client && !client->ended_ && client->wsi_ == nullptr) client->dial_next();
      });
      return;
    case Stage::handshaking:
      return end({CloseKind::tls_failed, {}, std::move(text)});
    case Stage::asking:
      return end({CloseKind::lost, {}, "the connection ended before the request was answered"});
  }
}

// ── from libwebsockets ──

bool Client::verify(x509_store_ctx_st* store, bool accepted_so_far) {
  stage_ = Stage::handshaking;
  if (!accepted_so_far) {
    verify_error_ = X509_STORE_CTX_get_error(store);
    return false;
  }
  if (X509_STORE_CTX_get_error_depth(store) != 0) return true;  // an authority's certificate has no host name
  if (name_matches(X509_STORE_CTX_get_current_cert(store), url_.host)) {
    name_verified_ = true;
    return true;
  }
  verify_error_ =
      is_numeric_address(url_.host) ? X509_V_ERR_IP_ADDRESS_MISMATCH : X509_V_ERR_HOSTNAME_MISMATCH;
  X509_STORE_CTX_set_error(store, verify_error_);
  return false;
}

int Client::handle(lws* wsi, int reason, void* in, std::size_t size) {
  if (reason == LWS_CALLBACK_WSI_CREATE) {  // said when the TCP connection stands
    stage_ = Stage::handshaking;
    patience_.cancel();
  }
  if (dialing_ || wsi != wsi_) return 0;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      if (!name_verified_) return -1;  // not a word to a peer that nobody verified
      stage_ = Stage::asking;
      return on_event(reason, in, size);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      forget_connection();
      on_connection_error(in == nullptr ? "" : std::string(static_cast<const char*>(in), size));
      return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_WSI_DESTROY:
      forget_connection();
      end(on_closed());
      return 0;
    default:
      return on_event(reason, in, size);
  }
}

namespace {

/// libwebsockets' question about a certificate of the peer's; 0 accepts it. Up to 4.3.5 it goes to the first
/// protocol of the context, from 4.3.6 on to the connection's own, and each connection is asked about once.
int judge_certificate(lws* wsi, void* store, bool accepted_so_far) {
  auto* const client = static_cast<Client*>(lws_get_opaque_user_data(wsi));
  if (client == nullptr) return 1;
  return client->loop().guarded(
      [&] { return client->verify(static_cast<X509_STORE_CTX*>(store), accepted_so_far) ? 0 : 1; });
}

}  // namespace

int verify_callback(lws* wsi, lws_callback_reasons reason, void* user, void* /*in*/, std::size_t size) {
  if (reason != LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) return 0;
  return judge_certificate(wsi, user, size != 0);
}

int client_callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t size) {
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) {
    return judge_certificate(wsi, user, size != 0);
  }
  const About about = what_about(reason);
  if (about == About::something_else) return 0;
  auto* const client = static_cast<Client*>(lws_get_opaque_user_data(wsi));
  if (client == nullptr) return about == About::step ? -1 : 0;
  const std::shared_ptr<Client> alive = client->shared_from_this();
  const int result = alive->loop().guarded([&] { return alive->handle(wsi, reason, in, size); });
  return about == About::step ? result : 0;
}

}  // namespace vcplay::net
