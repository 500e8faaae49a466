#include "crypto/scrypt.hpp"

#include <openssl/evp.h>

#include "base/error.hpp"

namespace vcplay::crypto {

void scrypt(ByteView passphrase, ByteView salt, const ScryptParameters& parameters, ByteSpan output) {
  // OpenSSL refuses what may need more than it was told; twice the main table leaves room for the rest.
  const std::uint64_t limit = 2 * 128 * parameters.cost * parameters.block_size + (1U << 20);
  const std::string_view text = as_text(passphrase);
  if (EVP_PBE_scrypt(text.data(), text.size(), salt.data(), salt.size(), parameters.cost,
                     parameters.block_size, parameters.parallelization, limit, output.data(),
                     output.size()) != 1) {
    throw Error(Cause::unexpected, "OpenSSL could not compute scrypt; it needs some tens of MiB of memory");
  }
}

}  // namespace vcplay::crypto
