#include "bot/transport_keys.hpp"

#include "base/error.hpp"

namespace vcplay::bot {

TransportKeys::Holder TransportKeys::new_holder() {
  counts_.push_back(0);
  return Holder{static_cast<std::uint32_t>(counts_.size() - 1)};
}

void TransportKeys::take(ByteView key, Holder holder) {
  const crypto::Digest digest = crypto::sha256(key);
  const auto known = holders_.find(digest);
  if (known != holders_.end()) {
    if (known->second == holder) return;
    throw Error(
        Cause::encryption,
        "The voice server named a transport key that another channel of this run has or had: under one "
        "key no nonce may come twice.");
  }
  std::uint32_t& count = counts_[static_cast<std::size_t>(holder)];
  if (count >= room_.of_one || holders_.size() >= room_.in_all) {
    throw Error(
        Cause::encryption,
        "Voice servers have named more transport keys than can be remembered: whether this one is new "
        "can no longer be told.");
  }
  holders_.emplace(digest, holder);
  ++count;
}

}  // namespace vcplay::bot
