// Randomness that is the same in every run, so that an input means the same in every run.
#pragma once

#include <cstdint>

namespace vcplay::fuzz {

/// From here on OpenSSL's keys, nonces and ephemeral keys are a function of `seed`. For fuzzing alone.
void seed_randomness(std::uint64_t seed) noexcept;

}  // namespace vcplay::fuzz
