#include "crypto/libraries.hpp"

#include <openssl/crypto.h>
#include <sodium.h>

namespace vcplay::crypto {

std::vector<std::string> library_versions() {
  return {OpenSSL_version(OPENSSL_VERSION), std::string("libsodium ") + sodium_version_string()};
}

}  // namespace vcplay::crypto
