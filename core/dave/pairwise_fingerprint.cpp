#include "dave/pairwise_fingerprint.hpp"

#include <algorithm>

#include "crypto/scrypt.hpp"
#include "dave/displayable_code.hpp"

namespace vcplay::dave {
namespace {

constexpr std::array<std::uint8_t, 16> kSalt = {0x24, 0xca, 0xb1, 0x7a, 0x7a, 0xf8, 0xec, 0x2b,
                                                0x82, 0xb4, 0x12, 0xb9, 0x2d, 0xab, 0x19, 0x2e};
// As DAVE sets them.
constexpr crypto::ScryptParameters kScrypt = {.cost = 16384, .block_size = 8, .parallelization = 2};

// Fingerprint version 0, the key, the id.
Bytes buffer_of(const Identity& identity) {
  const std::size_t key_size = identity.signature_key.size();
  Bytes buffer(2 + key_size + 8);
  std::copy(identity.signature_key.begin(), identity.signature_key.end(), buffer.begin() + 2);
  store_be64(ByteSpan(buffer).subspan(2 + key_size), identity.user.value);
  return buffer;
}

}  // namespace

Fingerprint pairwise_fingerprint(const Identity& a, const Identity& b) {
  Bytes first = buffer_of(a);
  Bytes second = buffer_of(b);
  if (second < first) std::swap(first, second);
  first.insert(first.end(), second.begin(), second.end());
  Fingerprint fingerprint{};
  crypto::scrypt(first, kSalt, kScrypt, fingerprint);
  return fingerprint;
}

std::string fingerprint_code(const Fingerprint& fingerprint) { return displayable_code(fingerprint, 45, 5); }

}  // namespace vcplay::dave
