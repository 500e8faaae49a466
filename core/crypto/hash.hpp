// SHA-256, HMAC and HKDF (RFC 5869), random bytes and the comparison that takes its time.
#pragma once

#include <array>
#include <initializer_list>

#include "base/bytes.hpp"
#include "base/secret.hpp"

namespace vcplay::crypto {

inline constexpr std::size_t kSha256Bytes = 32;
using Digest = std::array<std::uint8_t, kSha256Bytes>;

/// The parts are hashed as if they were one.
using Parts = std::initializer_list<ByteView>;

[[nodiscard]] Digest sha256(ByteView data);
[[nodiscard]] Digest sha256(Parts parts);

[[nodiscard]] Digest hmac_sha256(ByteView key, ByteView data);

// RFC 5869 s2.2 and s2.3 with SHA-256.
[[nodiscard]] SecretBytes hkdf_extract(ByteView salt, ByteView input_key_material);
[[nodiscard]] SecretBytes hkdf_expand(ByteView pseudorandom_key, ByteView info, std::size_t length);

/// Takes the same time wherever the first difference is. For tags, never for secrets of different lengths.
[[nodiscard]] bool equal_in_constant_time(ByteView a, ByteView b) noexcept;

[[nodiscard]] Bytes random_bytes(std::size_t count);
[[nodiscard]] SecretBytes random_secret(std::size_t count);

}  // namespace vcplay::crypto
