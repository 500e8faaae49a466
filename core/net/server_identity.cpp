#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>

#include "base/error.hpp"
#include "net/resolver.hpp"
#include "net/tls.hpp"

namespace vcplay::net {
namespace {

template <auto Function>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const noexcept {
    Function(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;

constexpr long kHour = 3600;

void require(bool done) {
  if (!done) throw Error(Cause::unexpected, "OpenSSL could not make a certificate for the rehearsal.");
}

template <typename Write>
std::string to_pem(Write&& write) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  require(text != nullptr && write(text.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string certificate_text(X509* certificate) {
  return to_pem([certificate](BIO* text) { return PEM_write_bio_X509(text, certificate); });
}

std::string key_text(EVP_PKEY* key) {
  return to_pem([key](BIO* text) {
    return PEM_write_bio_PrivateKey(text, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

KeyPtr make_key() {
  KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  require(key != nullptr);
  return key;
}

void name(X509_NAME* entry, const char* common_name) {
  const auto* const text = reinterpret_cast<const unsigned char*>(common_name);
  require(X509_NAME_add_entry_by_txt(entry, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1);
}

// RFC 5280 s4.1.2.2: positive, unique for its issuer.
void set_random_serial(X509* certificate) {
  std::array<unsigned char, 8> bytes{};
  require(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  std::uint64_t serial = 1;
  for (const unsigned char byte : bytes) serial = (serial << 7) | (byte & 0x7FU);
  require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1);
}

CertificatePtr make_blank(const char* common_name, EVP_PKEY* key) {
  CertificatePtr certificate(X509_new());
  require(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_random_serial(certificate.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * kHour);
  name(X509_get_subject_name(certificate.get()), common_name);
  require(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void add_names(X509* certificate, const std::vector<std::string>& names) {
  const NamesPtr all(sk_GENERAL_NAME_new_null());
  require(all != nullptr);
  for (const std::string& text : names) {
    GENERAL_NAME* const entry = GENERAL_NAME_new();
    require(entry != nullptr && sk_GENERAL_NAME_push(all.get(), entry) > 0);
    if (is_numeric_address(text)) {
      GENERAL_NAME_set0_value(entry, GEN_IPADD, a2i_IPADDRESS(text.c_str()));
    } else {
      ASN1_IA5STRING* const dns = ASN1_IA5STRING_new();
      require(dns != nullptr && ASN1_STRING_set(dns, text.data(), static_cast<int>(text.size())) == 1);
      GENERAL_NAME_set0_value(entry, GEN_DNS, dns);
    }
  }
  require(X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) == 1);
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
  require(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
}

}  // namespace

ServerIdentity ServerIdentity::make(const std::vector<std::string>& names) {
  const KeyPtr authority_key = make_key();
  const CertificatePtr authority = make_blank("vcplay rehearsal authority", authority_key.get());
  add_extension(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign");
  add_extension(authority.get(), authority.get(), NID_subject_key_identifier, "hash");
  sign(authority.get(), authority.get(), authority_key.get());

  const KeyPtr server_key = make_key();
  const CertificatePtr server = make_blank("vcplay rehearsal", server_key.get());
  add_extension(server.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(server.get(), authority.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(server.get(), authority.get(), NID_ext_key_usage, "serverAuth");
  add_extension(server.get(), authority.get(), NID_authority_key_identifier, "keyid");
  add_names(server.get(), names);
  sign(server.get(), authority.get(), authority_key.get());

  return {certificate_text(authority.get()), certificate_text(server.get()), key_text(server_key.get())};
}

}  // namespace vcplay::net
