#include "words/raw_tls_peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace vcplay::net::test {
namespace {

/// A socket that listens on `address`, and its port. Nothing when there is no such address here.
std::optional<std::pair<int, std::uint16_t>> try_listen(const std::string& address) {
  const bool ipv6 = address.find(':') != std::string::npos;
  sockaddr_in6 six{};
  sockaddr_in four{};
  six.sin6_family = AF_INET6;
  four.sin_family = AF_INET;
  ::inet_pton(AF_INET6, address.c_str(), &six.sin6_addr);
  ::inet_pton(AF_INET, address.c_str(), &four.sin_addr);
  auto* const name = ipv6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
  socklen_t size = ipv6 ? sizeof(six) : sizeof(four);
  const int fd = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  if (::bind(fd, name, size) != 0 || ::listen(fd, 16) != 0 || ::getsockname(fd, name, &size) != 0) {
    ::close(fd);
    return std::nullopt;
  }
  return std::pair{fd, ntohs(ipv6 ? six.sin6_port : four.sin_port)};
}

std::pair<int, std::uint16_t> listen_on(const std::string& address) {
  const auto listener = try_listen(address);
  if (!listener) throw std::runtime_error("no listening socket on " + address);
  return *listener;
}

BIO* memory(const std::string& text) { return BIO_new_mem_buf(text.data(), static_cast<int>(text.size())); }

std::string contents(BIO* bio) {
  std::string text(BIO_ctrl_pending(bio), '\0');
  BIO_read(bio, text.data(), static_cast<int>(text.size()));
  return text;
}

std::string header_value(const std::string& request, const std::string& name) {
  const std::size_t start = request.find(name + ": ");
  if (start == std::string::npos) return {};
  const std::size_t value = start + name.size() + 2;
  return request.substr(value, request.find("\r\n", value) - value);
}

}  // namespace

ServerIdentity self_signed(const std::string& name, int from_day, int to_day) {
  constexpr long kDay = 24 * 3600;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_day * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to_day * kDay);
  X509_set_pubkey(certificate.get(), key.get());
  const auto* const text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8, text, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  X509_EXTENSION* const san =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + name).c_str());
  X509_add_ext(certificate.get(), san, -1);
  X509_EXTENSION_free(san);
  X509_sign(certificate.get(), key.get(), EVP_sha256());

  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(out.get(), certificate.get());
  const std::string certificate_pem = contents(out.get());
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {certificate_pem, certificate_pem, contents(out.get())};
}

// ── Conversation ──

std::string Conversation::read_until(std::string_view end) {
  std::string text;
  while (!text.ends_with(end)) {
    const std::string next = read(1);
    if (next.empty()) break;
    text += next;
  }
  return text;
}

std::string Conversation::read(std::size_t size) {
  std::string text(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const int got = SSL_read(ssl_, text.data() + have, static_cast<int>(size - have));
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

void Conversation::write(std::string_view bytes) {
  if (!bytes.empty()) SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
}

void Conversation::trickle(std::string_view bytes, const std::atomic<bool>& over) {
  pollfd hang_up{SSL_get_fd(ssl_), POLLIN, 0};
  while (!over && ::poll(&hang_up, 1, 100) == 0) write(bytes);
}

void Conversation::wait_for_end() {
  while (!read(1).empty()) {
  }
}

std::string Conversation::server_name() const {
  const char* const name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string Conversation::accept_websocket() {
  std::string request = read_until("\r\n\r\n");
  // RFC 6455 s4.2.2: the key, a fixed GUID, SHA-1, base64.
  const std::string key = header_value(request, "Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest{};
  EVP_Digest(key.data(), key.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  std::array<unsigned char, 32> accept{};
  const int size = EVP_EncodeBlock(accept.data(), digest.data(), static_cast<int>(digest.size()));
  write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: " +
      std::string(accept.begin(), accept.begin() + size) + "\r\n\r\n");
  return request;
}

std::string Conversation::read_frame() {
  const std::string head = read(6);  // RFC 6455 s5.2: two bytes, then the client's mask
  if (head.size() < 6) return {};
  std::string payload = read(static_cast<unsigned char>(head[1]) & 0x7FU);
  for (std::size_t i = 0; i < payload.size(); ++i)
    payload[i] = static_cast<char>(payload[i] ^ head[2 + i % 4]);
  return head[0] + payload;
}

// ── RawTlsPeer ──

RawTlsPeer::RawTlsPeer(const ServerIdentity& identity, Script script, const std::string& address)
    : context_(SSL_CTX_new(TLS_server_method())), script_(std::move(script)) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> certificate_text(memory(identity.certificate_pem),
                                                                   BIO_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> key_text(memory(identity.key_pem), BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr), X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (SSL_CTX_use_certificate(context_.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1) {
    throw std::runtime_error("an unusable identity");
  }
  std::tie(listener_, port_) = listen_on(address);
  thread_ = std::thread([this] { serve(); });
}

RawTlsPeer::~RawTlsPeer() {
  ::shutdown(listener_, SHUT_RDWR);  // ends accept()
  thread_.join();
  ::close(listener_);
}

void RawTlsPeer::serve() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const timeval deadline{60, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) == 1) {
      Conversation conversation(ssl.get());
      script_(conversation);
      SSL_shutdown(ssl.get());
    }
    ::close(fd);
  }
}

// ── ports ──

SilentPort::SilentPort() { std::tie(fd_, port_) = listen_on("127.0.0.1"); }
SilentPort::~SilentPort() { ::close(fd_); }

PlainPeer::PlainPeer(std::string text) {
  std::tie(fd_, port_) = listen_on("127.0.0.1");
  thread_ = std::thread([listener = fd_, text = std::move(text)] {
    std::array<char, 4096> said{};
    for (int fd = ::accept(listener, nullptr, nullptr); fd >= 0; fd = ::accept(listener, nullptr, nullptr)) {
      if (::recv(fd, said.data(), said.size(), 0) > 0) ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
      ::close(fd);
    }
  });
}

PlainPeer::~PlainPeer() {
  ::shutdown(fd_, SHUT_RDWR);  // ends accept()
  thread_.join();
  ::close(fd_);
}

bool has_ipv6_loopback() {
  const auto listener = try_listen("::1");
  if (listener) ::close(listener->first);
  return listener.has_value();
}

std::uint16_t closed_port() {
  // Bound for as long as the program runs, so that no other test gets it, and never listened on.
  static const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  static const bool is_bound = ::bind(fd, any, size) == 0;
  if (!is_bound || ::getsockname(fd, any, &size) != 0) throw std::runtime_error("no port to be had");
  return ntohs(address.sin_port);
}

}  // namespace vcplay::net::test
