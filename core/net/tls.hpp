// Whom we trust, and who we are when we serve the rehearsal.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;

namespace vcplay::net {

/// The system's trust store plus, where asked for, further anchors. Certificates are always verified, TLS 1.2
/// or later.
/// Cheap to make: the system's store is read when a certificate asks for it.
class TlsTrust {
 public:
  TlsTrust();  // the system's store
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

  void add_anchors_from_file(const std::string& path);  // PEM; throws Error{usage} naming the file
  void add_anchors(std::string_view pem);               // PEM; throws Error{usage}
  [[nodiscard]] ssl_ctx_st* native() const noexcept { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const noexcept;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

/// A P-256 certificate authority and a server certificate under it, made in memory, valid from an hour ago
/// for a day.
struct ServerIdentity {
  std::string ca_pem;           // what clients add to their trust
  std::string certificate_pem;  // the server's own
  std::string key_pem;          // its private key; guards nothing but a loopback rehearsal

  /// `names` become subject alternative names: IP addresses as IP entries, everything else as DNS names.
  [[nodiscard]] static ServerIdentity make(const std::vector<std::string>& names);
};

}  // namespace vcplay::net
