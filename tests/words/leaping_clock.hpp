// A steady clock that a test can make leap.
#pragma once

#include "base/clock.hpp"

namespace vcplay::testing {

/// From here on everybody in this program sees a time that is so much later; but whoever waits on a
/// descriptor or inside a C library waits in real time. For programs that link leaping_clock.cpp.
void leap(Duration ahead);

}  // namespace vcplay::testing
