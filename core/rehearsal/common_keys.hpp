// What the media servers of all guilds have in common.
#pragma once

#include "rehearsal/key_giver.hpp"
#include "rehearsal/random.hpp"
#include "rehearsal/spent_nonces.hpp"

namespace vcplay::rehearsal {

/// A key that comes again is the same one wherever it does: no guild begins its nonces anew.
struct CommonKeys {
  CommonKeys() { fill_random(shared); }

  KeyGiver::Key shared{};  // that a fault names in any guild
  SpentNonces spent;       // under each transport key
};

}  // namespace vcplay::rehearsal
