#include "dave/key_ratchet.hpp"

#include <array>

#include "mls/group.hpp"

namespace vcplay::dave {
namespace {

// The one place besides the frame nonce where DAVE counts from the little end.
std::array<std::uint8_t, 8> little_endian(Snowflake user) {
  std::array<std::uint8_t, 8> bytes{};
  for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(user.value >> (8 * i));
  return bytes;
}

}  // namespace

KeyRatchet::KeyRatchet(const mls::Group& group, Snowflake sender)
    : secret_(group.export_secret("Discord Secure Frames v0", little_endian(sender), mls::kKeyBytes)) {}

SecretBytes KeyRatchet::next_key() {
  SecretBytes key = mls::derive_tree_secret(secret_.view(), "key", generation_, mls::kKeyBytes);
  secret_ = mls::derive_tree_secret(secret_.view(), "secret", generation_, mls::kHashBytes);
  ++generation_;
  return key;
}

}  // namespace vcplay::dave
