#include "dave/pairwise_fingerprint.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "base/error.hpp"
#include "dave/displayable_code.hpp"

namespace vcplay::dave {
namespace {

constexpr std::array<std::uint8_t, 16> kSalt = {0x24, 0xca, 0xb1, 0x7a, 0x7a, 0xf8, 0xec, 0x2b,
                                                0x82, 0xb4, 0x12, 0xb9, 0x2d, 0xab, 0x19, 0x2e};
// RFC 7914's parameters as DAVE sets them.
constexpr std::uint64_t kCost = 16384;
constexpr std::uint64_t kBlockSize = 8;
constexpr std::uint64_t kParallelization = 2;
constexpr std::uint64_t kMemoryLimit = 64U << 20;  // scrypt needs a little more than 16 MiB

// Fingerprint version 0, the key, the id.
Bytes buffer_of(const Identity& identity) {
  Bytes buffer = {0, 0};
  buffer.insert(buffer.end(), identity.signature_key.begin(), identity.signature_key.end());
  std::array<std::uint8_t, 8> user{};
  store_be64(user, identity.user.value);
  buffer.insert(buffer.end(), user.begin(), user.end());
  return buffer;
}

}  // namespace

Fingerprint pairwise_fingerprint(const Identity& a, const Identity& b) {
  Bytes first = buffer_of(a);
  Bytes second = buffer_of(b);
  if (second < first) std::swap(first, second);
  first.insert(first.end(), second.begin(), second.end());
  const std::string_view passphrase = as_text(first);
  Fingerprint fingerprint{};
  if (EVP_PBE_scrypt(passphrase.data(), passphrase.size(), kSalt.data(), kSalt.size(), kCost, kBlockSize,
                     kParallelization, kMemoryLimit, fingerprint.data(), fingerprint.size()) != 1) {
    throw Error(Cause::unexpected, "OpenSSL could not compute a fingerprint; it needs 16 MiB of memory");
  }
  return fingerprint;
}

std::string fingerprint_code(const Fingerprint& fingerprint) { return displayable_code(fingerprint, 45, 5); }

}  // namespace vcplay::dave
