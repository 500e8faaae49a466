// The system's certificate authorities, read only when a certificate asks for them.
#pragma once

struct x509_store_st;

namespace vcplay::net {

/// Adds the system's directory and bundle of authorities to `store`, as OpenSSL's defaults and the
/// environment variables SSL_CERT_DIR and SSL_CERT_FILE name them. Reads neither: the directory is looked up
/// by name, and the bundle, which takes tens of milliseconds, is read when something was found nowhere else.
void add_system_authorities(x509_store_st* store);

}  // namespace vcplay::net
