// Which channel of the run has, or ever had, which transport key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/hash.hpp"

namespace vcplay::bot {

/// Each channel counts its nonces by itself: under a key that two of them have the same ones would come
/// twice. Keeps hashes, never keys, and forgets none: where there is no room for one more, that one is
/// refused. Lives on the network thread.
class TransportKeys {
 public:
  /// So many different keys have room: those of a channel whose voice server names another one each minute
  /// for three days, and in all those of 64 such channels (16 MiB).
  struct Room {
    std::size_t of_one = 4096;
    std::size_t in_all = 262'144;
  };
  /// One channel, as long as it lives; no later one is the same, whatever its guild.
  enum class Holder : std::uint32_t {};

  TransportKeys() = default;
  explicit TransportKeys(Room room) : room_(room) {}

  [[nodiscard]] Holder new_holder();
  /// The channel's voice server has named this key, which may be one that this channel had before. Throws
  /// Error{encryption} when another channel has or had it, or when there is no room.
  void take(ByteView key, Holder holder);

 private:
  struct FirstBytes {
    std::size_t operator()(const crypto::Digest& digest) const noexcept {
      std::size_t first = 0;
      std::memcpy(&first, digest.data(), sizeof first);
      return first;
    }
  };

  Room room_;
  std::unordered_map<crypto::Digest, Holder, FirstBytes> holders_;
  std::vector<std::uint32_t> counts_;  // of each holder's keys
};

}  // namespace vcplay::bot
