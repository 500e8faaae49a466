// Inputs for protocol machines: one thing after the other, each of a kind and with bytes of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "target.hpp"

namespace vcplay::fuzz {

/// One thing that happens.
struct Step {
  std::uint8_t kind = 0;
  Bytes body;
};

/// How an input begins, and what happens then. Any bytes are one: head | (kind 1 | size 2 | body)*.
///
/// A target that reads stories links story.cpp, which also mutates them step by step.
struct Story {
  static constexpr std::size_t kMaxSteps = 32;

  std::uint8_t head = 0;
  std::vector<Step> steps;

  [[nodiscard]] static Story read(ByteView input);
  [[nodiscard]] Bytes write() const;
};

}  // namespace vcplay::fuzz
