// Media that take a processor long, without taking one.
#pragma once

#include "base/clock.hpp"

namespace vcplay::testing {

/// Whenever a media thread asks how long it has computed, it has been so much longer than the time before;
/// `times` times. For programs that link hard_thinking.cpp.
void think_hard(Duration each_time, int times);

}  // namespace vcplay::testing
