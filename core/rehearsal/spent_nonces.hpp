// Which nonces each key of a whole rehearsal has seen.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "rehearsal/nonce_set.hpp"

namespace vcplay::rehearsal {

/// Over all sessions, epochs and speakers: a key that comes again does not begin anew.
class SpentNonces {
 public:
  /// The nonces of one key, named by whatever no other key shares; stays valid.
  [[nodiscard]] NonceSet& under(const std::string& key) { return keys_[key]; }

 private:
  std::map<std::string, NonceSet> keys_;
};

}  // namespace vcplay::rehearsal
