#include "net/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.hpp"
#include "net/system_trust.hpp"

namespace vcplay::net {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;
using CertificatePtr = std::unique_ptr<X509, FreeCertificate>;

/// Appends the file to `text`. Returns the system's error number, 0 when all went well.
int read_all(const std::string& path, std::string& text) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return errno;
  std::array<char, 4096> piece;
  while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), file.get())) {
    text.append(piece.data(), size);
  }
  return std::ferror(file.get()) != 0 ? errno : 0;
}

/// Adds every certificate in `pem`. Returns what is wrong with it, nothing when all is well.
std::string add_all(SSL_CTX* context, std::string_view pem) {
  const BioPtr text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!text) return "out of memory";
  int added = 0;
  while (true) {
    const CertificatePtr certificate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1) {
      ERR_clear_error();
      return "it holds a certificate that OpenSSL does not accept";
    }
    ++added;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) return "it holds a damaged PEM certificate";
  return added == 0 ? "it holds no PEM certificate" : "";
}

/// RFC 6066 s3: a server name is a DNS name, literal addresses are not permitted. libwebsockets sends either.
void drop_literal_server_name(const SSL* ssl, int where, int /*value*/) {
  if ((where & SSL_CB_HANDSHAKE_START) == 0) return;
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return;
  // An IPv6 host arrives cut to "[", an IPv4 host ends in a digit; a DNS name does neither.
  const std::string_view text = name;
  const bool literal = text.empty() || text.front() == '[' || (text.back() >= '0' && text.back() <= '9');
  if (literal)
    SSL_ctrl(const_cast<SSL*>(ssl), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, nullptr);
}

}  // namespace

void TlsTrust::Free::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

TlsTrust::TlsTrust() : context_(SSL_CTX_new(TLS_client_method())) {
  if (!context_ || SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) != 1) {
    throw Error(Cause::unexpected, "OpenSSL could not set up TLS.");
  }
  add_system_authorities(SSL_CTX_get_cert_store(context_.get()));
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_info_callback(context_.get(), drop_literal_server_name);
}

TlsTrust::~TlsTrust() = default;

void TlsTrust::add_anchors_from_file(const std::string& path) {
  std::string pem;
  if (const int error = read_all(path, pem); error != 0) {
    throw Error(Cause::usage, "The CA file \"" + path + "\" cannot be read: " + std::strerror(error) + ".");
  }
  const std::string fault = add_all(context_.get(), pem);
  if (!fault.empty())
    throw Error(Cause::usage, "The CA file \"" + path + "\" cannot be used: " + fault + ".");
}

void TlsTrust::add_anchors(std::string_view pem) {
  const std::string fault = add_all(context_.get(), pem);
  if (!fault.empty()) throw Error(Cause::usage, "The CA certificate cannot be used: " + fault + ".");
}

}  // namespace vcplay::net
