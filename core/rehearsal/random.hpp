// Randomness for keys and tokens.
#pragma once

#include "base/bytes.hpp"

namespace vcplay::rehearsal {

/// Fills `bytes` from the system's generator. Throws Error{unexpected}.
void fill_random(ByteSpan bytes);

}  // namespace vcplay::rehearsal
