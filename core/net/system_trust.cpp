#include "net/system_trust.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>

#include <memory>
#include <mutex>
#include <string>

#include "base/error.hpp"

namespace vcplay::net {
namespace {

/// A file of authorities that belongs to one store, and whether it was read.
struct Bundle {
  std::string path;
  std::once_flag read;
};

void read_into(X509_STORE* store, const std::string& path) {
  ERR_set_mark();  // the end of the file is an error to OpenSSL, and none to us
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "r"), BIO_free);
  while (file) {
    const std::unique_ptr<X509, decltype(&X509_free)> authority(
        PEM_read_bio_X509_AUX(file.get(), nullptr, nullptr, nullptr), X509_free);
    if (!authority) break;
    X509_STORE_add_cert(store, authority.get());
  }
  ERR_pop_to_mark();
}

int find_by_subject(X509_LOOKUP* lookup, X509_LOOKUP_TYPE type, const X509_NAME* name, X509_OBJECT* found) {
  if (type != X509_LU_X509) return 0;
  X509_STORE* const store = X509_LOOKUP_get_store(lookup);
  auto* const bundle = static_cast<Bundle*>(X509_LOOKUP_get_method_data(lookup));
  std::call_once(bundle->read, [&] { read_into(store, bundle->path); });

  X509_STORE_lock(store);
  X509_OBJECT* const kept = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), type, name);
  X509* const authority = kept == nullptr ? nullptr : X509_OBJECT_get0_X509(kept);
  const bool there = authority != nullptr && X509_OBJECT_set1_X509(found, authority) == 1;
  if (there) X509_free(authority);  // a look-up lends what the store owns; set1 took a reference
  X509_STORE_unlock(store);
  return there ? 1 : 0;
}

void free_bundle(X509_LOOKUP* lookup) { delete static_cast<Bundle*>(X509_LOOKUP_get_method_data(lookup)); }

/// OpenSSL's table of functions for such a file; it lives as long as the process.
X509_LOOKUP_METHOD* bundle_method() {
  static X509_LOOKUP_METHOD* const method = [] {
    X509_LOOKUP_METHOD* const made = X509_LOOKUP_meth_new("read a bundle of authorities when needed");
    if (made != nullptr) {
      X509_LOOKUP_meth_set_get_by_subject(made, find_by_subject);
      X509_LOOKUP_meth_set_free(made, free_bundle);
    }
    return made;
  }();
  return method;
}

std::string bundle_path() {
  const char* const chosen = ::secure_getenv(X509_get_default_cert_file_env());
  return chosen != nullptr ? chosen : X509_get_default_cert_file();
}

}  // namespace

void add_system_authorities(X509_STORE* store) {
  X509_LOOKUP* const directory = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
  X509_LOOKUP* const bundle =
      bundle_method() == nullptr ? nullptr : X509_STORE_add_lookup(store, bundle_method());
  if (directory == nullptr || bundle == nullptr ||
      X509_LOOKUP_add_dir(directory, nullptr, X509_FILETYPE_DEFAULT) != 1) {
    throw Error(Cause::unexpected, "OpenSSL could not set up the system's certificate authorities.");
  }
  auto state = std::make_unique<Bundle>();
  state->path = bundle_path();
  X509_LOOKUP_set_method_data(bundle, state.release());
}

}  // namespace vcplay::net
