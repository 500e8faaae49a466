// The media keys of one sender in one epoch (DAVE, "Sender Key Derivation").
#pragma once

#include <cstdint>

#include "base/secret.hpp"
#include "base/snowflake.hpp"

namespace vcplay::mls {
class Group;
}

namespace vcplay::dave {

/// Yields one sender's keys, generation by generation; a key that was passed cannot be had again.
class KeyRatchet {
 public:
  /// `base_secret` is the sender's base secret, 16 bytes.
  explicit KeyRatchet(SecretBytes base_secret) noexcept : secret_(std::move(base_secret)) {}
  /// That of `sender` in the epoch that `group` is in.
  KeyRatchet(const mls::Group& group, Snowflake sender);

  /// Of the key that comes next; 0 at first.
  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
  /// AES-128's 16 bytes.
  [[nodiscard]] SecretBytes next_key();

 private:
  SecretBytes secret_;
  std::uint32_t generation_ = 0;
};

}  // namespace vcplay::dave
