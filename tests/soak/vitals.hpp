// What this process holds, as the kernel counts it.
#pragma once

#include <cstddef>

#include "words/peak_memory.hpp"

namespace vcplay::soak {

struct Vitals {
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  std::size_t resident_kib = 0;
};
[[nodiscard]] Vitals take_vitals();

using testing::kMemoryTells;

}  // namespace vcplay::soak
