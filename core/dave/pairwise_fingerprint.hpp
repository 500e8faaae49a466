// What two people compare to know that nobody stands between them (DAVE, "Verification Fingerprint").
#pragma once

#include <array>
#include <string>

#include "base/bytes.hpp"
#include "base/snowflake.hpp"

namespace vcplay::dave {

/// One side of a pair.
struct Identity {
  Snowflake user;
  ByteView signature_key;
};

using Fingerprint = std::array<std::uint8_t, 64>;

/// The same for (a, b) and (b, a). Takes tens of milliseconds and 16 MiB by design: not for a thread that
/// somebody waits for.
[[nodiscard]] Fingerprint pairwise_fingerprint(const Identity& a, const Identity& b);

/// The 45 digits to be compared.
[[nodiscard]] std::string fingerprint_code(const Fingerprint& fingerprint);

}  // namespace vcplay::dave
