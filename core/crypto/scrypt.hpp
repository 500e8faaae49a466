// scrypt (RFC 7914): a hash that is dear to guess with.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace vcplay::crypto {

/// RFC 7914 s2. Takes about 128 × cost × block_size bytes of memory while it runs.
struct ScryptParameters {
  std::uint64_t cost;             // N, a power of two
  std::uint64_t block_size;       // r
  std::uint64_t parallelization;  // p
};

/// Fills `output`. Throws Error{unexpected} when there is not memory enough.
void scrypt(ByteView passphrase, ByteView salt, const ScryptParameters& parameters, ByteSpan output);

}  // namespace vcplay::crypto
